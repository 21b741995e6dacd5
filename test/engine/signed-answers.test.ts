/**
 * What is sent from signed zones, as rows: sections with DO and without, sizes, ANY, questions for RRSIG and NSEC3
 * themselves, chains of NSEC3 that are not used. The zones only look signed. RFC 4035 §3.1, RFC 5155 §7.2, RFC 9276 §3.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZoneImage } from '../../src/index/image.js';
import type { Edns, Message } from '../peers/message.js';
import { pretendSigned } from '../support/pretend-signed.js';
import { compileText, name, tableOf } from '../support/zones.js';
import { imageText } from '../transfer/image-text.js';
import { Subject } from './answers.js';
import { PEER_ZONES } from './peers-zones.js';

const TEXT = `$TTL 3600
@ SOA ns h 1 7200 900 1209600 300
@ NS ns
@ MX 10 mail
ns A 192.0.2.1
mail A 192.0.2.2
mail AAAA 2001:db8::2
mail TXT "mail"
alias CNAME x.wild
x.y TXT "below an empty non-terminal"
*.wild A 192.0.2.3
gone DNAME wild
secure NS ns.secure
secure DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000
ns.secure A 192.0.2.4
insecure NS ns.insecure
ns.insecure A 192.0.2.5
far NS ns
`;
const DO: Edns = { size: 1232, dnssecOk: true };

const NSEC = new Subject([{ origin: 'example', text: pretendSigned('example.', TEXT, 'nsec') }]);

/** Sections as sets: the order within them is nobody's business. */
function sorted(outlined: string): string {
  const [head = '', ...sections] = outlined.split(' | ');
  const rows = sections.map((section) => {
    const at = section.indexOf(' ');
    const records = section
      .slice(at + 1)
      .split(', ')
      .sort();
    return `${section.slice(0, at)} ${records.join(', ')}`;
  });
  return [head, ...rows].join(' | ');
}

/** Owner and type of each record, of an RRSIG what it covers; names relative to the zone. */
function outline(message: Message): string {
  const rows = (['answer', 'authority', 'additional'] as const).map((section) => {
    const records = message[section].map((record) => {
      const [owner = '', , , type = '', rdata = ''] = record.split(' ');
      const short = owner === 'example.' ? '@' : owner.replace(/\.example\.$/, '');
      return type === 'RRSIG'
        ? `+${TYPE_NAMES[Number.parseInt(rdata.slice(0, 4), 16)]}`
        : `${short} ${type}`;
    });
    return records.length === 0 ? '' : ` | ${section} ${records.join(', ')}`;
  });
  const flags = message.flags.filter((flag) => flag !== 'qr').join(' ');
  return sorted(`${message.rcode} ${flags}`.trim() + rows.join(''));
}

const TYPE_NAMES: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  39: 'DNAME',
  43: 'DS',
  47: 'NSEC',
  50: 'NSEC3',
};

const SOA = '@ SOA, +SOA';

/** question, outline with DO */
const ROWS: readonly (readonly [string, string])[] = [
  ['mail A', '0 aa | answer mail A, +A'],
  ['@ MX', '0 aa | answer @ MX, +MX | additional mail A, +A, mail AAAA, +AAAA'],
  ['mail MX', `0 aa | authority ${SOA}, mail NSEC, +NSEC`],
  ['nope A', `3 aa | authority ${SOA}, mail NSEC, +NSEC, @ NSEC, +NSEC`],
  // the same record covers both
  ['0.mail A', `3 aa | authority ${SOA}, mail NSEC, +NSEC`],
  ['y A', `0 aa | authority ${SOA}, *.wild NSEC, +NSEC`],
  ['x.wild A', '0 aa | answer x.wild A, +A | authority *.wild NSEC, +NSEC'],
  ['x.wild TXT', `0 aa | authority ${SOA}, *.wild NSEC, +NSEC`],
  ['*.wild A', '0 aa | answer *.wild A, +A'],
  ['alias A', '0 aa | answer alias CNAME, +CNAME, x.wild A, +A | authority *.wild NSEC, +NSEC'],
  // RFC 6672 §5.3.1: the CNAME made from a DNAME is not signed
  [
    'a.gone A',
    '0 aa | answer gone DNAME, +DNAME, a.gone CNAME, a.wild A, +A | authority *.wild NSEC, +NSEC',
  ],
  ['a.secure A', '0 | authority secure NS, secure DS, +DS | additional ns.secure A'],
  ['a.insecure A', '0 | authority insecure NS, insecure NSEC, +NSEC | additional ns.insecure A'],
  // glue is not signed, an address with authority is
  ['a.far A', '0 | authority far NS, far NSEC, +NSEC | additional ns A, +A'],
  ['secure DS', '0 aa | answer secure DS, +DS'],
  ['insecure DS', `0 aa | authority ${SOA}, insecure NSEC, +NSEC`],
  ['@ DS', `0 aa | authority ${SOA}, @ NSEC, +NSEC`],
  ['mail NSEC', '0 aa | answer mail NSEC, +NSEC'],
  ['mail RRSIG', '0 aa | answer +A, +TXT, +AAAA, +NSEC'],
  // RFC 6840 §4.3: it has no KEY, and a proof of that would say CNAME
  ['alias TYPE25', `0 aa | answer alias CNAME, +CNAME | authority ${SOA}, *.wild NSEC, +NSEC`],
  ['mail ANY', '0 aa | answer mail A, +A'],
];

for (const [question, expected] of ROWS) {
  test(`with DO: ${question}, RFC 4035 §3.1`, () => {
    assert.equal(outline(NSEC.ask(question, DO)), sorted(expected));
    // without it, only what is asked for by its type
    if (/RRSIG|NSEC/.test(question)) return;
    const without = outline(NSEC.ask(question, { size: 1232 }));
    assert.ok(!/RRSIG|NSEC|\+/.test(without), without);
  });
}

test('TTLs of negative answers go down with the signature, RFC 2308 §5, RFC 4035 §2.2', () => {
  const { authority } = NSEC.ask('nope A', DO);
  for (const record of authority) assert.equal(record.split(' ')[1], '300', record);
});

test('AD and CD are clear, whatever was asked, DO comes back, RFC 4035 §3.1.6, RFC 3225 §3', () => {
  const message = NSEC.ask('mail A', DO);
  assert.deepEqual(message.flags, ['qr', 'aa']);
  assert.equal(message.edns?.dnssecOk, true);
});

test('an RRset and its signatures go in together or not at all, RFC 2181 §9, RFC 4035 §3.1.1', () => {
  let cut = 0;
  for (let size = 512; size < 1232; size += 7) {
    for (const question of ['many TXT', 'to-many TXT', 'nope A', '@ MX', 'wide.mail A']) {
      const message = SIZES.ask(question, { size, dnssecOk: true });
      assert.ok(message.octets <= size);
      const isCut = message.flags.includes('tc');
      if (isCut) cut++;
      for (const section of ['answer', 'authority'] as const) {
        const rows = outline({
          ...message,
          answer: [],
          authority: [],
          additional: [],
          [section]: message[section],
        });
        const types = [...rows.matchAll(/\S+ (A|TXT|MX|CNAME|SOA|NSEC)(?=,|$)/g)].map(
          (match) => match[1],
        );
        const covered = [...rows.matchAll(/\+(\w+)/g)].map((match) => match[1]);
        assert.deepEqual(new Set(covered), new Set(types), `${question} ${size}: ${rows}`);
      }
      // RFC 4035 §3.1.3: proofs are not optional, addresses and their signatures are
      if (question === 'nope A' && !isCut) assert.equal(message.authority.length, 6);
      if (question === '@ MX') assert.ok(!isCut);
    }
  }
  assert.ok(cut > 50);
});

const SIZES = new Subject([
  {
    origin: 'example',
    text: pretendSigned(
      'example.',
      `${TEXT}many TXT "${'m'.repeat(230)}"\nmany TXT "${'n'.repeat(230)}"\nto-many CNAME many\n`,
      'nsec',
    ),
  },
]);

test('all of ANY has its signatures once', () => {
  const all = new Subject([{ origin: 'example', text: pretendSigned('example.', TEXT, 'nsec') }], {
    anyFull: true,
  });
  const expected = '0 aa | answer mail A, mail TXT, mail AAAA, +A, +TXT, +AAAA, +NSEC, mail NSEC';
  assert.equal(outline(all.ask('mail ANY', DO)), sorted(expected));
});

test('owners of NSEC3 do not exist for questions, RFC 5155 §7.2.8', () => {
  const text = pretendSigned('example.', TEXT, 'nsec3');
  const subject = new Subject([{ origin: 'example', text }]);
  const owner = /^(\w{32})\.example\. \d+ NSEC3 /m.exec(text)?.[1] ?? '';
  for (const type of ['NSEC3', 'RRSIG', 'A', 'ANY']) {
    const message = subject.ask(`${owner} ${type}`, DO);
    assert.equal(message.rcode, 3);
    // closest encloser, next closer name, wildcard: some may be one
    const proofs = message.authority.filter((record) => / IN NSEC3 /.test(record));
    assert.ok(proofs.length >= 1 && proofs.length <= 3);
    assert.equal(message.authority.length, 2 + 2 * proofs.length);
  }
  assert.equal(outline(subject.ask(`${owner} NSEC3`)), '3 aa | authority @ SOA');
});

test('NSEC3 beyond the bound of iterations: signed, but without proofs, RFC 9276 §3.2', () => {
  const text = pretendSigned('example.', TEXT, 'nsec3');
  const image = compileText('example.', text, { tinydns: false, nsec3IterationsMax: 0 });
  const subject = new Subject({ origin: 'example', table: tableOf([[name('example.'), image]]) });
  assert.equal(outline(subject.ask('mail A', DO)), sorted('0 aa | answer mail A, +A'));
  assert.equal(outline(subject.ask('nope A', DO)), sorted(`3 aa | authority ${SOA}`));
  assert.equal(
    outline(subject.ask('a.insecure A', DO)),
    '0 | authority insecure NS | additional ns.insecure A',
  );
});

test('octets that were made ready are those of the records: each RRset and its signatures', () => {
  for (const { origin, text } of PEER_ZONES) {
    const image = compileText(`${origin}.`, pretendSigned(`${origin}.`, text, 'nsec'));
    const subject = new Subject(
      { origin, table: tableOf([[name(`${origin}.`), image]]) },
      { anyFull: true },
    );
    const records = new Map<string, string[]>();
    for (const line of imageText(new ZoneImage(image)).split('\n')) {
      const [owner = '', , , type = '', covered = ''] = line.split(/\s+/);
      if (type === '') continue;
      const key = `${owner.toLowerCase()} ${type === 'RRSIG' ? `${covered}+` : type}`;
      records.set(key, [...(records.get(key) ?? []), line]);
    }
    let compared = 0;
    for (const [key, lines] of records) {
      if (key.endsWith('+') || key.endsWith(' RRSIG')) continue;
      const message = subject.ask(key, { size: 65535, dnssecOk: true }, true);
      const [owner] = key.split(' ');
      const own = message.answer.filter((record) => record.toLowerCase().startsWith(`${owner} `));
      if (!message.flags.includes('aa') || own.length === 0) continue;
      assert.equal(own.length, lines.length + (records.get(`${key}+`)?.length ?? 0), key);
      compared++;
    }
    assert.ok(compared > 3, origin);
  }
});
