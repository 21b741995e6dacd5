/**
 * The client subnet option, RFC 7871: whose answer it is, the scope that comes back, and what is refused.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileLocations } from '../../src/index/locations.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import type { ZoneTable } from '../../src/index/zone-table.js';
import { addressOctets } from '../../src/transport/address-octets.js';
import type { EdnsOption } from '../peers/message.js';
import { compileText, compileVariants, name, tableIn, type VariantText } from '../support/zones.js';
import { Subject } from './answers.js';

const HEAD = '$TTL 300\n@ SOA ns h 1 2 3 4 60\n@ NS ns\nns A 192.0.2.1\n';
const CLIENT_SUBNET = 8;

/** 10.0.0.0/8 is location 1, 10.1.2.0/24 and 2001:db8::/32 location 2. */
function table(): ZoneTable {
  const store = new ZoneStore();
  const prefixes = [
    ['10.0.0.0', 8, 1] as const,
    ['10.1.2.0', 24, 2] as const,
    ['2001:db8::', 32, 2] as const,
  ].map(([address, bits, location]) => ({ address: addressOctets(address), bits, location }));
  const slot = store.addLocations(compileLocations(prefixes));
  const rows = (text: string): VariantText[] =>
    [0, 1, 2].map((i) => [i, 0, `${HEAD}www A 192.0.2.1${i}\n${text}`]);
  store.set(name('test.'), compileVariants('test.', rows('a CNAME www.plain.\n')), 0, slot);
  store.set(name('plain.'), compileText('plain.', `${HEAD}www A 192.0.2.99\nb CNAME www.test.\n`));
  store.set(name('times.'), compileVariants('times.', [[0, 0, HEAD]]), 0, slot);
  const hidden: VariantText[] = [
    [0, 0, null],
    [1, 0, HEAD],
  ];
  store.set(name('hidden.'), compileVariants('hidden.', hidden), 0, slot);
  return tableIn(store);
}

function option(hex: string): EdnsOption {
  return { code: CLIENT_SUBNET, data: Buffer.from(hex, 'hex') };
}

type Answer = readonly [rcode: number, address: string | null, option: string | null];

function ask(subject: Subject, question: string, ...options: EdnsOption[]): Answer {
  const { rcode, answer, edns } = subject.ask(question, { options });
  const octets = answer.map((record) => / A (\S+)$/.exec(record)?.[1] ?? null);
  const last = octets.find((hex) => hex !== null)?.slice(-2);
  const told = edns?.options.filter(({ code }) => code === CLIENT_SUBNET) ?? [];
  assert.ok(told.length < 2);
  return [
    rcode,
    last === undefined ? null : `${Number.parseInt(last, 16)}`,
    told[0] === undefined ? null : Buffer.from(told[0].data).toString('hex'),
  ];
}

/** Family, source and scope bits, address; the last octet of the address answered. The client is 10.9.9.9. */
const ROWS: readonly (readonly [question: string, sent: string, ...Answer, why: string])[] = [
  ['www A', '000118000a0102', 0, '12', '000118180a0102', 'a location of 24 bits'],
  ['www A', '000120000a010203', 0, '12', '000120180a010203', 'fewer bits decide than were told'],
  ['www A', '000108000a', 0, '11', '000108100a', 'more bits would decide: RFC 7871 §7.2.1'],
  ['www A', '00011800c00002', 0, '10', '00011801c00002', 'no location'],
  ['www A', '0002200020010db8', 0, '12', '0002202020010db8', 'IPv6'],
  [
    'www A',
    '0002800000000000000000000000ffff0a010203',
    0,
    '12',
    `00028078${'00'.repeat(10)}ffff0a010203`,
    'mapped',
  ],
  ['www A', '00010000', 0, '11', '00010000', 'RFC 7871 §7.1.2: no bits, so the sender counts'],
  ['www A', '00000000', 0, '11', '00000000', 'no family with no bits'],
  ['www.plain. A', '000118000a0102', 0, '99', '000118000a0102', 'a zone that is the same for all'],
  ['ns.times. A', '000118000a0102', 0, '1', '000118000a0102', 'so is one that only times change'],
  ['a A', '000118000a0102', 0, '99', '000118180a0102', 'the longest scope of a chain'],
  ['b.plain. A', '000118000a0102', 0, '12', '000118180a0102', 'wherever in it'],
  ['nope A', '000118000a0102', 3, null, '000118180a0102', 'a name that there is not'],
  ['ns.hidden. A', '000118000a0102', 5, null, '000118180a0102', 'a zone hidden from that network'],
  ['ns.hidden. A', '000118000a0909', 0, '1', '0001180d0a0909', 'and not from this'],
  ['elsewhere.invalid. A', '000118000a0102', 5, null, '000118000a0102', 'no zone of ours'],
  // RFC 7871 §6, §7.2.1
  ['www A', '000118000a01', 1, null, null, 'too few octets'],
  ['www A', '000118000a010200', 1, null, null, 'too many octets'],
  ['www A', '000117000a0103', 1, null, null, 'a bit beyond the prefix'],
  ['www A', '000121000a01020300', 1, null, null, 'more bits than an address has'],
  ['www A', `00028100${'00'.repeat(17)}`, 1, null, null, 'nor has this one'],
  ['www A', '000118180a0102', 1, null, null, 'a scope in a query'],
  ['www A', '000318000a0102', 1, null, null, 'an unknown family'],
  ['www A', '000008000a', 1, null, null, 'bits of no family'],
  ['www A', '000100', 1, null, null, 'cut short'],
  ['www A', '', 1, null, null, 'empty'],
];

for (const [question, sent, rcode, address, told, why] of ROWS) {
  test(`client subnet ${sent} for ${question}: ${why}`, () => {
    const subject = new Subject({ origin: 'test', table: table() }, { clientSubnet: true });
    subject.client = addressOctets('10.9.9.9');
    assert.deepEqual(ask(subject, question, option(sent)), [rcode, address, told]);
    // and nothing of it stays
    assert.deepEqual(ask(subject, 'www A'), [0, '11', null]);
  });
}

test('when it is off the option is neither read nor answered', () => {
  const subject = new Subject({ origin: 'test', table: table() });
  subject.client = addressOctets('10.9.9.9');
  for (const sent of ['000118000a0102', '000318000a0102', '']) {
    assert.deepEqual(ask(subject, 'www A', option(sent)), [0, '11', null]);
  }
});

test('it takes its room from the answer, beside NSID', () => {
  const options = { clientSubnet: true, serverId: 'site-1' };
  const subject = new Subject({ origin: 'test', table: table() }, options);
  const nsid = { code: 3, data: Buffer.alloc(0) };
  const subnet = option(`00028000${'20'.repeat(16)}`);
  const { edns, octets } = subject.ask('ns A', { size: 512, options: [subnet, nsid] });
  assert.deepEqual(edns?.options.map(({ code }) => code).sort(), [3, 8]);
  const without = subject.ask('ns A', { size: 512 }).octets;
  assert.equal(octets - without, 4 + 6 + 4 + 4 + 16);
});

test('a version of EDNS that is not known says what version is, and no more', () => {
  const subject = new Subject({ origin: 'test', table: table() }, { clientSubnet: true });
  const { rcode, edns } = subject.ask('www A', { version: 1, options: [option('0001')] });
  assert.deepEqual([rcode, edns?.options], [16, []]);
});
