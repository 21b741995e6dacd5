/** RFC 1996 §2.1: whom a zone itself names to be notified. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZoneImage } from '../../src/index/image.js';
import { notifySet, soaRdata } from '../../src/index/notify-set.js';
import { readU32 } from '../../src/wire/octets.js';
import { compileText } from '../support/zones.js';

const HEAD = '$TTL 60\n@ SOA ns1 hm 7 2 3 4 5\n';

const ROWS: readonly (readonly [what: string, text: string, addresses: readonly string[]])[] = [
  ['the primary itself is left out', '@ NS ns1\nns1 A 192.0.2.1\n', []],
  ['in any case', '@ NS NS1\nns1 A 192.0.2.1\n', []],
  [
    'addresses of both families, several of one',
    '@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\nns2 A 192.0.2.3\nns2 AAAA 2001:db8::2\n',
    ['192.0.2.2', '192.0.2.3', '2001:db8::2'],
  ],
  ['names out of the zone are nobody', '@ NS ns.example.net.\n', []],
  ['glue below a delegation', '@ NS ns.sub\nsub NS ns.sub\nns.sub A 192.0.2.9\n', ['192.0.2.9']],
];

for (const [what, text, addresses] of ROWS) {
  test(`RFC 1996 §2.1: ${what}`, () => {
    const view = new ZoneImage(compileText('example.test', HEAD + text));
    assert.deepEqual(notifySet(view), addresses);
    const soa = soaRdata(view);
    assert.equal(readU32(soa, soa.length - 20), 7);
  });
}
