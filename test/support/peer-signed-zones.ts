/**
 * Zones signed by others, for tests of what is answered from them: one zone text, signed by dnssec-signzone and
 * ldns-signzone in every way that matters, each under an origin of its own.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runPeer } from './peer-tool.js';

export type SignedVariant = {
  /** First label of the origin; it says what is special. */
  readonly label: string;
  readonly tool: 'dnssec-signzone' | 'ldns-signzone';
  readonly algorithm: string;
  /** Arguments beside those that all have. */
  readonly args: readonly string[];
};

export type SignedZone = SignedVariant & {
  /** With the dot at the end. */
  readonly origin: string;
  /** Of the signed zone. */
  readonly file: string;
  readonly text: string;
  /** RDATA of the DNSKEY record that signatures are made with, as text. */
  readonly keys: readonly string[];
};

/** What signed zones may look like. Signing with RSA or a salt is no other code here, but it is in validators. */
export const SIGNED_VARIANTS: readonly SignedVariant[] = [
  { label: 'nsec13', tool: 'dnssec-signzone', algorithm: 'ECDSAP256SHA256', args: [] },
  { label: 'nsec8', tool: 'dnssec-signzone', algorithm: 'RSASHA256', args: [] },
  { label: 'plain3', tool: 'dnssec-signzone', algorithm: 'ECDSAP384SHA384', args: ['-3', '-'] },
  {
    label: 'salted3',
    tool: 'dnssec-signzone',
    algorithm: 'ED25519',
    args: ['-3', 'aabbccdd', '-H', '12'],
  },
  {
    label: 'optout3',
    tool: 'dnssec-signzone',
    algorithm: 'ECDSAP256SHA256',
    args: ['-3', '-', '-A'],
  },
  { label: 'ldns', tool: 'ldns-signzone', algorithm: 'ECDSAP256SHA256', args: [] },
  {
    label: 'ldns3',
    tool: 'ldns-signzone',
    algorithm: 'ED25519',
    args: ['-n', '-t', '1', '-s', 'beef'],
  },
  { label: 'ldnsout3', tool: 'ldns-signzone', algorithm: 'RSASHA256', args: ['-n', '-p'] },
];

/** Every outcome that a question can have, for each kind of denial. */
export const SIGNED_TEXT = `$TTL 3600
@ SOA ns hostmaster 1 7200 900 1209600 300
@ NS ns
@ NS ns.secure
@ MX 10 mail
@ MX 20 any.wild
ns A 192.0.2.1
ns AAAA 2001:db8::1
mail A 192.0.2.2
mail A 192.0.2.3
mail TXT "mail"
Mixed.Case TXT "case"
alias CNAME mail
alias2 CNAME alias
to-miss CNAME nope
to-nodata CNAME ns
to-wild CNAME x.y.wild
to-wildalias CNAME z.wildalias
to-cut CNAME www.insecure
to-dname CNAME w.gone
out CNAME www.outside.example.
leaf.of.an.ent TXT "leaf"
*.wild A 192.0.2.4
*.wild TXT "wild"
exact.wild A 192.0.2.5
below.ent.wild A 192.0.2.6
*.wildalias CNAME mail
*.wildloop CNAME a.wildloop
*.wildcut.deep MX 5 mail
gone DNAME there
www.there A 192.0.2.7
*.wild.there TXT "through"
long DNAME ${'l'.repeat(60)}.${'l'.repeat(60)}.${'l'.repeat(60)}.there
secure NS ns.secure
secure NS ns.insecure
secure DS 12345 13 2 0000000000000000000000000000000000000000000000000000000000000000
ns.secure A 192.0.2.8
insecure NS ns.insecure
ns.insecure A 192.0.2.9
only.insecure.here NS ns.insecure
other.insecure.here NS ns
mixed.ent2 NS ns.insecure
signed.ent2 TXT "beside an insecure delegation"
a.low TXT "first"
z.low TXT "last"
\\000\\001.bin TXT "octets below the asterisk"
\\255.bin TXT "octets above all"
${Array.from({ length: 24 }, (_, i) => `n${i * 7} A 192.0.2.${i + 20}`).join('\n')}
many TXT "${'m'.repeat(200)}"
many TXT "${'n'.repeat(200)}"
many TXT "${'o'.repeat(200)}"
unknown TYPE65280 \\# 4 deadbeef
`;

/**
 * Makes keys and signs a text in all the ways of the variants. Skips the test and returns `null` where a tool is
 * missing.
 * @param folder empty, and the caller's to remove
 */
export function signZones(
  t: TestContext,
  folder: string,
  variants: readonly SignedVariant[],
  text: string,
): SignedZone[] | null {
  const zones: SignedZone[] = [];
  for (const variant of variants) {
    const zone = signZone(t, folder, variant, `${variant.label}.test.`, text);
    if (zone === null) return null;
    zones.push(zone);
  }
  return zones;
}

/** As `signZones`, one zone of a given origin. */
export function signZone(
  t: TestContext,
  folder: string,
  variant: SignedVariant,
  origin: string,
  text: string,
): SignedZone | null {
  const place = join(folder, origin === '.' ? 'root' : origin.slice(0, -1));
  mkdirSync(place);
  const plain = join(place, 'plain.zone');
  const file = join(place, 'signed.zone');
  writeFileSync(plain, `$ORIGIN ${origin}\n${text}`);
  const key = makeKey(t, place, variant, origin);
  if (key === null) return null;
  const { args } = variant;
  const base = join(place, key);
  const run =
    variant.tool === 'dnssec-signzone'
      ? runPeer(t, 'dnssec-signzone', [
          ...['-S', '-z', '-q', '-d', place, '-K', place, '-o', origin, '-O', 'full', ...args],
          ...['-f', file, plain],
        ])
      : runPeer(t, 'ldns-signzone', [...args, '-o', origin, '-f', file, plain, base]);
  if (run === null) return null;
  if (run.status !== 0) throw new Error(`${variant.tool}: ${run.stderr}`);
  const keyText = readFileSync(`${base}.key`, 'latin1');
  return {
    ...variant,
    origin,
    file,
    text: readFileSync(file, 'latin1'),
    keys: [
      keyText
        .replace(/;.*$/gm, '')
        .split(/\sDNSKEY\s/)[1]
        ?.trim() ?? '',
    ],
  };
}

/** @returns the base name of its files */
function makeKey(
  t: TestContext,
  place: string,
  { tool, algorithm }: SignedVariant,
  origin: string,
): string | null {
  const bits = algorithm.startsWith('RSA') ? ['-b', '2048'] : [];
  const run =
    tool === 'dnssec-signzone'
      ? runPeer(t, 'dnssec-keygen', [
          '-q',
          '-K',
          place,
          '-a',
          algorithm,
          ...bits,
          '-f',
          'KSK',
          origin,
        ])
      : runPeer(t, 'sh', [
          '-c',
          `cd "${place}" && exec ldns-keygen -k -a ${algorithm} ${bits.join(' ')} ${origin}`,
        ]);
  if (run === null) return null;
  if (run.status !== 0) throw new Error(`${tool}'s key: ${run.stderr}`);
  return run.stdout.trim().split('\n').at(-1) ?? '';
}
