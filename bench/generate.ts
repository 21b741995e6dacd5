/**
 * Makes zones to measure with, the same octets for the same arguments:
 *
 *     node build/bench/generate.js tld OUT [--records N] [--origin NAME] [--seed N]
 *     node build/bench/generate.js mixed OUT [--records N] …
 *     node build/bench/generate.js many DIRECTORY [--zones N] …
 *
 * The last entry is written whole, so there may be a few records more than asked for.
 * `tld`: a registry's zone, nearly all delegations. `mixed`: one large zone of a hoster. `many`: small zone files.
 * Must not know: any server.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from './random.js';

const CHUNK_OCTETS = 1 << 20;
const ZONES_PER_FOLDER = 1000;
const SOA_FIELDS = 'hostmaster 2026010100 7200 900 1209600 3600';

/** Lines into a file, in large writes; counts those that are records. */
class ZoneWriter {
  records = 0;
  private readonly fd: number;
  private pending: string[] = [];
  private octets = 0;

  constructor(path: string) {
    this.fd = openSync(path, 'w');
  }

  directive(line: string): void {
    this.pending.push(line);
    this.octets += line.length + 1;
    if (this.octets >= CHUNK_OCTETS) this.flush();
  }

  record(line: string): void {
    this.records++;
    this.directive(line);
  }

  close(): void {
    this.flush();
    closeSync(this.fd);
  }

  private flush(): void {
    if (this.pending.length > 0) writeSync(this.fd, `${this.pending.join('\n')}\n`);
    this.pending = [];
    this.octets = 0;
  }
}

const SYLLABLES =
  'an ba co da el fi go ha in jo ka lu me no or pa qui ro sa ti un vo web xi yo zu net shop'.split(
    ' ',
  );

/** A label as people register them; `index` makes it the only one of its kind. */
function label(random: Random, index: number): string {
  let text = '';
  for (let i = 2 + random.below(3); i > 0; i--) text += SYLLABLES[random.below(SYLLABLES.length)];
  return random.chance(8) ? `${text}-${index}` : text + index;
}

/** Registry style: names relative to the origin, one TTL directive, the owner left out when it is repeated. */
function writeTld(out: ZoneWriter, random: Random, origin: string, records: number): void {
  out.directive(`$ORIGIN ${origin}.\n$TTL 86400`);
  out.record(`@ 900 IN SOA a.nic ${SOA_FIELDS}`);
  for (const server of ['a', 'b', 'c', 'd']) {
    out.record(`@ NS ${server}.nic`);
    out.record(`${server}.nic A ${random.ip4()}`);
    out.record(`${server}.nic AAAA ${random.ip6()}`);
  }
  const hosters = Array.from({ length: 4000 }, (_, i) => `${label(random, i)}.hosting.test.`);
  for (let index = 0; out.records < records; index++) {
    const owner = label(random, index);
    if (random.chance(8)) writeGlueDelegation(out, random, owner);
    else {
      // The square makes few hosters serve most names, as they do.
      const hoster = hosters[Math.floor(random.below(4000) ** 2 / 4000)];
      const first = 1 + random.below(3);
      out.record(`${owner} NS ns${first}.${hoster}`);
      out.record(` NS ns${first + 1}.${hoster}`);
    }
    if (random.chance(10)) {
      out.record(`${owner} DS ${random.below(65536)} 13 2 ${random.hex(32)}`);
    }
  }
}

function writeGlueDelegation(out: ZoneWriter, random: Random, owner: string): void {
  out.record(`${owner} NS ns1.${owner}`);
  out.record(` NS ns2.${owner}`);
  for (const server of ['ns1', 'ns2']) {
    out.record(`${server}.${owner} A ${random.ip4()}`);
    if (random.chance(30)) out.record(` AAAA ${random.ip6()}`);
  }
}

type HostRow = (out: ZoneWriter, random: Random, owner: string) => void;

/** What a name of a mixed zone may have, each as often as it stands here. */
const HOST_ROWS: readonly HostRow[] = [
  (out, random, owner) => {
    out.record(`${owner} A ${random.ip4()}`);
    out.record(`${owner} AAAA ${random.ip6()}`);
  },
  (out, random, owner) => out.record(`${owner} A ${random.ip4()}`),
  (out, random, owner) => {
    out.record(`${owner} A ${random.ip4()}`);
    out.record(`${owner} MX 10 mail`);
    out.record(`${owner} TXT "v=spf1 ip4:${random.ip4()} -all"`);
  },
  (out, _random, owner) => out.record(`${owner} CNAME www`),
  (out, random, owner) => {
    out.record(`*.${owner} A ${random.ip4()}`);
    out.record(`*.${owner} TXT "any name below ${owner}"`);
  },
  (out, random, owner) => {
    out.record(`${owner} NS ns.${owner}`);
    out.record(`ns.${owner} A ${random.ip4()}`);
  },
  (out, random, owner) => out.record(`_sip._tcp.${owner} SRV 10 5 ${1 + random.below(65535)} mail`),
];

function writeMixed(out: ZoneWriter, random: Random, origin: string, records: number): void {
  out.directive(`$ORIGIN ${origin}.\n$TTL 3600`);
  out.record(`@ SOA ns1 ${SOA_FIELDS}`);
  for (const name of ['ns1', 'ns2']) {
    out.record(`@ NS ${name}`);
    out.record(`${name} A ${random.ip4()}`);
  }
  for (const name of ['@', 'www', 'mail']) out.record(`${name} A ${random.ip4()}`);
  for (let index = 0; out.records < records; index++) {
    HOST_ROWS[random.below(HOST_ROWS.length)]?.(out, random, label(random, index));
  }
}

/** Zone `index` of many; returns its origin. The file is named after it. */
function writeSmall(folder: string, random: Random, origin: string, index: number): number {
  const name = `${label(random, index)}.${origin}`;
  const out = new ZoneWriter(join(folder, `${name}.zone`));
  writeMixed(out, random, name, 8 + random.below(8));
  out.close();
  return out.records;
}

function writeMany(folder: string, random: Random, origin: string, zones: number): number {
  let records = 0;
  for (let index = 0; index < zones; index++) {
    const part = join(folder, String(Math.floor(index / ZONES_PER_FOLDER)).padStart(4, '0'));
    if (index % ZONES_PER_FOLDER === 0) mkdirSync(part, { recursive: true });
    records += writeSmall(part, random, origin, index);
  }
  return records;
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      records: { type: 'string' },
      zones: { type: 'string', default: '100000' },
      origin: { type: 'string', default: 'example' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [kind, path] = positionals;
  const random = new Random(Number(values.seed));
  if (path === undefined || !['tld', 'mixed', 'many'].includes(kind ?? '')) {
    throw new Error(
      'usage: generate tld|mixed|many OUT [--records N] [--zones N] [--origin NAME] [--seed N]',
    );
  }
  let records: number;
  if (kind === 'many') records = writeMany(path, random, values.origin, Number(values.zones));
  else {
    const out = new ZoneWriter(path);
    if (kind === 'tld') writeTld(out, random, values.origin, Number(values.records ?? 1_000_000));
    else writeMixed(out, random, values.origin, Number(values.records ?? 117_000));
    out.close();
    records = out.records;
  }
  console.log(`${path}: ${records} records`);
}

main();
