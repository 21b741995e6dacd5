/**
 * One transfer against a primary that errs in every way: what is wrong is told, and the zone's file is as it was.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isSealedPrint } from '../../src/load/file-print.js';
import { loadZone } from '../../src/load/load-zone.js';
import { EXCHANGE_BOUNDS } from '../../src/transfer/tcp-exchange.js';
import { faultText } from '../../src/transfer/transfer-faults.js';
import type { TransferJob } from '../../src/transfer/transfer-job.js';
import { receiveZone } from '../../src/transfer/zone-receiver.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { FakePrimary, type Script, type Step } from '../support/fake-primary.js';
import { runPeer } from '../support/peer-tool.js';
import { testKey } from '../support/tsig-messages.js';
import { expireOpt, qtypeOf, recordsOf, replyTo, signReplies } from '../support/xfr-messages.js';
import { compileText, name, readText } from '../support/zones.js';

const ORIGIN = 'example.';
const AXFR = 252;
const IXFR = 251;
const KEY = testKey('hmac-sha256');

const soa = (serial: number) => `@ 60 IN SOA ns hostmaster ${serial} 3600 600 86400 60`;
const NS = '@ 60 IN NS ns\nns 60 IN A 192.0.2.1';
const zone = (serial: number, more = 'a 60 IN A 192.0.2.2') => `${soa(serial)}\n${NS}\n${more}`;

/** A zone as AXFR has it, in one message. */
function axfr(query: Buffer, serial: number, more?: string): Buffer {
  const answers = recordsOf(ORIGIN, `${zone(serial, more)}\n${soa(serial)}\n`);
  return replyTo(query, { answers });
}

const QUICK = {
  ...EXCHANGE_BOUNDS,
  connectMs: 2000,
  firstMs: 300,
  idleMs: 300,
  wholeMs: 5000,
  windowMs: 400,
  windowOctetsMin: 200,
};

type Scene = { readonly primary: FakePrimary; readonly job: TransferJob };

async function scene(
  t: TestContext,
  script: Script,
  change: Partial<TransferJob> = {},
): Promise<Scene> {
  const primary = await FakePrimary.start(t, script);
  const job = {
    apex: name(ORIGIN),
    path: join(temporaryDirectory(t), 'example.zone'),
    primary: primary.peer,
    key: null,
    held: null,
    strict: false,
    ignoreBroken: false,
    nsec3IterationsMax: 100,
    exchange: QUICK,
    bounds: { octetsMax: 1 << 20, recordsMax: 100_000 },
    ...change,
  };
  return { primary, job };
}

function heldOf(serial: number, more?: string): TransferJob['held'] {
  return { serial, base: { memory: compileText(ORIGIN, `${zone(serial, more)}\n`), offset: 0 } };
}

function linesOf(text: string): string[] {
  const { zone: built } = readText(ORIGIN, text);
  assert.ok(built !== null);
  return [...zoneLines(built)];
}

/** The zone in a file, as lines, but for its comments. */
function fileLines(path: string): string[] {
  return linesOf(readFileSync(path, 'utf8'));
}

test('transfer: a zone is received, its file is sealed and loads here and in BIND', async (t) => {
  const { job } = await scene(t, {
    tcp: (query) => [
      { message: axfr(query, 7, 'a 60 IN TXT "x y" "\\"\\\\"\nb 5 IN TYPE65280 \\# 1 AB') },
    ],
  });
  const { outcome, cost } = await receiveZone(job);
  assert.ok(outcome.kind === 'zone', JSON.stringify(outcome));
  assert.deepEqual([outcome.form, outcome.serial, outcome.recordCount], ['axfr', 7, 5]);
  assert.deepEqual(outcome.times, { refresh: 3600, retry: 600, expire: 86400 });
  assert.deepEqual([cost.messages, cost.records], [1, 6]);
  const head = readFileSync(job.path, 'utf8').split('\n', 1)[0] ?? '';
  assert.match(head, /^; hotzone wrote this file, zone example, serial 7, from 127\.0\.0\.1:/);
  const rules = { root: dirname(job.path), includeOutside: false, strict: true };
  const loaded = loadZone({ ...rules, path: job.path, origin: job.apex, originCertain: true });
  assert.deepEqual([loaded.problems, loaded.serial, loaded.recordCount], [[], 7, 5]);
  assert.deepEqual(loaded.files[0], outcome.file);
  assert.ok(isSealedPrint(outcome.file.print));
  const args = ['20', 'named-checkzone', '-i', 'none', ORIGIN, job.path];
  const run = runPeer(t, 'timeout', args);
  if (run !== null) assert.match(run.stdout, /loaded serial 7\nOK/);
});

test('transfer: a signed zone is checked as a file is, and its signatures have an end', async (t) => {
  const times = '20370101000000 20200101000000';
  const signed = `${zone(7)}\n@ 60 IN RRSIG SOA 13 1 60 ${times} 1 example. AAAA`;
  const more = signed.slice(signed.indexOf('a 60'));
  const { job } = await scene(t, { tcp: (query) => [{ message: axfr(query, 7, more) }] });
  const { outcome } = await receiveZone(job);
  assert.ok(outcome.kind === 'zone', JSON.stringify(outcome));
  assert.equal(outcome.signaturesEnd, Date.UTC(2037, 0, 1) / 1000);
  const codes = outcome.problems.map(({ code, severity }) => `${severity} ${code}`);
  assert.deepEqual(codes, ['warning DNSSEC_KEYS_MISSING']);
  const rules = { root: dirname(job.path), includeOutside: false, strict: false };
  const loaded = loadZone({ ...rules, path: job.path, origin: job.apex, originCertain: true });
  assert.deepEqual(
    loaded.problems.map(({ code, severity }) => `${severity} ${code}`),
    codes,
  );
  assert.equal(loaded.signaturesEnd, outcome.signaturesEnd);
});

const IXFR_REPLY = (query: Buffer, ...rows: string[]): Buffer =>
  replyTo(query, { answers: recordsOf(ORIGIN, `${rows.join('\n')}\n`) });

test('ixfr: differences are put onto the version held, whatever its case (RFC 1995 §4)', async (t) => {
  const { primary, job } = await scene(
    t,
    {
      tcp: (query) => [
        {
          message: IXFR_REPLY(
            query,
            ...[soa(8), soa(6), 'A 60 IN MX 5 B', soa(7), 'c 60 IN A 192.0.2.3'],
            ...[soa(7), 'c 60 IN A 192.0.2.3', soa(8), 'c 60 IN A 192.0.2.4', soa(8)],
          ),
        },
      ],
    },
    { held: heldOf(6, 'a 60 IN MX 5 b\nb 60 IN A 192.0.2.9') },
  );
  const { outcome, fallback } = await receiveZone(job);
  assert.ok(outcome.kind === 'zone', JSON.stringify(outcome));
  assert.deepEqual([outcome.form, outcome.serial, fallback], ['ixfr', 8, null]);
  assert.deepEqual(primary.asked, ['tcp 251']);
  const wanted = linesOf(zone(8, 'b 60 IN A 192.0.2.9\nc 60 IN A 192.0.2.4'));
  assert.deepEqual(fileLines(job.path), wanted);
});

test('ixfr: what is added though it was there is there once, with its new TTL', async (t) => {
  const rows = [soa(7), soa(6), soa(7), 'a 61 IN A 192.0.2.2', 'A 61 IN A 192.0.2.2', soa(7)];
  const tcp = (query: Buffer) => [{ message: IXFR_REPLY(query, ...rows) }];
  const { job } = await scene(t, { tcp }, { held: heldOf(6) });
  const { outcome } = await receiveZone(job);
  assert.ok(outcome.kind === 'zone', JSON.stringify(outcome));
  assert.deepEqual([outcome.form, outcome.problems], ['ixfr', []]);
  assert.deepEqual(linesOf(zone(7, 'A 61 IN A 192.0.2.2')), fileLines(job.path));
});

type Misfit = readonly [what: string, rows: readonly string[], fallback: RegExp];

const MISFITS: readonly Misfit[] = [
  [
    'remove what is not there',
    [soa(7), soa(6), 'x 60 IN A 192.0.2.2', soa(7), soa(7)],
    /do not fit: x\.example\. A is removed and was not there/,
  ],
  [
    'remove twice',
    [soa(7), soa(6), 'a 60 IN A 192.0.2.2', 'a 60 IN A 192.0.2.2', soa(7), soa(7)],
    /a\.example\. A is removed twice/,
  ],
  [
    'start from elsewhere',
    [soa(7), soa(5), 'a 60 IN A 192.0.2.2', soa(7), soa(7)],
    /began with serial 7 and ends with 5/,
  ],
  [
    'have a bad record',
    [soa(7), soa(6), 'x.test. 60 IN A 192.0.2.2', soa(7), soa(7)],
    /not in the zone/,
  ],
];

for (const [what, rows, wanted] of MISFITS) {
  test(`ixfr: differences that ${what} are not taken, the zone is had whole`, async (t) => {
    const { primary, job } = await scene(
      t,
      {
        tcp: (query) => [
          {
            message:
              qtypeOf(query) === IXFR
                ? IXFR_REPLY(query, ...rows)
                : axfr(query, 7, 'z 60 IN A 192.0.2.7'),
          },
        ],
      },
      { held: heldOf(6) },
    );
    const { outcome, fallback } = await receiveZone(job);
    assert.ok(outcome.kind === 'zone', JSON.stringify(outcome));
    assert.equal(outcome.form, 'axfr');
    assert.match(fallback ?? '', wanted);
    assert.deepEqual(primary.asked, [`tcp ${IXFR}`, `tcp ${AXFR}`]);
    assert.deepEqual(fileLines(job.path), linesOf(zone(7, 'z 60 IN A 192.0.2.7')));
  });
}

test('transfer: a server without IXFR and EDNS is asked for less in turn', async (t) => {
  const { primary, job } = await scene(
    t,
    {
      tcp: (query) => {
        if (qtypeOf(query) === IXFR) return [{ message: replyTo(query, { flags: 0x8004 }) }];
        // As axfrdns does: it ends the connection.
        return query.readUInt16BE(10) > 0 ? ['close'] : [{ message: axfr(query, 7) }];
      },
    },
    { held: heldOf(6) },
  );
  const { outcome } = await receiveZone(job);
  assert.equal(outcome.kind, 'zone');
  assert.deepEqual(primary.asked, [`tcp ${IXFR}`, `tcp ${AXFR}`, `tcp ${AXFR}`]);
});

test('transfer: nothing newer is nothing to do', async (t) => {
  const single = (query: Buffer) => [{ message: IXFR_REPLY(query, soa(6)) }];
  const whole = (query: Buffer) =>
    qtypeOf(query) === IXFR
      ? [{ message: replyTo(query, { flags: 0x8004 }) }]
      : [{ message: axfr(query, 6) }];
  for (const tcp of [single, whole]) {
    const { job } = await scene(t, { tcp }, { held: heldOf(6) });
    const { outcome } = await receiveZone(job);
    assert.deepEqual(outcome, { kind: 'current', serial: 6 });
    assert.equal(existsSync(job.path), false);
  }
});

test('transfer: every message or some are signed, and what the primary says of expiry is told', async (t) => {
  for (const every of [1, 3]) {
    const { job } = await scene(
      t,
      {
        tcp: (query) => {
          const rows = [...zone(7).split('\n'), soa(7)];
          const replies = rows.map((row, i) =>
            replyTo(query, {
              answers: recordsOf(ORIGIN, `${row}\n`),
              additionals: i === 0 ? [expireOpt(1234)] : [],
              bare: i > 0,
            }),
          );
          return signReplies(query, KEY, replies, every).map((message) => ({ message }));
        },
      },
      { key: KEY },
    );
    const { outcome, expireSeconds } = await receiveZone(job);
    assert.equal(outcome.kind, 'zone', JSON.stringify(outcome));
    assert.equal(expireSeconds, 1234);
  }
});

type Fault = readonly [
  what: string,
  tcp: (query: Buffer) => Iterable<Step>,
  fault: RegExp,
  change?: Partial<TransferJob>,
];

function* endless(query: Buffer): Iterable<Step> {
  yield { message: IXFR_REPLY(query, soa(7)) };
  const answers = recordsOf(ORIGIN, `n 60 IN TXT "${'x'.repeat(200)}"\n`);
  for (let i = 0; ; i++) {
    yield { message: replyTo(query, { answers, bare: true }) };
    if (i % 64 === 0) yield { waitMs: 0 };
  }
}

/** A good zone, one octet after the other. */
function* drip(query: Buffer): Iterable<Step> {
  const message = axfr(query, 7);
  const octets = Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
  for (const octet of octets) {
    yield { raw: Uint8Array.of(octet) };
    yield { waitMs: 20 };
  }
}

const half = (query: Buffer): Buffer => axfr(query, 7).subarray(0, 60);
const clock = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

const FAULTS: readonly Fault[] = [
  [
    'ends before the reply',
    () => ['close'],
    /closed the connection without a reply; does the primary allow us/,
  ],
  ['resets the connection', () => ['reset'], /ECONNRESET|closed the connection/],
  ['says nothing', () => [], /no reply within 0\.3 s; is the primary up/],
  [
    'ends in mid-transfer',
    (query) => [{ message: IXFR_REPLY(query, soa(7), 'a 60 IN A 192.0.2.2') }, 'close'],
    /closed the connection after 1 messages/,
  ],
  [
    'is killed in mid-message',
    (query) => [{ raw: Buffer.concat([Buffer.from([0, 255]), half(query)]) }, 'reset'],
    /ECONNRESET|closed the connection/,
  ],
  [
    'stops in mid-transfer',
    (query) => [{ message: IXFR_REPLY(query, soa(7), 'a 60 IN A 192.0.2.2') }],
    /nothing more came within 0\.3 s/,
  ],
  [
    'drips',
    drip,
    /the transfer crawls: \d+ octets within 0\.4 s; the line or the primary is too slow/,
  ],
  ['sends no end', endless, /more than 1048576 octets; the zone is larger/],
  [
    'sends garbage',
    () => [{ message: Buffer.from('HTTP/1.1 400 Bad Request\r\n') }],
    /opcode|query instead|id/,
  ],
  ['sends an empty message', () => [{ message: Buffer.alloc(0) }], /shorter than its header/],
  [
    'refuses',
    (query) => [{ message: replyTo(query, { flags: 0x8005 }) }],
    /answers REFUSED; does the primary have this zone/,
  ],
  [
    'is not authoritative',
    (query) => [{ message: replyTo(query, { flags: 0x8009 }) }],
    /answers NOTAUTH/,
  ],
  ['fails', (query) => [{ message: replyTo(query, { flags: 0x8002 }) }], /answers SERVFAIL/],
  [
    'sends nothing',
    (query) => [{ message: replyTo(query, {}) }],
    /without records; the primary does not serve/,
  ],
  [
    'has errors in the zone',
    (query) => [{ message: axfr(query, 7, 'a 60 IN CNAME b\na 60 IN A 192.0.2.3') }],
    /serial 7 has 1 errors, such as .*CNAME.*; the former version is kept; put the zone right/,
  ],
  [
    'has a zone without NS',
    (query) => [{ message: IXFR_REPLY(query, soa(7), 'a 60 IN A 192.0.2.2', soa(7)) }],
    /has 1 errors/,
  ],
  [
    'does not sign',
    (query) => [{ message: axfr(query, 7) }],
    /the reply is not signed; the key must be the same on both sides/,
    { key: KEY },
  ],
  [
    'signs with another secret',
    forged,
    /signature is wrong: are the secrets the same/,
    { key: KEY },
  ],
  [
    'has another clock',
    (query) =>
      signReplies(query, KEY, [axfr(query, 7)], 1, clock(-4000)).map((message) => ({ message })),
    /signed at another time: do the clocks differ/,
    { key: KEY },
  ],
  [
    'does not sign the end',
    (query) => {
      const [first] = signReplies(query, KEY, [IXFR_REPLY(query, soa(7), NS)]);
      assert.ok(first !== undefined);
      return [
        { message: first },
        { message: replyTo(query, { answers: recordsOf(ORIGIN, `${soa(7)}\n`), bare: true }) },
      ];
    },
    /the reply is not signed/,
    { key: KEY },
  ],
  [
    'cannot be written, since the folder is a file',
    (query) => [{ message: axfr(query, 7) }],
    /the zone file cannot be written: .*; the zone is not served without its file/,
    { path: '/dev/null/example.zone' },
  ],
];

/** Signed, but not by whoever has the key. */
function forged(query: Buffer): Step[] {
  return signReplies(query, KEY, [axfr(query, 7)]).map((message) => {
    // The MAC stands before the original id, the error and the length of other data.
    const octets = Buffer.from(message);
    octets.writeUInt8(octets.readUInt8(octets.length - 7) ^ 0xff, octets.length - 7);
    return { message: octets };
  });
}

for (const [what, tcp, wanted, change] of FAULTS) {
  test(`transfer: a primary that ${what} is told, and changes nothing`, async (t) => {
    const { job } = await scene(t, { tcp }, change);
    const isWritable = !job.path.startsWith('/dev');
    if (isWritable) writeFileSync(job.path, 'as it was');
    const { outcome } = await receiveZone(job);
    assert.ok(outcome.kind === 'failed', JSON.stringify(outcome));
    assert.match(faultText(outcome.fault), wanted);
    if (!isWritable) return;
    assert.equal(readFileSync(job.path, 'utf8'), 'as it was');
    assert.deepEqual(readdirSync(dirname(job.path)), ['example.zone']);
  });
}

test('transfer: nobody listens', async (t) => {
  const { job } = await scene(t, {}, { primary: { address: '127.0.0.1', port: 1, key: null } });
  const { outcome } = await receiveZone(job);
  assert.ok(outcome.kind === 'failed');
  assert.match(faultText(outcome.fault), /ECONNREFUSED 127\.0\.0\.1:1; is the primary up/);
});
