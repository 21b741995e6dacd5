/**
 * Random zones with every kind of name beside and below each other, signed by dnssec-signzone and ldns-signzone:
 * hotzone must find nothing wrong with them, and where a line of one has been changed it must judge as dnssec-verify
 * does (RFC 4035 §2.3, RFC 5155 §7.1).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '../../src/base/problem.js';
import { type Random, seededRandom } from '../fuzz/random.js';
import { type Signing, signText, verdictsOf } from '../support/signed-zones.js';
import { validateText } from '../support/validate.js';

const SEEDS = [1, 2, 3, 4, 5, 6];
const CHANGES = 6;
const DENIALS = ['nsec', 'nsec3', 'opt-out'] as const;

for (const seed of SEEDS) {
  for (const signer of ['dnssec-signzone', 'ldns-signzone'] as const) {
    const denial = DENIALS[seed % DENIALS.length] ?? 'nsec';
    test(`random zone ${seed} with ${denial} by ${signer}, and changes of it`, async (t) => {
      const signing: Signing = { algorithm: 'ECDSAP256SHA256', signer, denial };
      const random = seededRandom(seed);
      const signed = signText(t, randomZone(random), signing);
      if (signed === null) return;
      const asIs = signingProblems(await validateText(`${signed.lines.join('\n')}\n`));
      assert.deepEqual(
        asIs.map(({ text }) => text),
        [],
      );
      for (let i = 0; i < CHANGES; i++) {
        const lines = changed(signed.lines, random);
        const problems = await validateText(`${lines.join('\n')}\n`);
        // what is wrong with any zone is not for other verifiers to say
        if (problems.some(isPlainError)) continue;
        const own = signingProblems(problems);
        const verdicts = verdictsOf(t, lines);
        if (verdicts === null) return;
        const verdict = own.some(({ severity }) => severity === 'error') ? 'bad' : 'good';
        const told = `${own.map(({ text }) => text).join('\n')}\n${verdicts.said}`;
        assert.equal(verdict, verdicts.bind, `${told}\n${lines.join('\n')}`);
      }
    });
  }
}

function signingProblems(problems: readonly Problem[]): Problem[] {
  return problems.filter(({ code }) => code.startsWith('DNSSEC_'));
}

function isPlainError({ severity, code }: Problem): boolean {
  return severity === 'error' && !/^(?:DNSSEC|HOSTNAME)_/.test(code);
}

/** Without a line, without a name, with a new record, or with a line at another name. */
function changed(lines: readonly string[], random: Random): string[] {
  const at = 2 + random(lines.length - 2);
  const line = lines[at] ?? '';
  // a new record at the owner of an NSEC3: BIND takes its hash for no name of the zone
  const owners = lines.filter((one) => !/ NSEC3 /.test(one)).map(ownerOf);
  const owner = owners[random(owners.length)] ?? '';
  switch (random(4)) {
    case 0:
      return lines.filter((one) => one !== line);
    case 1:
      return lines.filter((one) => ownerOf(one) !== owner || owner === 'example.test.');
    case 2:
      return [...lines, `${owner} 300 IN ${pick(random, ADDED)}`];
    default:
      return lines.map((one) => (one === line ? one.replace(/^\S+/, owner) : one));
  }
}

function ownerOf(line: string): string {
  return line.split(' ')[0] ?? '';
}

const ADDED = ['TXT "new"', 'NS ns.other.', `DS 1 13 2 ${'AB'.repeat(32)}`, 'DNAME x.other.'];

const LABELS = ['a', 'b', 'B', 'z', '*', '_x', '-', '\\000', '\\255', 'a\\.b', '0', 'aa'];

function randomZone(random: Random): string {
  const lines = ['$TTL 300', '@ SOA ns.other. host.other. 1 2 3 4 5', '@ NS ns.other.'];
  const count = 5 + random(30);
  const aliases = new Set<string>();
  const used = new Set<string>();
  for (let i = 0; i < count; i++) {
    const depth = 1 + random(4);
    const owner = Array.from({ length: depth }, () => pick(random, LABELS)).join('.');
    const key = owner.toLowerCase();
    if (aliases.has(key)) continue;
    const kind = random(9);
    if (kind === 0 && !used.has(key)) {
      aliases.add(key);
      lines.push(`${owner} CNAME elsewhere.other.`);
    } else if (kind === 1 && !used.has(key)) {
      aliases.add(key);
      lines.push(`${owner} DNAME elsewhere.other.`);
    } else if (kind <= 4 && !owner.startsWith('*')) {
      lines.push(`${owner} NS ns.${owner}`, `ns.${owner} A 192.0.2.1`);
      if (random(2) === 0) lines.push(`${owner} DS 1 13 2 ${'ab'.repeat(32)}`);
    } else if (kind === 5) lines.push(`${owner} TYPE${pick(random, [300, 1234, 65280])} \\# 1 00`);
    else lines.push(`${owner} ${pick(random, ['TXT "x"', 'A 192.0.2.2', 'MX 10 Mail.other.'])}`);
    used.add(key);
  }
  return `${lines.join('\n')}\n`;
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random(values.length)]!;
}
