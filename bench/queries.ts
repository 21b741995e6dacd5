/**
 * Queries for zones of the generator, as lines for dnsperf: the same lines for the same zone, in the same order for
 * every server. Must not know: files, servers.
 */
import { Random } from './random.js';

const SEED = 7;
const TABLE_PERCENT = 100;

/** A kind of query, how many of a hundred are of it, and how one is made. */
type QueryRow = readonly [percent: number, make: (random: Random) => string];

/** What the generator's lines say of a zone: owners by what they have. */
type Owners = {
  /** `owner type` of what is answered with data under the name itself. */
  readonly data: string[];
  readonly aliases: string[];
  readonly wildcardParents: string[];
  readonly cuts: string[];
};

/** Hits, names and types that do not exist, aliases, wildcards and referrals. */
export function mixedQueries(zone: string, origin: string, count: number): string[] {
  const owners = readOwners(zone);
  return shuffle(count, [
    [45, (random) => under(origin, pick(random, owners.data))],
    [5, (random) => `${absolute(origin, ownerOf(pick(random, owners.data)))} HINFO`],
    [10, (random) => under(origin, `nx${random.below(1e6)} A`)],
    [10, (random) => under(origin, `nx.${ownerOf(pick(random, owners.data))} AAAA`)],
    [10, (random) => under(origin, `${pick(random, owners.aliases)} A`)],
    [
      10,
      (random) => under(origin, `h${random.below(1e6)}.${pick(random, owners.wildcardParents)} A`),
    ],
    [10, (random) => under(origin, `www.${pick(random, owners.cuts)} A`)],
  ]);
}

/** As of a mixed zone, of which the answers are signed: names that do not exist are what costs. */
export function signedQueries(zone: string, origin: string, count: number): string[] {
  const owners = readOwners(zone);
  return shuffle(count, [
    [45, (random) => under(origin, pick(random, owners.data))],
    [5, (random) => `${absolute(origin, ownerOf(pick(random, owners.data)))} HINFO`],
    [30, (random) => under(origin, `${pick(random, owners.cuts)}${random.below(1e6)} A`)],
    [10, (random) => under(origin, `nx.${ownerOf(pick(random, owners.data))} AAAA`)],
    [
      5,
      (random) => under(origin, `h${random.below(1e6)}.${pick(random, owners.wildcardParents)} A`),
    ],
    [5, (random) => under(origin, `www.${pick(random, owners.cuts)} A`)],
  ]);
}

/** What resolvers ask a registry: referrals for the most part, names nobody has, and DS. */
export function tldQueries(zone: string, origin: string, count: number): string[] {
  const { cuts } = readOwners(zone);
  return shuffle(count, [
    [55, (random) => under(origin, `www.${pick(random, cuts)} A`)],
    [20, (random) => under(origin, `${pick(random, cuts)} AAAA`)],
    [5, (random) => under(origin, `${pick(random, cuts)} DS`)],
    [20, (random) => under(origin, `nx${random.below(1e6)} A`)],
  ]);
}

/** A few questions that every small zone has an answer for, each for a zone picked at random. */
export function manyQueries(origins: readonly string[], count: number): string[] {
  return shuffle(count, [
    [50, (random) => `www.${pick(random, origins)} A`],
    [15, (random) => `${pick(random, origins)} MX`],
    [10, (random) => `${pick(random, origins)} SOA`],
    [10, (random) => `mail.${pick(random, origins)} A`],
    [15, (random) => `nx${random.below(1000)}.${pick(random, origins)} A`],
  ]);
}

function shuffle(count: number, rows: readonly QueryRow[]): string[] {
  const random = new Random(SEED);
  const makers = rows.flatMap(([percent, make]) => Array.from({ length: percent }, () => make));
  if (makers.length !== TABLE_PERCENT) throw new Error('the rows do not make a hundred');
  return Array.from({ length: count }, () => pick(random, makers)(random));
}

function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

function readOwners(zone: string): Owners {
  const owners: Owners = { data: [], aliases: [], wildcardParents: [], cuts: [] };
  for (const line of zone.split('\n')) {
    const [owner = '', type = ''] = line.split(' ');
    if (owner === '' || owner === '@' || owner.startsWith('$')) continue;
    if (type === 'NS') owners.cuts.push(owner);
    else if (type === 'CNAME') owners.aliases.push(owner);
    else if (owner.startsWith('*.') && type === 'A') owners.wildcardParents.push(owner.slice(2));
    else if (!owner.startsWith('*.') && !isGlue(owner)) owners.data.push(`${owner} ${type}`);
  }
  return owners;
}

/** The generator names servers within a delegation `ns.` and `ns1.` to `ns2.` of it. */
function isGlue(owner: string): boolean {
  return /^ns\d?\./.test(owner);
}

function ownerOf(ownerAndType: string): string {
  return ownerAndType.split(' ')[0] ?? '';
}

function absolute(origin: string, owner: string): string {
  return `${owner}.${origin}`;
}

function under(origin: string, ownerAndType: string): string {
  const [owner = '', type = ''] = ownerAndType.split(' ');
  return `${absolute(origin, owner)} ${type}`;
}
