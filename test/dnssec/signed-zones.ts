/**
 * Zones signed for tests: keys of given times, a policy, a moment; and what other servers' tools say of the result.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { DEFAULT_POLICY, type SigningPolicy } from '../../src/config/signing-policy.js';
import { SignatureRows } from '../../src/dnssec/kept-signatures.js';
import { generateKey } from '../../src/dnssec/key-file.js';
import { readZoneKeys, writeKey } from '../../src/dnssec/key-folder.js';
import { planKeys } from '../../src/dnssec/key-plan.js';
import type { KeyTimes } from '../../src/dnssec/key-times.js';
import { type SignedZone, type SigningInput, signZone } from '../../src/dnssec/signer.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { runPeer } from '../support/peer-tool.js';
import { name, zoneFromText } from '../support/zones.js';

export const ORIGIN = 'example.com';

/** All that a chain has to tell of: delegations, glue, empty non-terminals, wildcards, what a DNAME hides. */
export const ZONE_TEXT = `$TTL 3600
@ SOA ns1 hostmaster 1 7200 3600 1209600 300
@ NS ns1
@ NS ns2.sub
@ MX 10 Mail
@ TXT "hello"
ns1 A 192.0.2.1
ns1 AAAA 2001:db8::1
mail 60 A 192.0.2.2
*.wild A 192.0.2.3
a.b.c.d TXT "x"
sub NS ns2.sub
ns2.sub A 192.0.2.4
sec NS ns.sec
sec DS 12345 13 2 0123456789012345678901234567890123456789012345678901234567890123
ns.sec A 192.0.2.5
dn DNAME example.net.
insec.ent.foo NS ns.example.net.
www CNAME Mail
srv SRV 1 2 3 Mail
caa TYPE65280 \\# 2 abcd
`;

/** Makes a key. @returns its tag */
export function makeKey(
  folder: string,
  role: 'ksk' | 'zsk',
  times: KeyTimes,
  algorithm = 13,
  zone = ORIGIN,
): void {
  const { rdata, secretLines } = generateKey(algorithm, role === 'ksk' ? 257 : 256, 2048);
  writeKey(folder, name(zone), { rdata, times, secretLines });
}

export type SigningOptions = {
  readonly policy?: Partial<SigningPolicy>;
  readonly former?: SignatureRows;
  readonly chooseSerial?: SigningInput['chooseSerial'];
};

/** Signs text with the keys of a folder at a moment. */
export function signText(
  folder: string,
  text: string,
  now: number,
  options: SigningOptions = {},
): SignedZone {
  const policy = { ...DEFAULT_POLICY, ...options.policy };
  const { keys, problems } = readZoneKeys(folder, name(ORIGIN));
  assert.deepEqual(problems, []);
  const plan = planKeys(keys, policy, name(ORIGIN), now);
  assert.equal(plan.lack, null);
  return signZone(zoneFromText(ORIGIN, text), {
    policy,
    plan,
    former: options.former ?? new SignatureRows(),
    now,
    print: text,
    keepsSync: true,
    chooseSerial: options.chooseSerial ?? (() => 1),
  });
}

export function linesOf({ zone }: SignedZone): string[] {
  return [...zoneLines(zone)];
}

/** Tools that judge a signed zone at the present time. */
const JUDGES: readonly (readonly [
  command: string,
  args: (path: string, hasZsk: boolean) => string[],
])[] = [
  // -z: one key for all is as good as two
  ['dnssec-verify', (path, hasZsk) => ['-q', ...(hasZsk ? [] : ['-z']), '-o', ORIGIN, path]],
  ['ldns-verify-zone', (path) => [path]],
  ['kzonecheck', (path) => ['-d', 'on', '-o', ORIGIN, path]],
];

/** What the tools say against a zone; empty if nothing. @param but those that cannot be asked of this zone */
export function verdicts(
  t: TestContext,
  folder: string,
  lines: readonly string[],
  but: readonly string[] = [],
): string[] {
  const path = join(folder, 'signed.zone');
  writeFileSync(path, `${lines.join('\n')}\n`);
  const hasZsk = lines.some((line) => / IN DNSKEY 256 /.test(line));
  return JUDGES.flatMap(([command, args]) => {
    if (but.includes(command)) return [];
    const run = runPeer(t, command, args(path, hasZsk));
    if (run === null || run.status === 0) return [];
    return [`${command}: ${run.stdout}${run.stderr}`];
  });
}
