/** What other servers ask for, message by message: who gets what, and with which signature. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFERRED } from '../../src/engine/process.js';
import type { ReplyStream } from '../../src/transport/deferred.js';
import { nameText } from '../../src/wire/name-text.js';
import { signTsigRequest } from '../../src/wire/tsig.js';
import type { TsigKey } from '../../src/wire/tsig-key.js';
import { findTsig, readTsig } from '../../src/wire/tsig-record.js';
import { TsigVerifier, tsigErrorText } from '../../src/wire/tsig-stream.js';
import { memoryLog } from '../e2e/test-server.js';
import { OPTIONS } from '../engine/answers.js';
import { buildQuery, decodeMessage, nameOctets, type Query } from '../peers/message.js';
import { runDnspython, type TsigJob } from '../support/dnspython.js';
import { KEY, NO_KEY, PeerZones, POOR_KEY, WRONG_KEY } from '../support/peer-zones.js';
import { withRoom } from '../support/tsig-messages.js';

const NOW = 0x1_0000_0123;
const LOCAL = Uint8Array.of(127, 0, 0, 1);
const FAR = Uint8Array.of(192, 0, 2, 99);
const RCODES: Readonly<Record<number, string>> = {
  0: 'NOERROR',
  1: 'FORMERR',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
  9: 'NOTAUTH',
  16: 'BADVERS',
};

/** Keeps what comes back. */
class Replies implements ReplyStream {
  readonly octetsMax = 65535;
  readonly closed = false;
  readonly messages: Buffer[] = [];
  ends = 0;
  readonly overTcp: boolean;

  constructor(overTcp: boolean) {
    this.overTcp = overTcp;
  }

  write(message: Uint8Array): boolean {
    this.messages.push(Buffer.from(message));
    return true;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {
    this.ends++;
  }
}

type Ask = Query & {
  readonly key?: TsigKey;
  /** Seconds by which the client's clock is ahead. */
  readonly ahead?: number;
  readonly tcp?: boolean;
  readonly far?: boolean;
  /** A record after the question: section (answer 6, authority 8), and its octets. */
  readonly record?: readonly [count: number, octets: Uint8Array];
  readonly change?: (octets: Buffer) => Buffer;
};

const { log, lines } = memoryLog();
const zones = new PeerZones({ ...OPTIONS, serverId: null }, log, () => NOW);
/** Replies to signed queries, for dnspython to verify in the end. */
const jobs: { job: TsigJob; what: string; line: string }[] = [];

/** Asks the service; then as a line what it answers. */
function ask(what: string, row: Ask): string {
  const { key, ahead = 0, tcp = false, far = false, record, change } = row;
  let octets = buildQuery({ id: 0x1234, ...row });
  if (record !== undefined) {
    const at = octets.length - (row.edns === undefined ? 0 : 11);
    octets = Buffer.concat([octets.subarray(0, at), record[1], octets.subarray(at)]);
    octets.writeUInt16BE(1, record[0]);
  }
  let mac: Uint8Array | null = null;
  if (key !== undefined) {
    const room = withRoom(octets);
    const signed = signTsigRequest(room, octets.length, key, NOW + ahead);
    octets = room.subarray(0, signed.length);
    mac = signed.mac;
  }
  octets = change?.(octets) ?? octets;
  const client = far ? FAR : LOCAL;
  const answer = zones.engine.processQuery(octets, octets.length, Buffer.alloc(65535), tcp, client);
  assert.equal(answer, DEFERRED, `${what}: the engine answers it`);
  const reply = new Replies(tcp);
  const transfers = zones.transfers.length;
  zones.service.handle({ request: octets, client, port: 5300, reply });
  const transfer = zones.transfers[transfers];
  if (transfer !== undefined) {
    assert.deepEqual([reply.messages.length, reply.ends], [0, 0]);
    const { kind, serial, edns, verdict, reply: stream } = transfer;
    assert.equal(stream.overTcp, tcp);
    const words = [
      kind,
      serial,
      ...(edns ? ['edns'] : []),
      ...(verdict === null ? [] : ['signed']),
    ];
    return [...words, stream.octetsMax].join(' ');
  }
  assert.equal(reply.ends, 1, `${what}: ended once`);
  const [message] = reply.messages;
  if (message === undefined) return 'nothing';
  assert.equal(message.readUInt16BE(0), octets.readUInt16BE(0));
  const line = lineOf(message, key ?? null, mac);
  if (mac !== null && key !== undefined) {
    const base = { op: 'verify', key, requestMac: mac, multi: false, seconds: NOW } as const;
    jobs.push({ job: { ...base, messages: [message] }, what, line });
  }
  return line;
}

function lineOf(octets: Buffer, key: TsigKey | null, mac: Uint8Array | null): string {
  const message = decodeMessage(octets);
  const { rcode, flags, question, answer, authority, additional, edns, ede } = message;
  const others = additional.filter((record) => !record.includes(' TSIG '));
  const counts = [question.length, answer.length, authority.length, others.length].join('/');
  return [
    RCODES[rcode] ?? rcode,
    ...flags.filter((flag) => flag !== 'qr'),
    counts,
    ...(edns === null ? [] : ['edns']),
    ...ede.map(({ code }) => `ede${code}`),
    ...tsigWords(octets, key, mac),
  ].join(' ');
}

function tsigWords(octets: Buffer, key: TsigKey | null, mac: Uint8Array | null): string[] {
  const at = findTsig(octets, octets.length);
  if (at === 0) return [];
  const record = readTsig(octets, at, octets.length);
  assert.ok(record !== null && key !== null && mac !== null, 'a TSIG record');
  const error = record.error === 0 ? [] : [tsigErrorText(record.error)];
  if (record.mac.length === 0) return ['unsigned', ...error];
  const fault = new TsigVerifier(key, mac).take(octets, octets.length, NOW);
  assert.equal(fault, record.error === 0 ? null : 'peer-error');
  return ['signed', ...error];
}

/** Owner, SOA, class IN, TTL 0, RDATA of a serial. */
function soa(owner: Uint8Array, serial: number, type = 6): Buffer {
  const head = Buffer.from('0000000100000000', 'hex');
  head.writeUInt16BE(type, 0);
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(serial, 0);
  const rdata = Buffer.concat([Buffer.of(2, 110, 115, 0xc0, 12), Buffer.of(0), numbers]);
  return Buffer.concat([owner, head, Buffer.of(0, rdata.length), rdata]);
}

const POINTER = Buffer.of(0xc0, 12);
const NOTIFY = 4 << 11;
const ixfr = (name: string, more: Partial<Ask> = {}): Ask => ({
  name,
  type: 'IXFR',
  record: [8, soa(POINTER, 3)],
  ...more,
});

type Row = readonly [what: string, ask: Ask, line: string];

const QUESTIONS: readonly Row[] = [
  [
    'signed, in an open zone',
    { name: 'www.open.test', type: 'A', key: KEY },
    'NOERROR aa 1/1/0/0 signed',
  ],
  [
    'signed, with EDNS',
    { name: 'www.open.test', type: 'A', key: KEY, edns: {} },
    'NOERROR aa 1/1/0/0 edns signed',
  ],
  [
    'signed by who may do nothing',
    { name: 'www.open.test', type: 'A', key: POOR_KEY },
    'NOERROR aa 1/1/0/0 signed',
  ],
  [
    'signed, RD comes back',
    { name: 'www.open.test', type: 'A', key: KEY, flags: 0x100 },
    'NOERROR aa rd 1/1/0/0 signed',
  ],
  ['signed, NXDOMAIN', { name: 'no.open.test', type: 'A', key: KEY }, 'NXDOMAIN aa 1/0/1/0 signed'],
  [
    'signed, of no zone',
    { name: 'no.test', type: 'A', key: KEY, edns: {} },
    'REFUSED 1/0/0/0 edns ede20 signed',
  ],
  [
    'signed, BADVERS',
    { name: 'www.open.test', type: 'A', key: KEY, edns: { version: 1 } },
    'BADVERS 1/0/0/0 edns signed',
  ],
  [
    'signed, class CH',
    { name: 'version.bind', type: 'TXT', class: 3, key: KEY },
    'REFUSED 1/0/0/0 signed',
  ],
  ['a restricted zone, unsigned', { name: 'www.closed.test', type: 'A' }, 'REFUSED 1/0/0/0'],
  [
    'a restricted zone, and why',
    { name: 'www.closed.test', type: 'A', edns: {} },
    'REFUSED 1/0/0/0 edns ede18',
  ],
  [
    'a restricted zone, signed',
    { name: 'www.CLOSED.test', type: 'A', key: KEY },
    'NOERROR aa 1/1/0/0 signed',
  ],
  [
    'a restricted zone, the other key',
    { name: 'www.closed.test', type: 'A', key: POOR_KEY },
    'REFUSED 1/0/0/0 signed',
  ],
  ['a restricted zone, no such name', { name: 'no.closed.test', type: 'A' }, 'REFUSED 1/0/0/0'],
  ['a restricted zone, by address', { name: 'www.local.test', type: 'A' }, 'NOERROR aa 1/1/0/0'],
  [
    'a restricted zone, from elsewhere',
    { name: 'www.local.test', type: 'A', far: true },
    'REFUSED 1/0/0/0',
  ],
  [
    'from an open zone into a restricted one',
    { name: 'far.open.test', type: 'A', key: KEY },
    'NOERROR aa 1/1/0/0 signed',
  ],
  [
    'a chain within a restricted zone',
    { name: 'here.closed.test', type: 'A', key: KEY },
    'NOERROR aa 1/2/0/0 signed',
  ],
];

/** RFC 8945 §5.3: a signed reply that is too long has the question, its signature, TC and NOERROR. */
const TRUNCATED: readonly Row[] = [
  [
    'fits without a signature only',
    { name: 'big.open.test', type: 'TXT', key: KEY },
    'NOERROR aa tc 1/0/0/0 signed',
  ],
  [
    'the same over TCP',
    { name: 'big.open.test', type: 'TXT', key: KEY, tcp: true },
    'NOERROR aa 1/1/0/0 signed',
  ],
  [
    'the same with room',
    { name: 'big.open.test', type: 'TXT', key: KEY, edns: {} },
    'NOERROR aa 1/1/0/0 edns signed',
  ],
  [
    'an alias is left out, too',
    { name: 'to-huge.open.test', type: 'TXT', key: KEY, edns: {} },
    'NOERROR aa tc 1/0/0/0 edns signed',
  ],
  [
    'an unsigned one keeps what fits',
    { name: 'to-huge.local.test', type: 'TXT', edns: {} },
    'NOERROR aa tc 1/1/0/0 edns',
  ],
];

const SIGNATURES: readonly Row[] = [
  [
    'an unknown key',
    { name: 'www.open.test', type: 'A', key: NO_KEY, edns: {} },
    'NOTAUTH 1/0/0/0 edns unsigned BADKEY',
  ],
  [
    'another secret',
    { name: 'www.open.test', type: 'A', key: WRONG_KEY },
    'NOTAUTH 1/0/0/0 unsigned BADSIG',
  ],
  [
    'a clock that is behind',
    { name: 'www.open.test', type: 'A', key: KEY, ahead: -301 },
    'NOTAUTH 1/0/0/0 signed BADTIME',
  ],
  [
    'a clock that is ahead',
    { name: 'www.open.test', type: 'A', key: KEY, ahead: 301 },
    'NOTAUTH 1/0/0/0 signed BADTIME',
  ],
  [
    'a clock that is nearly right',
    { name: 'www.open.test', type: 'A', key: KEY, ahead: 300 },
    'NOERROR aa 1/1/0/0 signed',
  ],
  [
    'octets after the record',
    {
      name: 'www.open.test',
      type: 'A',
      key: KEY,
      change: (octets) => Buffer.concat([octets, Buffer.of(0)]),
    },
    'FORMERR 1/0/0/0',
  ],
  [
    'NOTIFY with an unknown key',
    { name: 'second.test', type: 'SOA', flags: NOTIFY, key: NO_KEY },
    'NOTAUTH 1/0/0/0 unsigned BADKEY',
  ],
  [
    'AXFR with another secret',
    { name: 'open.test', type: 'AXFR', tcp: true, key: WRONG_KEY },
    'NOTAUTH 1/0/0/0 unsigned BADSIG',
  ],
  ['UPDATE', { name: 'open.test', type: 'SOA', flags: 5 << 11, key: KEY }, 'NOTIMP 0/0/0/0 signed'],
  [
    'UPDATE with an unknown key',
    { name: 'open.test', type: 'SOA', flags: 5 << 11, key: NO_KEY },
    'NOTAUTH 0/0/0/0 unsigned BADKEY',
  ],
  [
    'STATUS',
    { name: 'open.test', type: 'SOA', flags: 2 << 11, key: KEY, edns: {} },
    'NOTIMP 0/0/0/0 edns signed',
  ],
];

const TRANSFERS: readonly Row[] = [
  ['AXFR', { name: 'OPEN.test', type: 'AXFR', tcp: true }, 'axfr 0 65535'],
  [
    'AXFR, signed',
    { name: 'closed.test', type: 'AXFR', tcp: true, key: KEY, edns: {} },
    'axfr 0 edns signed 65535',
  ],
  [
    'AXFR, the other key',
    { name: 'closed.test', type: 'AXFR', tcp: true, key: POOR_KEY },
    'REFUSED 1/0/0/0 signed',
  ],
  [
    'AXFR, unsigned',
    { name: 'closed.test', type: 'AXFR', tcp: true, edns: {} },
    'REFUSED 1/0/0/0 edns ede18',
  ],
  [
    'AXFR, from elsewhere',
    { name: 'local.test', type: 'AXFR', tcp: true, far: true },
    'REFUSED 1/0/0/0',
  ],
  ['AXFR of no zone', { name: 'no.test', type: 'AXFR', tcp: true }, 'NOTAUTH 1/0/0/0'],
  ['AXFR of no apex', { name: 'www.open.test', type: 'AXFR', tcp: true }, 'NOTAUTH 1/0/0/0'],
  [
    'AXFR over UDP, signed',
    { name: 'open.test', type: 'AXFR', key: KEY },
    'FORMERR 1/0/0/0 signed',
  ],
  [
    'AXFR with BADVERS',
    { name: 'open.test', type: 'AXFR', tcp: true, edns: { version: 1 } },
    'BADVERS 1/0/0/0 edns',
  ],
  ['IXFR', ixfr('open.test', { tcp: true }), 'ixfr 3 65535'],
  [
    'IXFR, large serial',
    ixfr('open.test', { record: [8, soa(POINTER, 0xffffffff)] }),
    'ixfr 4294967295 512',
  ],
  ['IXFR over UDP', ixfr('open.test'), 'ixfr 3 512'],
  ['IXFR over UDP with EDNS', ixfr('open.test', { edns: { size: 1000 } }), 'ixfr 3 edns 1000'],
  [
    'IXFR over UDP with large EDNS',
    ixfr('open.test', { edns: { size: 9000 } }),
    'ixfr 3 edns 1232',
  ],
  ['IXFR over UDP with small EDNS', ixfr('open.test', { edns: { size: 100 } }), 'ixfr 3 edns 512'],
  [
    'IXFR, the owner written out',
    ixfr('open.test', { record: [8, soa(nameOctets('Open.TEST'), 4)] }),
    'ixfr 4 512',
  ],
  ['IXFR, signed', ixfr('closed.test', { key: KEY, edns: {} }), 'ixfr 3 edns signed 1232'],
  ['IXFR, unsigned', ixfr('closed.test'), 'REFUSED 1/0/0/0'],
  ['IXFR without SOA', { name: 'open.test', type: 'IXFR' }, 'FORMERR 1/0/0/0'],
  [
    'IXFR with its SOA elsewhere',
    ixfr('open.test', { record: [6, soa(POINTER, 3)] }),
    'FORMERR 1/0/0/0',
  ],
  [
    'IXFR with another SOA',
    ixfr('open.test', { record: [8, soa(nameOctets('other.test'), 3)] }),
    'FORMERR 1/0/0/0',
  ],
  ['IXFR with an A', ixfr('open.test', { record: [8, soa(POINTER, 3, 1)] }), 'FORMERR 1/0/0/0'],
  [
    'IXFR with half a SOA',
    ixfr('open.test', { record: [8, Buffer.from('c00c000600010000000000020000', 'hex')] }),
    'FORMERR 1/0/0/0',
  ],
  ['IXFR of no zone, without SOA', { name: 'no.test', type: 'IXFR' }, 'NOTAUTH 1/0/0/0'],
  ['IXFR refused, without SOA', { name: 'never.test', type: 'IXFR' }, 'REFUSED 1/0/0/0'],
];

const NOTIFIES: readonly Row[] = [
  [
    'of a secondary, signed',
    { name: 'second.test', type: 'SOA', flags: NOTIFY | 0x500, key: KEY },
    'NOERROR aa 1/0/0/0 signed',
  ],
  [
    'with a serial',
    {
      name: 'SECOND.test',
      type: 'SOA',
      flags: NOTIFY,
      key: KEY,
      edns: {},
      record: [6, soa(POINTER, 77)],
    },
    'NOERROR aa 1/0/0/0 edns signed',
  ],
  ['not permitted', { name: 'second.test', type: 'SOA', flags: NOTIFY }, 'REFUSED 1/0/0/0'],
  [
    'not permitted to this key',
    { name: 'second.test', type: 'SOA', flags: NOTIFY, key: POOR_KEY },
    'REFUSED 1/0/0/0 signed',
  ],
  [
    'of a zone that is none of ours',
    { name: 'no.test', type: 'SOA', flags: NOTIFY },
    'NOTAUTH 1/0/0/0',
  ],
  [
    'of what is no apex',
    { name: 'www.second.test', type: 'SOA', flags: NOTIFY, key: KEY },
    'NOTAUTH 1/0/0/0 signed',
  ],
  [
    'of a zone without list, which the taker refuses',
    { name: 'open.test', type: 'SOA', flags: NOTIFY },
    'NOTAUTH 1/0/0/0',
  ],
  [
    'by address',
    { name: 'local.test', type: 'SOA', flags: NOTIFY, tcp: true, record: [6, soa(POINTER, 9)] },
    'NOTAUTH 1/0/0/0',
  ],
  [
    'of another type',
    { name: 'second.test', type: 'A', flags: NOTIFY, key: KEY },
    'FORMERR 1/0/0/0 signed',
  ],
  ['in class CH', { name: 'second.test', type: 'SOA', class: 3, flags: NOTIFY }, 'NOTIMP 1/0/0/0'],
  [
    'in class ANY',
    { name: 'second.test', type: 'SOA', class: 255, flags: NOTIFY },
    'FORMERR 1/0/0/0',
  ],
  [
    'with BADVERS',
    { name: 'second.test', type: 'SOA', flags: NOTIFY, edns: { version: 1 } },
    'BADVERS 1/0/0/0 edns',
  ],
];

for (const [title, rows] of [
  ['question', QUESTIONS],
  ['too long', TRUNCATED],
  ['signature', SIGNATURES],
  ['transfer', TRANSFERS],
  ['NOTIFY', NOTIFIES],
] as const) {
  for (const [what, row, line] of rows) {
    test(`service, ${title}: ${what}`, () => {
      assert.equal(ask(what, row), line);
    });
  }
}

test('service: questions that are answered are told, and nothing else', () => {
  const { answered } = zones;
  for (const one of ['www.open.test. 1 0', 'no.closed.test. 1 5', 'closed.test. 252 5']) {
    assert.ok(answered.includes(one), one);
  }
  assert.ok(!answered.some((one) => one.startsWith('second.test. 6')), 'NOTIFY');
});

test('service: what NOTIFY tells reaches its taker', () => {
  assert.deepEqual(zones.notifications, [
    { apex: 'second.test.', from: '127.0.0.1', serial: null, key: 'key.test.' },
    { apex: 'second.test.', from: '127.0.0.1', serial: 77, key: 'key.test.' },
    { apex: 'open.test.', from: '127.0.0.1', serial: null, key: null },
    { apex: 'local.test.', from: '127.0.0.1', serial: 9, key: null },
  ]);
});

test('service: what is handed to transfers', () => {
  const signed = zones.transfers.find(({ verdict }) => verdict !== null);
  assert.deepEqual(signed?.verdict?.key?.name, KEY.name);
  assert.ok(zones.transfers.every(({ apex }) => apex.every((octet) => octet < 65 || octet > 90)));
  assert.equal(nameText(zones.transfers[0]?.apex ?? LOCAL, 0), 'open.test.');
  assert.deepEqual([zones.transfers[0]?.client, zones.transfers[0]?.port], [LOCAL, 5300]);
});

test('service: who is refused is in the log, and not more often than once in a while', () => {
  const events = lines.map(({ event }) => event).sort();
  assert.deepEqual(events, ['notify.refused', 'transfer.refused', 'tsig.refused']);
  const of = (event: string) => lines.find((line) => line.event === event)?.text ?? '';
  assert.equal(
    of('transfer.refused'),
    'AXFR of closed.test. by 127.0.0.1, signed with poor.test., refused: no access list permits it',
  );
  assert.equal(of('tsig.refused'), 'signed with nobody.test. by 127.0.0.1: BADKEY');
  assert.match(of('notify.refused'), /^NOTIFY of second\.test\. by 127\.0\.0\.1 refused/);
});

/** What dnspython says of a reply with this TSIG error. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  signed: 'signed',
  BADKEY: 'PeerBadKey',
  BADSIG: 'PeerBadSignature',
  BADTIME: 'PeerBadTime',
};

test('service: dnspython agrees with all signatures', (t) => {
  const results = runDnspython(
    t,
    jobs.map(({ job }) => job),
  );
  if (results === null) return;
  assert.ok(jobs.length > 20);
  for (const [i, { what, line }] of jobs.entries()) {
    const word = line.split(' ').at(-1) ?? '';
    assert.deepEqual(results[i], [EXCEPTIONS[word] ?? 'unsigned'], what);
  }
});
