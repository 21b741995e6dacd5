/**
 * Answers under tinydns's rules for wildcards, empty non-terminals, nested cuts and negative TTLs, compared with
 * Debian's tinydns over small random zones; and beside them those of RFC 4592 for the same zones.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom } from '../fuzz/random.js';
import { debianTinydns } from '../parse/tinydns-reader.js';
import { compileText, name, tableOf } from '../support/zones.js';
import { checkRows, Subject } from './answers.js';

/** Under an SOA of TTL 700 and minimum 60: lines `owner A|TXT|NS`, relative to the apex. */
function zoneText(records: readonly string[]): string {
  const lines = records.map((record, i) => {
    const [owner = '', type = ''] = record.split(' ');
    const rdata = type === 'A' ? `10.0.0.${i}` : type === 'TXT' ? `"t${i}"` : `ns${i}.other.`;
    return `${owner} ${300 + i} ${type} ${rdata}`;
  });
  return `@ 700 SOA m. r. 1 2 3 4 60\n@ 300 NS ns.other.\n${lines.join('\n')}\n`;
}

/** The same as tinydns data. */
function dataText(apex: string, records: readonly string[]): string {
  const lines = records.map((record, i) => {
    const [owner = '', type = ''] = record.split(' ');
    const full = `${owner}.${apex}`;
    if (type === 'A') return `+${full}:10.0.0.${i}:${300 + i}`;
    return type === 'TXT' ? `'${full}:t${i}:${300 + i}` : `&${full}::ns${i}.other.:${300 + i}`;
  });
  return `Z${apex}:m:r:1:2:3:4:60:700\n&${apex}::ns.other.:300\n${lines.join('\n')}\n`;
}

function subjectOf(apex: string, records: readonly string[], tinydns: boolean): Subject {
  const image = compileText(apex, zoneText(records), { tinydns });
  return new Subject({ origin: apex, table: tableOf([[name(apex), image]]) });
}

const RECORDS = [
  '*.w TXT',
  'a.w A',
  'b.c.w A',
  '*.d.w A',
  'e.d.w TXT',
  '*.ent A',
  'x.y.sub A',
  'sub NS',
  'low.sub NS',
  'x.low.sub A',
  'x.*.star TXT',
  '* A',
];

/** Question, then what tinydns says, and what RFC 4592 and RFC 1034 say if that is something else. */
const ROWS: readonly (readonly [question: string, tinydns: string[], standard?: string[]])[] = [
  ['any.w TXT', ['NOERROR aa', 'answer any.w 300 TXT "t0"']],
  ['a.w TXT', ['NOERROR aa', 'authority @ 700 SOA m.']],
  [
    'any.a.w TXT',
    ['NOERROR aa', 'answer any.a.w 300 TXT "t0"'],
    ['NXDOMAIN aa', 'authority @ 60 SOA m.'],
  ],
  ['c.w TXT', ['NOERROR aa', 'answer c.w 300 TXT "t0"'], ['NOERROR aa', 'authority @ 60 SOA m.']],
  [
    'any.c.w TXT',
    ['NOERROR aa', 'answer any.c.w 300 TXT "t0"'],
    ['NXDOMAIN aa', 'authority @ 60 SOA m.'],
  ],
  ['d.w TXT', ['NOERROR aa', 'answer d.w 300 TXT "t0"'], ['NOERROR aa', 'authority @ 60 SOA m.']],
  ['d.w A', ['NOERROR aa', 'authority @ 700 SOA m.']],
  ['any.d.w A', ['NOERROR aa', 'answer any.d.w 303 A 10.0.0.3']],
  ['any.d.w TXT', ['NOERROR aa', 'authority @ 700 SOA m.']],
  [
    'any.e.d.w A',
    ['NOERROR aa', 'answer any.e.d.w 303 A 10.0.0.3'],
    ['NXDOMAIN aa', 'authority @ 60 SOA m.'],
  ],
  ['ent A', ['NOERROR aa', 'answer ent 311 A 10.0.0.11'], ['NOERROR aa', 'authority @ 60 SOA m.']],
  ['w A', ['NOERROR aa', 'answer w 311 A 10.0.0.11'], ['NOERROR aa', 'authority @ 60 SOA m.']],
  ['any.ent A', ['NOERROR aa', 'answer any.ent 305 A 10.0.0.5']],
  ['@ A', ['NOERROR aa', 'authority @ 700 SOA m.']],
  ['sub A', ['NOERROR', 'authority sub 307 NS ns7.other.']],
  ['any.sub A', ['NOERROR', 'authority sub 307 NS ns7.other.']],
  [
    'low.sub A',
    ['NOERROR', 'authority low.sub 308 NS ns8.other.'],
    ['NOERROR', 'authority sub 307 NS ns7.other.'],
  ],
  [
    'x.low.sub A',
    ['NOERROR', 'authority low.sub 308 NS ns8.other.'],
    ['NOERROR', 'authority sub 307 NS ns7.other.'],
  ],
  [
    'any.x.low.sub A',
    ['NOERROR', 'authority low.sub 308 NS ns8.other.'],
    ['NOERROR', 'authority sub 307 NS ns7.other.'],
  ],
  [
    '*.star A',
    ['NOERROR aa', 'answer *.star 311 A 10.0.0.11'],
    ['NOERROR aa', 'authority @ 60 SOA m.'],
  ],
  [
    'any.star A',
    ['NOERROR aa', 'answer any.star 311 A 10.0.0.11'],
    ['NOERROR aa', 'authority @ 60 SOA m.'],
  ],
];

test('wildcards and cuts: as tinydns has them, and as RFC 4592 and RFC 1034 §4.3.2 have them', () => {
  checkRows(
    subjectOf('e', RECORDS, true),
    ROWS.map(([question, tinydns]) => [question, ...tinydns]),
  );
  checkRows(
    subjectOf('e', RECORDS, false),
    ROWS.map(([question, tinydns, standard]) => [
      question,
      ...(standard ?? tinydns.map((line) => line.replace('@ 700 SOA', '@ 60 SOA'))),
    ]),
  );
});

// --- comparison -----------------------------------------------------------------------------------------------------

const LABELS = ['a', 'b', '*'];
const ZONES = 24;

function pick(random: Random, from: readonly string[]): string {
  return from[random(from.length)] ?? '';
}

function randomName(random: Random): string {
  return Array.from({ length: 1 + random(3) }, () => pick(random, LABELS)).join('.');
}

/** A wildcard of NS records is no zone cut in tinydns; addresses want a hostname. */
function randomRecords(random: Random): string[] {
  const records = Array.from({ length: 2 + random(5) }, () => {
    const owner = randomName(random);
    if (owner.includes('.*')) return `${owner} TXT`;
    const types = owner.startsWith('*') ? ['A', 'TXT'] : ['A', 'TXT', 'A', 'TXT', 'NS'];
    return `${owner} ${pick(random, types)}`;
  });
  return [...new Set(records)];
}

/** What tinydns-get says, in the words of `Subject.lines`. */
function tinydnsLines(reply: readonly string[], apex: string): string[] {
  const status = reply[1] ?? '';
  const rcode = status.includes('nxdomain') ? 'NXDOMAIN' : 'NOERROR';
  const records = reply.flatMap((line) => {
    const [, section, owner = '', ttl, type, rdata = ''] =
      /^(answer|authority): (\S+) (\d+) (\S+) (\S+)/.exec(line) ?? [];
    if (section === undefined) return [];
    const relative = owner.replaceAll('\\052', '*').replace(new RegExp(`\\.?${apex}$`), '');
    // it prints TXT by number, and only the address is told from others by its text
    const shown = type === '16' ? 'TXT text' : type === 'A' ? `A ${rdata}` : `${type} ${rdata}.`;
    return [`${section} ${relative === '' ? '@' : relative} ${ttl} ${shown}`];
  });
  // tinydns tells the zone's name servers with an answer
  const isAnswer = records.some((record) => record.startsWith('answer'));
  return [
    status.includes('authoritative') ? `${rcode} aa` : rcode,
    ...records.filter((record) => !isAnswer || record.startsWith('answer')).sort(),
  ];
}

test('over random zones, every name is answered as tinydns answers it', (t) => {
  const peer = debianTinydns(t);
  if (peer === null) return;
  const random = seededRandom(4592);
  const zones = Array.from({ length: ZONES }, (_, i) => ({
    apex: `z${i}`,
    records: randomRecords(random),
  }));
  const compiled = peer.compile(zones.map(({ apex, records }) => dataText(apex, records)).join(''));
  assert.ok('entries' in compiled);
  let compared = 0;
  for (const { apex, records } of zones) {
    const subject = subjectOf(apex, records, true);
    const names = new Set(['a', ...Array.from({ length: 12 }, () => randomName(random))]);
    for (const owner of names) {
      for (const type of ['A', 'TXT']) {
        const theirs = tinydnsLines(peer.reply(type.toLowerCase(), `${owner}.${apex}`), apex);
        const ours = subject
          .lines(`${owner} ${type}`)
          .map((line) => line.replace(/TXT .*/, 'TXT text'));
        assert.deepEqual(ours, theirs, `${owner} ${type} in ${records.join(', ')}`);
        compared++;
      }
    }
  }
  assert.ok(compared > ZONES * 10, `${compared} compared`);
});
