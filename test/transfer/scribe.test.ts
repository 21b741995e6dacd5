/**
 * The file of a large zone, which a thread writes while the zone is checked: it loads as the very zone that is served,
 * or does not get its place.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { PREFIX_OCTETS_MAX } from '../../src/base/limits.js';
import { SCRIBE_OCTETS_MIN } from '../../src/base/transfer-limits.js';
import { isSealedPrint } from '../../src/load/file-print.js';
import { type LoadResult, loadZone } from '../../src/load/load-zone.js';
import { Scribe } from '../../src/transfer/scribe.js';
import type { WrittenFile } from '../../src/transfer/sealed-file.js';
import { EXCHANGE_BOUNDS } from '../../src/transfer/tcp-exchange.js';
import type { TransferJob, TransferReply } from '../../src/transfer/transfer-job.js';
import { receiveZone } from '../../src/transfer/zone-receiver.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { seededRandom } from '../fuzz/random.js';
import { FakePrimary } from '../support/fake-primary.js';
import { runPeer } from '../support/peer-tool.js';
import { recordsOf, replyTo } from '../support/xfr-messages.js';
import { zoneCorpus } from '../support/zone-corpus.js';
import { compileText, name, zoneFromText } from '../support/zones.js';

const ORIGIN = 'example.';
const PER_MESSAGE = 100;
const PATIENCE_MS = 30_000;

const soa = (serial: number) => `@ 60 IN SOA ns hostmaster ${serial} 3600 600 86400 60\n`;
const HEAD = `${soa(7)}@ 60 IN NS ns\nns 60 IN A 192.0.2.1\n`;

/** So many records that the text is about so long. */
function bodyOf(octets: number): string {
  const count = Math.ceil(octets / 200);
  return Array.from({ length: count }, (_, i) => `h${i} 60 IN TXT "${'x'.repeat(180)}"\n`).join('');
}

const LARGE = HEAD + bodyOf(1.5 * SCRIBE_OCTETS_MIN);

/** Records of all types, none of them twice, those of one owner far from each other. */
function scattered(seed: number): string {
  const random = seededRandom(seed);
  const lines = [...zoneLines(zoneFromText(ORIGIN, zoneCorpus(random, ORIGIN, 2000, null)))];
  const rest = lines.filter((line) => !/ IN (?:SOA|ZONEMD) /.test(line));
  const below = Array.from({ length: 120 }, (_, i) =>
    rest.map((line) =>
      line.replace(/^(?:(\S*)\.)?example\./, `$1.s${i}.example.`).replace(/^\./, ''),
    ),
  );
  const keyed = [...rest, ...below.flat()].map((line) => [random(1 << 30), line] as const);
  const shuffled = keyed.sort((a, b) => a[0] - b[0]).map(([, line]) => `${line}\n`);
  return soa(7) + shuffled.join('');
}

/** A scribe that tells what it has written. */
class ToldScribe extends Scribe {
  readonly written: (WrittenFile | null)[] = [];

  override async write(...task: Parameters<Scribe['write']>): Promise<WrittenFile | null> {
    const file = await super.write(...task);
    this.written.push(file);
    return file;
  }
}

/** A primary that has the zone of a text, whose first record is the SOA. */
async function primaryOf(t: TestContext, text: string): Promise<FakePrimary> {
  const records = recordsOf(ORIGIN, text);
  const all = [...records, ...records.slice(0, 1)];
  return await FakePrimary.start(t, {
    *tcp(query) {
      for (let at = 0; at < all.length; at += PER_MESSAGE) {
        const answers = all.slice(at, at + PER_MESSAGE);
        yield { message: replyTo(query, { answers, bare: at > 0 }) };
      }
    },
  });
}

type Change = Partial<Omit<TransferJob, 'primary'>>;

async function receive(
  t: TestContext,
  primary: FakePrimary,
  change: Change = {},
  scribe: Scribe = new Scribe(),
): Promise<TransferReply & { readonly path: string; readonly loaded: LoadResult }> {
  t.after(() => scribe.stop());
  const job: TransferJob = {
    apex: name(ORIGIN),
    path: join(temporaryDirectory(t), 'example.zone'),
    primary: primary.peer,
    key: null,
    held: null,
    strict: false,
    nsec3IterationsMax: 100,
    ignoreBroken: false,
    exchange: EXCHANGE_BOUNDS,
    bounds: { octetsMax: 1 << 30, recordsMax: 1_000_000 },
    ...change,
  };
  const reply = await receiveZone(job, () => {}, scribe);
  const { path, apex: origin } = job;
  const rules = { root: dirname(path), includeOutside: false, strict: false };
  return { ...reply, path, loaded: loadZone({ ...rules, path, origin, originCertain: true }) };
}

/** What is in the file's folder beside it, once nothing more is written. */
async function leftIn(path: string): Promise<string[]> {
  const others = () => readdirSync(dirname(path)).filter((entry) => !path.endsWith(`/${entry}`));
  const deadline = Date.now() + PATIENCE_MS;
  while (others().length > 0 && Date.now() < deadline) await setTimeout(5);
  return others();
}

type Case = readonly [what: string, text: string, asReceived: boolean, change?: Change];

const CASES: readonly Case[] = [
  ['of one type', LARGE, true],
  ['of a file too large to be reread', HEAD + bodyOf(1.2 * PREFIX_OCTETS_MAX), true],
  ...[1, 2].map((seed): Case => [`of all types, seed ${seed}`, scattered(seed), true]),
  [
    'whose names come again, in another case',
    `${LARGE}NS 60 IN AAAA ::1\nH1 60 IN A 1.2.3.4\n`,
    true,
  ],
  ['with a record twice', `${LARGE}h0 60 IN A 192.0.2.1\nh0 60 IN A 192.0.2.1\n`, false],
  ['with two TTLs in an RRset', `${LARGE}h0 60 IN A 192.0.2.1\nh0 61 IN A 192.0.2.2\n`, false],
  [
    'with broken records, which are ignored',
    `${LARGE}h0 60 IN CNAME h1\n`,
    false,
    { ignoreBroken: true },
  ],
  ['that is small', HEAD, false],
];

for (const [what, text, asReceived, change] of CASES) {
  test(`scribe: the file of a zone ${what} is the zone that is served`, async (t) => {
    const scribe = new ToldScribe();
    const { outcome, path, loaded } = await receive(t, await primaryOf(t, text), change, scribe);
    assert.ok(outcome.kind === 'zone', JSON.stringify(outcome));
    assert.deepEqual([loaded.errorCount, loaded.recordCount], [0, outcome.recordCount]);
    assert.deepEqual(loaded.files[0], outcome.file);
    assert.ok(isSealedPrint(outcome.file.print));
    assert.ok(loaded.image !== null);
    // It is the same zone to the octet, also where the receiver wrote it in an order of its own.
    assert.equal(Buffer.compare(Buffer.from(loaded.image), Buffer.from(outcome.image)), 0);
    assert.equal(scribe.written[0]?.print === outcome.file.print, asReceived);
    assert.deepEqual(await leftIn(path), []);
    const run = runPeer(t, 'timeout', ['60', 'named-checkzone', '-i', 'none', ORIGIN, path]);
    if (run !== null) assert.match(run.stdout, /loaded serial \d+\nOK/);
  });
}

test('scribe: it writes what differences make of a large zone, too (RFC 1995 §4)', async (t) => {
  const rows = `${soa(8)}${soa(7)}h1 60 IN TXT "${'x'.repeat(180)}"\n${soa(8)}h1 60 IN A 1.2.3.4\n${soa(8)}`;
  const answers = recordsOf(ORIGIN, rows);
  const primary = await FakePrimary.start(t, {
    tcp: (query) => [{ message: replyTo(query, { answers }) }],
  });
  const held = { serial: 7, base: { memory: compileText(ORIGIN, LARGE), offset: 0 } };
  const scribe = new ToldScribe();
  const { outcome, loaded } = await receive(t, primary, { held }, scribe);
  assert.ok(outcome.kind === 'zone', JSON.stringify(outcome));
  assert.deepEqual([outcome.form, loaded.serial, loaded.problems], ['ixfr', 8, []]);
  assert.equal(scribe.written[0]?.print, outcome.file.print);
  assert.ok(loaded.image !== null);
  assert.equal(Buffer.compare(Buffer.from(loaded.image), Buffer.from(outcome.image)), 0);
});

test('scribe: a zone with errors leaves the former file as it was, and nothing beside it', async (t) => {
  const path = join(temporaryDirectory(t), 'example.zone');
  writeFileSync(path, HEAD);
  const scribe = new ToldScribe();
  const primary = await primaryOf(t, `${LARGE}h0 60 IN CNAME h1\n`);
  const { outcome } = await receive(t, primary, { path }, scribe);
  assert.ok(outcome.kind === 'failed');
  assert.equal(outcome.fault.code, 'zone-errors');
  // The thread has begun by then, and the next zone does not come before its turn.
  assert.equal((await receive(t, await primaryOf(t, LARGE), {}, scribe)).outcome.kind, 'zone');
  assert.deepEqual([scribe.written.length, scribe.written[0]], [2, null]);
  assert.deepEqual(await leftIn(path), []);
  assert.equal(readFileSync(path, 'latin1'), HEAD);
});

test('scribe: where there cannot be a file, the receiver says why', async (t) => {
  const path = join(temporaryDirectory(t), 'example.zone');
  mkdirSync(path);
  const scribe = new ToldScribe();
  const { outcome } = await receive(t, await primaryOf(t, LARGE), { path }, scribe);
  assert.ok(outcome.kind === 'failed');
  assert.equal(outcome.fault.code, 'unwritable');
  assert.match(outcome.fault.text, /is a directory/);
  assert.deepEqual([scribe.written, await leftIn(path)], [[null], []]);
});

test('scribe: a thread that dies costs nothing but time', async (t) => {
  const script = join(temporaryDirectory(t), 'dies.mjs');
  const code = "import { parentPort } from 'node:worker_threads';\n";
  writeFileSync(script, `${code}parentPort.on('message', () => { throw new Error('dead'); });\n`);
  const scribe = new ToldScribe(pathToFileURL(script));
  for (let i = 0; i < 2; i++) {
    const { outcome, loaded } = await receive(t, await primaryOf(t, LARGE), {}, scribe);
    assert.equal(outcome.kind, 'zone');
    assert.ok(isSealedPrint(loaded.files[0]?.print ?? ''));
  }
  assert.deepEqual(scribe.written, [null, null]);
});
