/**
 * Random zones without errors: records of every RR type that may stand anywhere, at owners with odd octets, wildcards
 * and empty non-terminals, each RRset under a TTL of its own; delegations with glue.
 */
import { typeFromText } from '../../src/wire/rrtypes.js';
import { HOST_OWNER_TYPES } from '../../src/zone/check-names.js';
import type { Random } from '../fuzz/random.js';
import { RDATA_SAMPLES } from '../wire/rdata-samples.js';

/** Types that a zone without errors has at one place only, or alone at their owner. */
const PLACED: readonly string[] = [
  ...['SOA', 'NS', 'CNAME', 'DNAME', 'MD', 'MF', 'DS', 'DNSKEY', 'NSEC3PARAM', 'CSYNC', 'ZONEMD'],
  ...['NSEC', 'NXT', 'RRSIG', 'SIG', 'KEY', 'NSEC3', 'SPF'],
];
const HOSTS = ['@', 'www', 'WWW2', 'a.b.c', '*.w', '0', 'xn--nxasmq6b'];
const OWNERS = [
  ...HOSTS,
  ...['x.y.*.z', '\\000\\255', 'a\\.b', '\\@', 'tab\\009x'],
  ...['colon:x', 'back\\\\slash', 'q\\"', '_sip._tcp', 'd\\$', 'sp\\032ace'],
];
const TTLS = [0, 1, 300, 3600, 3600, 3600, 86400, 2147483647];

/**
 * Text of a zone.
 * @param types of records beside SOA, NS and A; `null` for all that fit
 */
export function zoneCorpus(
  random: Random,
  origin: string,
  recordCount: number,
  types: readonly string[] | null,
): string {
  const samples = RDATA_SAMPLES.filter(
    ([type]) => !PLACED.includes(type) && (types === null || types.includes(type)),
  );
  const ttls = new Map<string, number>();
  const ttlOf = (rrset: string): number => {
    const ttl = ttls.get(rrset) ?? TTLS[random(TTLS.length)]!;
    ttls.set(rrset, ttl);
    return ttl;
  };
  const lines = [
    `$ORIGIN ${origin}`,
    `@ ${ttlOf('soa')} SOA ns hostmaster 1 7200 900 1209600 300`,
    '@ 3600 NS ns',
    'ns 3600 A 192.0.2.1',
    'cut 300 NS ns.cut',
    'cut 300 NS ns.elsewhere.example.',
    'ns.cut 60 A 192.0.2.2',
    `alias ${ttlOf('alias')} CNAME www`,
    `below.cut2 ${ttlOf('cut2')} NS ns`,
  ];
  for (let i = 0; i < recordCount; i++) {
    const [type, text] = samples[random(samples.length)]!;
    const owners = HOST_OWNER_TYPES.includes(typeFromText(type)) ? HOSTS : OWNERS;
    const owner = owners[random(owners.length)]!;
    lines.push(`${owner} ${ttlOf(`${owner} ${type}`)} ${type} ${text}`);
  }
  return `${lines.join('\n')}\n`;
}
