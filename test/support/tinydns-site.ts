/**
 * Random tinydns `data` that hangs together: zones within zones, delegations with glue and with names below them,
 * wildcards over names that exist, several name servers, and, if wanted, records of locations and around the present.
 * Few labels make many names, so that what is said of a name meets what is said of those above and below it.
 */
import type { Random } from '../fuzz/random.js';

/** Which lines there may be. */
export type SiteRules = {
  /** Unix time around which records begin and end; `null`: none does, and none is of a location. */
  readonly nowSeconds: number | null;
  /** Nothing for which BIND would not load a zone. */
  readonly isOrderly: boolean;
};

/** Prefixes that `%` lines give locations to, and addresses to ask from: one at least for each of them. */
const PREFIXES = ['', '10', '10.1', '10.1.2', '10.1.2.3', '172.16', '192.0.2', '192.0.2.9'];
export const SITE_CLIENTS: readonly string[] = [
  ...['8.8.8.8', '10.9.9.9', '10.1.9.9', '10.1.2.9', '10.1.2.3', '10.1.2.30', '172.16.0.1'],
  ...['172.17.0.1', '192.0.2.1', '192.0.2.9', '0.0.0.0', '255.255.255.255'],
];
const LOCATIONS = ['ex', 'in', 'a', 'abc'];
const TOPS = ['example', 'example.com', 'e.org', 'Test'];
const LABELS = ['a', 'b', 'c', 'w', 'www', 'Sub', 'd', 'mail'];
/** Names that are delegated; of orderly data nothing else stands at them. */
const CUTS = ['d', 'sub', 'd.b'];
/** The zone of the addresses that lines have. */
const REVERSE = '10.in-addr.arpa';
const LINES_PER_ZONE = 25;
/** RFC 4291 §2.5.5: an address of 16 octets in octal escapes is this and four octets more. */
const IP6_HEAD = '\\040\\001\\015\\270'.padEnd(48, '\\000');

/** RFC 4034 §5.1: a key tag, an algorithm and SHA-256. */
const DS_HEAD = '\\001\\002\\015\\002';

/** Lines, each with its newline. */
export function tinydnsSite(random: Random, lineCount: number, rules: SiteRules): string {
  return new Site(random, rules, Math.max(2, Math.floor(lineCount / LINES_PER_ZONE))).lines(
    lineCount,
  );
}

type LineMaker = (site: Site) => string;

/** One row per kind of line below a zone, with how often it comes. */
const KINDS: readonly (readonly [weight: number, make: LineMaker])[] = [
  [6, (site) => `+${join(site.owner(), site.address(), site.tail())}`],
  [1, (site) => `=${join(site.owner(), site.address(), site.tail())}`],
  [3, (site) => `'${join(site.owner(), site.text(), site.tail())}`],
  [2, (site) => `@${join(site.owner(), site.glue(), site.server(), site.number(), site.tail())}`],
  [1, (site) => `^${join(site.owner(), site.target(), site.tail())}`],
  [2, (site) => `:${join(site.owner(), '28', `${IP6_HEAD}${site.octets(4)}`, site.tail())}`],
  [1, (site) => `:${join(site.owner(), '257', `\\000\\005issue${site.text()}`, site.tail())}`],
  [
    1,
    (site) =>
      `:${join(site.owner(), String(65280 + site.random(3)), site.octets(site.random(20)), site.tail())}`,
  ],
  [
    1,
    (site) =>
      `S${join(site.owner(), site.glue(), site.server(), `${site.random(65536)}:1:2`, site.tail())}`,
  ],
  [2, (site) => `C${join(site.aliasOwner(), site.target(), site.tail())}`],
  [3, (site) => site.delegation()],
  [1, (site) => `:${join(site.cut(), '43', `${DS_HEAD}${site.octets(32)}`, site.tail())}`],
];

class Site {
  readonly random: Random;
  private readonly rules: SiteRules;
  private readonly zones: string[] = [REVERSE];
  private readonly makers: LineMaker[];
  private aliases = 0;

  constructor(random: Random, rules: SiteRules, zoneCount: number) {
    this.random = random;
    this.rules = rules;
    for (let i = 0; i < zoneCount; i++) this.addZone(i);
    const weighted = rules.isOrderly ? KINDS : [...KINDS, ...UNRULY_KINDS];
    this.makers = weighted.flatMap(([weight, make]) => Array<LineMaker>(weight).fill(make));
  }

  lines(lineCount: number): string {
    const { zones } = this;
    const lines = this.rules.nowSeconds === null ? [] : this.locations();
    for (const zone of zones) lines.push(...this.apexLines(zone));
    while (lines.length < lineCount) lines.push(this.pick(this.makers)(this));
    // any line may come before any other
    for (let i = lines.length - 1; i > 0; i--) {
      const j = this.random(i + 1);
      [lines[i], lines[j]] = [lines[j] ?? '', lines[i] ?? ''];
    }
    return lines.map((line) => `${line}\n`).join('');
  }

  pick<Item>(items: ArrayLike<Item>): Item {
    return items[this.random(items.length)]!;
  }

  // --- zones

  private addZone(i: number): void {
    const isNested = this.zones.length > 0 && this.random(3) > 0;
    // a nested one may have any name of the zone above it
    const zone = isNested
      ? `${this.relative()}.${this.pick(this.zones)}`
      : `z${i}.${this.pick(TOPS)}`;
    if (zone.length > 150 || this.isZone(zone)) this.zones.push(`z${i}.${this.pick(TOPS)}`);
    else this.zones.push(zone);
  }

  private isZone(name: string): boolean {
    return this.zones.some((zone) => zone.toLowerCase() === name.toLowerCase());
  }

  private apexLines(zone: string): string[] {
    const isVaried = this.rules.nowSeconds !== null && this.random(4) === 0;
    const lines: string[] = [];
    for (let left = 1 + this.random(3); left > 0; left--) {
      const tail = isVaried ? this.tail() : this.plainTail();
      lines.push(`.${join(zone, this.address(), this.pick(['', 'a', 'b']), tail)}`);
    }
    if (this.random(4) === 0) lines.push(`&${join(zone, this.address(), 'c', this.tail())}`);
    if (this.random(5) === 0 && !this.rules.isOrderly) {
      lines.push(
        `Z${join(zone, this.target(), this.target(), '1:2:3:4', this.number(), this.tail())}`,
      );
    }
    return lines;
  }

  /** A name that may be delegated, or an apex: most of those are below another one. */
  cut(): string {
    if (this.random(2) === 0 || this.rules.isOrderly) return this.pick(this.zones);
    return `${this.pick(CUTS)}.${this.pick(this.zones)}`;
  }

  delegation(): string {
    const cut = `${this.pick(CUTS)}.${this.pick(this.zones)}`;
    const owner = this.isZone(cut) ? `e${this.random(9)}.${this.pick(this.zones)}` : cut;
    return `&${join(owner, this.glue(), this.server(), this.tail())}`;
  }

  private locations(): string[] {
    return PREFIXES.map((prefix) => `%${this.pick(LOCATIONS)}:${prefix}`);
  }

  // --- names

  /** One to three labels. */
  private relative(): string {
    return Array.from({ length: 1 + this.random(3) }, () => this.pick(LABELS)).join('.');
  }

  name(): string {
    const zone = this.pick(this.zones);
    return this.random(10) === 0 ? zone : `${this.relative()}.${zone}`;
  }

  /** The owner of a record that may stand anywhere. */
  owner(): string {
    const name = this.name();
    if (this.random(6) > 0) return name;
    return `*.${this.random(20) === 0 && !this.rules.isOrderly ? '*.' : ''}${name}`;
  }

  /** The owner of a CNAME: for BIND nothing else may stand there. */
  aliasOwner(): string {
    if (!this.rules.isOrderly) return this.owner();
    return `alias${this.aliases++}.${this.name()}`;
  }

  target(): string {
    const random = this.random(6);
    if (random === 0) return 'host.elsewhere.net';
    return random === 1 && this.aliases > 0
      ? `alias${this.random(this.aliases)}.${this.name()}`
      : this.name();
  }

  server(): string {
    return this.random(3) === 0 ? this.target() : this.pick(['', 'a', 'b', 'NS1']);
  }

  // --- other fields

  address(): string {
    return `10.${this.random(4)}.${this.random(256)}.${this.random(256)}`;
  }

  /** The address of a server, if it gets one. */
  glue(): string {
    return this.random(3) === 0 && !this.rules.isOrderly ? '' : this.address();
  }

  number(): string {
    return String(this.random(100_000));
  }

  text(): string {
    return this.pick(['one', 'Two', 'a\\072b', 'x'.repeat(200), '\\000\\377\\012']);
  }

  octets(length: number): string {
    const octal = (): string => `\\${this.random(256).toString(8).padStart(3, '0')}`;
    return Array.from({ length }, octal).join('');
  }

  /** TTL, time and location, each of which may be left out. */
  tail(): string {
    const { nowSeconds } = this.rules;
    if (nowSeconds === null || this.random(3) > 0) return this.plainTail();
    const location = this.random(2) === 0 ? '' : this.pick(LOCATIONS);
    if (this.random(2) === 0) return `${this.plainTail()}::${location}`;
    const ttl = this.random(2) === 0 ? '0' : this.plainTail();
    return `${ttl}:${this.time(nowSeconds)}:${location}`;
  }

  /** Only a TTL. All records of one owner and type have the same where BIND would change one of them. */
  private plainTail(): string {
    return this.rules.isOrderly ? '' : this.pick(['', '', '0', '60', '300', this.number()]);
  }

  /** Soon, within some hours, or days away. */
  private time(nowSeconds: number): string {
    const distance = this.random(this.pick([60, 7200, 7200, 1_000_000]));
    const at = nowSeconds + (this.random(2) === 0 ? distance : -distance) + 10;
    return `4${at.toString(16).padStart(15, '0')}`;
  }
}

/** What tinydns takes but does not make much of. */
const UNRULY_KINDS: readonly (readonly [weight: number, make: LineMaker])[] = [
  [1, (site) => `&${join(site.owner(), site.glue(), site.server(), site.tail())}`],
  [1, (site) => `Z${join(site.owner(), site.target(), site.target(), '::::', site.tail())}`],
];

function join(...fields: string[]): string {
  return fields.join(':');
}
