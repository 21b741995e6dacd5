/**
 * The text that secondaries write, read again: it is the same zone, whatever is in it.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ZONE_FILE_OCTETS_MAX } from '../../src/base/limits.js';
import { zoneFileText } from '../../src/transfer/zone-file-text.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { seededRandom } from '../fuzz/random.js';
import { zoneCorpus } from '../support/zone-corpus.js';
import { zoneFromText } from '../support/zones.js';

const HEAD = '@ 60 IN SOA ns hostmaster 1 2 3 4 5\n@ 60 IN NS ns\nns 60 IN A 192.0.2.1\n';

const ZONES: readonly (readonly [origin: string, text: string])[] = [
  ['example.', HEAD],
  ['.', `${HEAD}a.b 60 IN NS c\nc 60 IN A 0.0.0.0\n`],
  ['a.b.example.', `${HEAD}@ 60 IN PTR .\nc\\000 60 IN CNAME \\;\\".\n`],
  ['long.example.', `${HEAD}x 60 IN TXT ${`"${'\\255'.repeat(255)}" `.repeat(200)}\n`],
  ...[1, 2, 3, 4].map(
    (seed) => ['example.', zoneCorpus(seededRandom(seed), 'example.', 200, null)] as const,
  ),
];

function textOf(origin: string, text: string, octetsMax = ZONE_FILE_OCTETS_MAX): string {
  return Buffer.from(zoneFileText(zoneFromText(origin, text), octetsMax)).toString('latin1');
}

suite('the text of a secondary', () => {
  test('owners are relative, left out where they repeat, and the SOA comes first', () => {
    const more = '@ 60 IN A 203.0.113.255\n* 60 IN TXT "x"\nns 9 IN AAAA ::1\na\\.b 60 IN TXT y\n';
    assert.deepEqual(textOf('example.', HEAD + more).split('\n'), [
      '$ORIGIN example.',
      '@ 60 IN SOA ns.example. hostmaster.example. 1 2 3 4 5',
      '@ 60 IN A 203.0.113.255',
      ' 60 IN NS ns.example.',
      'ns 60 IN A 192.0.2.1',
      ' 9 IN AAAA ::1',
      '* 60 IN TXT "x"',
      'a\\.b 60 IN TXT "y"',
      '',
    ]);
  });

  for (const [origin, text] of ZONES) {
    test(`a zone ${origin} of ${text.length} octets is the same when it is read again`, () => {
      const wanted = [...zoneLines(zoneFromText(origin, text))];
      assert.deepEqual([...zoneLines(zoneFromText(origin, textOf(origin, text)))], wanted);
    });
  }

  test('a text that would be longer than may be read is refused', () => {
    const owners = Array.from({ length: 100 }, (_, i) => `h${i} 60 IN TXT "${'x'.repeat(200)}"\n`);
    assert.throws(() => textOf('example.', HEAD + owners.join(''), 8192), RangeError);
  });
});
