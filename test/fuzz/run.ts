/**
 * Fuzzes for as long as wanted: `node build/test/fuzz/run.js [seconds per target] [seed] [target]`.
 * A failure prints its input; the seed, printed first, brings the whole run back.
 */
import { fuzzDeferred } from './deferred.fuzz.js';
import { fuzzIndexes } from './index.fuzz.js';
import { fuzzQueries } from './query.fuzz.js';
import { type Random, seededRandom } from './random.js';
import { fuzzZoneFiles } from './zonefile.fuzz.js';

/** One row per target. It throws on a finding, and returns how many inputs it tried until `deadlineMs`. */
const TARGETS: readonly {
  readonly name: string;
  readonly fuzz: (random: Random, deadlineMs: number) => number | Promise<number>;
}[] = [
  { name: 'query', fuzz: fuzzQueries },
  { name: 'deferred', fuzz: fuzzDeferred },
  { name: 'zonefile', fuzz: fuzzZoneFiles },
  { name: 'index', fuzz: fuzzIndexes },
];

const SECONDS_DEFAULT = 60;

const [seconds, seedText, only] = process.argv.slice(2);
const seed = seedText === undefined ? Date.now() % 0x7fffffff : Number(seedText);
for (const { name, fuzz } of TARGETS) {
  if (only !== undefined && only !== name) continue;
  process.stdout.write(`${name}: seed ${seed}\n`);
  const deadlineMs = Date.now() + Number(seconds ?? SECONDS_DEFAULT) * 1000;
  process.stdout.write(`${name}: ${await fuzz(seededRandom(seed), deadlineMs)} inputs\n`);
}
