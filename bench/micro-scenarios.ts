/**
 * What is timed by itself: one row for each part between zone text and reply. A row's `make` prepares what all rounds
 * share, each call of what it returns prepares one round, and only what that returns is timed.
 * Must not know: how times are taken or shown.
 */
import { readFileSync } from 'node:fs';
import { readSource, type Source } from '../src/base/source.js';
import { Engine } from '../src/engine/process.js';
import { compileZone } from '../src/index/compile.js';
import { ZoneImage } from '../src/index/image.js';
import { FindResult } from '../src/index/zone-index.js';
import { loadZone } from '../src/load/load-zone.js';
import { NameView, parseName } from '../src/wire/name.js';
import { nameFromText } from '../src/wire/name-text.js';
import type { Zone } from '../src/zone/zone.js';
import { OPTIONS } from '../test/engine/answers.js';
import { buildQuery } from '../test/peers/message.js';
import { CLIENT, compileText, tableOf } from '../test/support/zones.js';
import { mixedQueries } from './queries.js';
import { built, checked, collected, parseOnly, scanTokens } from './text-stages.js';
import type { ZoneDataKind } from './zone-data.js';

/** Prepares a round; what it returns does the work, and returns a number that is not 0. */
type Round = () => () => number;

export type MicroScenario = {
  readonly name: string;
  /** Of one operation. */
  readonly unit: string;
  readonly kind: ZoneDataKind;
  /** Each round in a new process, as a server's start is. */
  readonly cold: boolean;
  readonly warmUp: number;
  readonly rounds: number;
  /** Whether the heap's growth tells something: not where the collector runs meanwhile. */
  readonly countsHeap: boolean;
  readonly operations: (zone: string) => number;
  readonly make: (zone: string) => Round;
};

const QUERIES = 200_000;
const QUESTIONS = 10_000;
const ZONES = 100_000;

export const MICRO_SCENARIOS: readonly MicroScenario[] = [
  ofText('scan tokens', (text) => () => () => scanTokens(text)),
  ofText('parse', (text, origin) => () => () => parseOnly(text, origin)),
  ofText('parse and collect', (text, origin) => () => () => {
    return collected(text, origin).records.count;
  }),
  ofText('build', (text, origin) => () => {
    const intake = collected(text, origin);
    return () => built(intake, text, origin).recordCount;
  }),
  ofText('check', (text, origin) => () => {
    const zone = zoneOf(text, origin);
    return () => checked(zone, text).recordCount;
  }),
  ofText('compile', (text, origin) => () => {
    const zone = zoneOf(text, origin);
    return () => compileZone(zone).byteLength;
  }),
  {
    ...ofText('read to image, cold', () => () => () => 0),
    cold: true,
    warmUp: 0,
    rounds: 5,
    make: (path) => () => () => coldLoad(path),
  },
  ofQueries('find the zone among 100 000', 'lookup', () => zoneLookups()),
  ofQueries('find a name in a zone', 'lookup', nameLookups),
  ofQueries('reply: data', 'query', replies(/ (?:A|AAAA|TXT|SRV)$/, isPlain)),
  ofQueries('reply: MX with addresses', 'query', replies(/ MX$/, isPlain)),
  ofQueries('reply: no such name', 'query', replies(/^nx/)),
  ofQueries('reply: no such type', 'query', replies(/ HINFO$/)),
  ofQueries(
    'reply: alias',
    'query',
    replies(/ A$/, (line, zone) => zone.has(`${line.split('.')[0]} CNAME`)),
  ),
  ofQueries('reply: wildcard', 'query', replies(/^h\d+\./)),
  ofQueries('reply: referral', 'query', replies(/^www\.[^.]+\.mixed/)),
  ofQueries('reply: mixed', 'query', replies(/./)),
];

function isPlain(line: string, zone: ReadonlySet<string>): boolean {
  const [name = '', type = ''] = line.split(' ');
  return zone.has(`${name.replace(/\.mixed\.test$/, '')} ${type}`);
}

/** A scenario on the text of a large zone; one operation is one record. */
function ofText(name: string, make: (text: Source, origin: Uint8Array) => Round): MicroScenario {
  return {
    name,
    unit: 'records',
    kind: 'tld',
    cold: false,
    warmUp: 2,
    rounds: 7,
    countsHeap: false,
    operations: recordsIn,
    make: (path) => make(readSource(path), apex('tld.test.')),
  };
}

/** A scenario of QUERIES operations in each round. */
function ofQueries(
  name: string,
  unit: 'query' | 'lookup',
  make: (path: string) => () => number,
): MicroScenario {
  return {
    name,
    unit: unit === 'query' ? 'queries' : 'lookups',
    kind: 'mixed',
    cold: false,
    warmUp: 5,
    rounds: 15,
    countsHeap: true,
    operations: () => QUERIES,
    make: (path) => {
      const work = make(path);
      return () => work;
    },
  };
}

// --- from text to image -----------------------------------------------------------------------------------------

const counts = new Map<string, number>();

function recordsIn(path: string): number {
  let count = counts.get(path) ?? 0;
  if (count === 0) {
    for (const line of readFileSync(path, 'latin1').split('\n')) {
      if (line !== '' && !line.startsWith('$')) count++;
    }
    counts.set(path, count);
  }
  return count;
}

function apex(text: string): Uint8Array {
  const octets = nameFromText(text);
  if (octets === null) throw new Error(`not a name: ${text}`);
  return octets;
}

function zoneOf(source: Source, origin: Uint8Array): Zone {
  return built(collected(source, origin), source, origin);
}

function coldLoad(path: string): number {
  const { image } = loadZone({
    path,
    origin: apex('tld.test.'),
    originCertain: true,
    root: path,
    includeOutside: true,
    strict: false,
  });
  return image?.byteLength ?? 0;
}

// --- from query to reply ----------------------------------------------------------------------------------------

function compiled(path: string, origin: string): SharedArrayBuffer {
  return compileZone(zoneOf(readSource(path), apex(origin)));
}

function zoneLookups(): () => number {
  const image = compileText('zone', '@ 60 SOA a b 1 2 3 4 5\n@ 60 NS a.test.');
  const origins = Array.from({ length: ZONES }, (_, i) => `zone-${i}.example`);
  const table = tableOf(origins.map((origin) => [apex(`${origin}.`), image]));
  const names = origins
    .filter((_, i) => i % (ZONES / QUESTIONS) === 0)
    .map((origin) => parsedName(`www.${origin}.`));
  return () => {
    let found = 0;
    for (let i = 0; i < QUERIES; i++) found += table.find(names[i % QUESTIONS]!, 0);
    return found;
  };
}

function nameLookups(path: string): () => number {
  const view = new ZoneImage(compiled(path, 'mixed.test.'));
  const lines = mixedQueries(readFileSync(path, 'latin1'), 'mixed.test', QUESTIONS);
  const names = lines.map((line) => parsedName(`${line.split(' ')[0]}.`));
  const result = new FindResult();
  return () => {
    let found = 0;
    for (let i = 0; i < QUERIES; i++) {
      view.find(names[i % QUESTIONS]!, 0, result);
      found += result.node + 1;
    }
    return found;
  };
}

function parsedName(text: string): NameView {
  const octets = apex(text);
  const view = new NameView();
  parseName(view, octets, 0, octets.length);
  return view;
}

/** Replies to those of the mixed queries that match, in turn. */
function replies(
  pattern: RegExp,
  picks: (line: string, zone: ReadonlySet<string>) => boolean = () => true,
): (path: string) => () => number {
  return (path) => {
    const text = readFileSync(path, 'latin1');
    const zone = new Set(text.split('\n').map((line) => line.split(' ').slice(0, 2).join(' ')));
    const requests = mixedQueries(text, 'mixed.test', QUESTIONS * 10)
      .filter((line) => pattern.test(line) && picks(line, zone))
      .slice(0, QUESTIONS)
      .map((line) => {
        const [name = '', type = ''] = line.split(' ');
        return buildQuery({ name, type });
      });
    if (requests.length === 0) throw new Error(`no query matches ${pattern}`);
    const table = tableOf([[apex('mixed.test.'), compiled(path, 'mixed.test.')]]);
    const engine = new Engine(table, OPTIONS);
    const response = new Uint8Array(65_535);
    return () => {
      let octets = 0;
      for (let i = 0; i < QUERIES; i++) {
        const request = requests[i % requests.length]!;
        octets += engine.processQuery(request, request.length, response, false, CLIENT);
      }
      return octets;
    };
  };
}
