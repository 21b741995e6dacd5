/**
 * Zones in memory and zones in mapped files, asked the same: answers are equal, octet for octet. The zones are all that
 * the repository has, random ones, and real ones where there are any (HOTZONE_DATA, or ../shared/data).
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Engine, type EngineOptions } from '../../src/engine/process.js';
import { ZoneImage } from '../../src/index/image.js';
import { loadZone } from '../../src/load/load-zone.js';
import { isZoneFileName, zoneOfFileName } from '../../src/load/zone-files.js';
import { nameText } from '../../src/wire/name-text.js';
import { OPTIONS } from '../engine/answers.js';
import { PEER_ZONES } from '../engine/peers-zones.js';
import { type Compiled, pairOf } from '../index/mapped-store.js';
import { buildQuery } from '../peers/message.js';
import { zoneCorpus } from '../support/zone-corpus.js';
import { CLIENT, compileText, name } from '../support/zones.js';
import { mutate } from './query.fuzz.js';
import { type Random, seededRandom } from './random.js';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const DATA = resolve(process.env['HOTZONE_DATA'] ?? '../shared/data');
const TYPES = [1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 43, 46, 47, 48, 64, 65, 252, 255, 65280];
const EDNS = [0, 512, 1232, 4096].map((size) => ({ size, dnssecOk: size === 1232 }));
const CORPORA = 12;

const VARIETIES: readonly Partial<EngineOptions>[] = [
  { version: 'v', serverId: 's' },
  { anyFull: true, minimalResponses: 'no', udpOctetsMax: 4096, roundRobin: true },
];

type Question = { readonly name: string; readonly type: number };

/** Zones that are asked together; those of the root would hide others. */
export type World = {
  readonly label: string;
  readonly zones: readonly Compiled[];
  readonly questions: readonly Question[];
  /** Each variety over memory and over files. */
  readonly pairs: readonly (readonly [memory: Engine, mapped: Engine])[];
};

export type Worlds = { readonly all: readonly World[]; close(): void };

/** Compiles all that there is; the files must be there until `close`. */
export async function openWorlds(): Promise<Worlds> {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-worlds-'));
  const random = seededRandom(5);
  const corpora = Array.from({ length: CORPORA }, (_, i): Compiled => {
    const origin = `c${i}.test.`;
    return [name(origin), compileText(origin, zoneCorpus(random, origin, 300 << (i % 5), null))];
  });
  const texts = PEER_ZONES.map(
    ({ origin, text }): Compiled => [name(origin), compileText(origin, text)],
  );
  const sets: readonly (readonly [string, readonly Compiled[]])[] = [
    ['peers', texts],
    ['random', corpora],
    ['example', filesIn(join(REPOSITORY, 'zones'))],
    ['master files', filesIn(join(REPOSITORY, 'test/data/zonefile'))],
    ['real', existsSync(DATA) ? filesIn(DATA) : []],
  ];
  const all: World[] = [];
  for (const [label, zones] of sets) {
    if (zones.length > 0) all.push(await openWorld(join(folder, label), label, zones));
  }
  return { all, close: () => rmSync(folder, { recursive: true }) };
}

/** Those that load. */
function filesIn(folder: string): Compiled[] {
  return readdirSync(folder)
    .filter(isZoneFileName)
    .flatMap((file): Compiled[] => {
      const { origin, certain } = zoneOfFileName(file);
      const rules = { root: folder, includeOutside: true, strict: false };
      const { apex, image } = loadZone({
        ...rules,
        path: join(folder, file),
        origin,
        originCertain: certain && folder === join(REPOSITORY, 'zones'),
      });
      return image === null ? [] : [[apex, image]];
    });
}

async function openWorld(
  folder: string,
  label: string,
  zones: readonly Compiled[],
): Promise<World> {
  const { memory, mapped } = await pairOf(folder, zones);
  const pairs = VARIETIES.map((variety) => {
    const options = { ...OPTIONS, ...variety };
    return [new Engine(memory, options), new Engine(mapped, options)] as const;
  });
  const questions = zones.flatMap(([, image]) => questionsOf(new ZoneImage(image)));
  return { label, zones, questions, pairs };
}

/** Every owner name with its own and the common types, and names beside, above and below it. */
function questionsOf(image: ZoneImage): Question[] {
  const questions: Question[] = [];
  for (let node = 0; node < image.nodeCount; node++) {
    const owner = nameText(image.octets, image.nodeName(node));
    const types = new Set([1, 2, 16, 43]);
    const first = image.nodeRrsetFirst(node);
    for (let i = 0; i < image.nodeRrsetCount(node); i++) types.add(image.rrsetType(first + i));
    for (const type of types) questions.push({ name: owner, type });
    if (owner.length < 200) questions.push({ name: `zz.${owner}`, type: 1 });
  }
  return questions;
}

const responses = [new Uint8Array(65535), new Uint8Array(65535)] as const;

/** Asks both of each pair. @throws AssertionError with the query */
export function compare({ label, pairs }: World, query: Buffer, overTcp: boolean): void {
  for (const [memory, mapped] of pairs) {
    const lengths = [memory, mapped].map((engine, i) =>
      engine.processQuery(query, query.length, responses[i as 0 | 1], overTcp, CLIENT),
    );
    const [one, other] = responses.map((response, i) => response.subarray(0, lengths[i]));
    const isEqual = lengths[0] === lengths[1] && Buffer.compare(one!, other!) === 0;
    assert.ok(isEqual, `${label}: ${query.toString('hex')}${overTcp ? ' over TCP' : ''}`);
  }
}

/** Asks all that is in a world, with and without EDNS. @returns how many questions */
export function compareAll(world: World): number {
  for (const [i, question] of world.questions.entries()) {
    const edns = EDNS[i % EDNS.length] ?? { size: 1232, dnssecOk: false };
    compare(world, buildQuery({ ...question, edns }), i % 5 === 0);
    compare(world, buildQuery(question), false);
  }
  return world.questions.length * 2;
}

/** One random question, half of them about names that are there, a third of them changed. */
function randomQuery({ questions }: World, random: Random): Buffer {
  const { name: owner, type } = questions[random(questions.length)] ?? { name: '.', type: 2 };
  const labels = owner.split('.');
  const label = ['www', '*', 'X', 'a.b', '_tcp', labels[0] ?? ''][random(6)] ?? '';
  const asked = [owner, owner.toUpperCase(), `${label}.${owner}`, labels.slice(1).join('.')];
  const wanted = random(2) === 0 ? owner : (asked[random(4)] ?? owner);
  const edns = EDNS[random(EDNS.length * 2)];
  const query = buildQuery({
    name: wanted === '' || wanted.length > 200 || wanted.startsWith('.') ? '.' : wanted,
    type: random(2) === 0 ? type : (TYPES[random(TYPES.length)] ?? 1),
    id: random(65536),
    ...(edns === undefined ? {} : { edns }),
  });
  return random(3) === 0 ? mutate(query, random) : query;
}

export function compareRandomly(worlds: readonly World[], random: Random): void {
  const world = worlds[random(worlds.length)];
  if (world !== undefined) compare(world, randomQuery(world, random), random(4) === 0);
}

/** Fuzzes until `deadlineMs` (of `Date.now`). @returns how many packets were tried. */
export async function fuzzIndexes(random: Random, deadlineMs: number): Promise<number> {
  const worlds = await openWorlds();
  let tried = 0;
  for (; tried === 0 || Date.now() < deadlineMs; tried++) compareRandomly(worlds.all, random);
  worlds.close();
  return tried;
}
