/**
 * tinydns `data` through the parser, for tests: records as text, as the entries that djb's compiler would store, and
 * problems. And the same text through Debian's compiler.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Problem, ProblemList } from '../../src/base/problem.js';
import { sourceFromOctets } from '../../src/base/source.js';
import { parseTinydns } from '../../src/parse/tinydns.js';
import type { TinydnsDialect } from '../../src/parse/tinydns-kinds.js';
import type { TinydnsRecord } from '../../src/parse/tinydns-sink.js';
import { nameText } from '../../src/wire/name-text.js';
import { rdataText } from '../../src/wire/rdata-text.js';
import { typeText } from '../../src/wire/rrtypes.js';
import { dumpCdb } from '../support/cdb-dump.js';
import { runPeer } from '../support/peer-tool.js';

/** A key and a value of data.cdb, in hexadecimal. */
type Entry = readonly [key: string, value: string];

export type Parsed = {
  /** `owner ttl TYPE rdata`, then `at TIME` and `for LOCATION` if there are any. */
  readonly lines: string[];
  readonly entries: Entry[];
  readonly problems: readonly Problem[];
  readonly errorCount: number;
};

export const MTIME_SECONDS = 1234567890;
const RUN_MS_MAX = 20_000;

/** Parses text, each character an octet. */
export function parseData(
  text: string,
  dialect: TinydnsDialect = 'debian',
  mtimeSeconds = MTIME_SECONDS,
): Parsed {
  const lines: string[] = [];
  const entries: Entry[] = [];
  const problems = new ProblemList(false, Number.POSITIVE_INFINITY);
  const sink = {
    record(view: TinydnsRecord) {
      lines.push(lineOf(view));
      entries.push(entryOf(view));
    },
    location(location: number, address: Uint8Array, bits: number) {
      const octets = Buffer.from([location >>> 8, location & 0xff]);
      const isOfOctets = address.length === 4 && bits % 8 === 0;
      const prefix = address.subarray(0, bits / 8);
      const shown = isOfOctets
        ? prefix.join('.')
        : `${Buffer.from(address).toString('hex')}/${bits}`;
      lines.push(`${locationText(location)} is ${shown}`);
      entries.push([`0025${Buffer.from(prefix).toString('hex')}`, octets.toString('hex')]);
    },
  };
  const source = sourceFromOctets('data', Buffer.from(text, 'latin1'));
  parseTinydns(source, sink, problems, { dialect, mtimeSeconds });
  return { lines, entries, problems: problems.items, errorCount: problems.errorCount };
}

function lineOf(view: TinydnsRecord): string {
  const owner = nameText(view.owner, 0);
  const star = view.isWildcard ? (owner === '.' ? '*' : '*.') : '';
  const rdata = rdataText(view.type, view.rdata, 0, view.rdataLength);
  const words = [`${star}${owner} ${view.ttl} ${typeText(view.type)} ${rdata}`];
  if (view.timeHigh !== 0 || view.timeLow !== 0) words.push(`at ${timeText(view)}`);
  if (view.location !== -1) words.push(`for ${locationText(view.location)}`);
  return words.join(' ');
}

function timeText({ timeHigh, timeLow }: TinydnsRecord): string {
  return timeHigh.toString(16).padStart(8, '0') + timeLow.toString(16).padStart(8, '0');
}

function locationText(location: number): string {
  return String.fromCharCode(location >>> 8, location & 0xff).replaceAll('\0', '-');
}

/** djb's layout: type, mark, location, TTL, time, RDATA; the mark of a wildcard is 19 less. */
function entryOf(view: TinydnsRecord): Entry {
  const mark = (view.location === -1 ? 0x3d : 0x3e) - (view.isWildcard ? 19 : 0);
  const head = Buffer.alloc(3);
  head.writeUInt16BE(view.type);
  head[2] = mark;
  const location = Buffer.alloc(view.location === -1 ? 0 : 2);
  if (view.location !== -1) location.writeUInt16BE(view.location);
  const rest = Buffer.alloc(12);
  rest.writeUInt32BE(view.ttl, 0);
  rest.writeUInt32BE(view.timeHigh, 4);
  rest.writeUInt32BE(view.timeLow, 8);
  const rdata = view.rdata.subarray(0, view.rdataLength);
  return [
    Buffer.from(view.owner.subarray(0, view.ownerLength)).toString('hex'),
    Buffer.concat([head, location, rest, rdata]).toString('hex'),
  ];
}

/** What Debian's compiler makes of a text: its entries, or what it said when it failed. */
export type Compiled = { readonly entries: Entry[] } | { readonly failure: string };

/** Debian's tinydns on texts of ours. */
export type DebianTinydns = {
  /** Compiles a text. */
  readonly compile: (text: string) => Compiled;
  /** Answers to a query from what was compiled last: `owner ttl TYPE rdata`, lower case, names without final dot. */
  readonly answers: (type: string, name: string) => string[];
  /** The whole reply as tinydns-get prints it, line by line. */
  readonly reply: (type: string, name: string) => string[];
};

/** The programs, in a folder of their own; `null` where they are missing, and the test is skipped then. */
export function debianTinydns(t: TestContext): DebianTinydns | null {
  // without arguments this one only says how it is used; both are of one package
  if (runPeer(t, 'tinydns-get', []) === null) return null;
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-tinydns-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const run = (command: string, args: readonly string[]): SpawnSyncReturns<string> =>
    spawnSync(command, args, { cwd: folder, encoding: 'latin1', timeout: RUN_MS_MAX });
  const reply = (type: string, name: string): string[] =>
    run('tinydns-get', [type, name]).stdout.split('\n');
  return {
    reply,
    compile(text) {
      writeFileSync(join(folder, 'data'), Buffer.from(text, 'latin1'));
      utimesSync(join(folder, 'data'), MTIME_SECONDS, MTIME_SECONDS);
      const { status, stderr } = run('tinydns-data', []);
      if (status !== 0) return { failure: stderr };
      return { entries: dumpCdb(readFileSync(join(folder, 'data.cdb'))) };
    },
    answers(type, name) {
      return reply(type, name).flatMap((line) => /^answer: (.*)$/.exec(line)?.[1] ?? []);
    },
  };
}
