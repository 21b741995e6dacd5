/**
 * Small random zones, signed by dnssec-signzone, and random questions: whatever falls together, a validator believes
 * the answer, no proof is more than it needs, and without signatures and proofs it is the answer to a query without DO.
 * RFC 4035 §5, RFC 5155 §8, RFC 3225 §3.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Engine } from '../../src/engine/process.js';
import { type Random, seededRandom } from '../fuzz/random.js';
import { buildQuery, decodeMessage, type Message } from '../peers/message.js';
import { type SignedVariant, type SignedZone, signZone } from '../support/peer-signed-zones.js';
import { type ValidatorJob, validate } from '../support/validator.js';
import { CLIENT, tableFromTexts } from '../support/zones.js';
import { OPTIONS } from './answers.js';

const ZONES = 8;
const QUESTIONS = 160;
const LABELS = ['a', 'b', 'c', 'long-label-1', 'long-label-2', '*', 'z', '0', 'x'];
const TYPES = ['TYPE65280', 'TXT', 'DS', 'NS', 'CNAME', 'ANY'];
const DS = '1 13 2 0000000000000000000000000000000000000000000000000000000000000000';
const CHAINS: readonly (readonly [label: string, args: readonly string[]])[] = [
  ['nsec', []],
  ['nsec3', ['-3', 'ab', '-H', '1']],
  ['opt-out', ['-3', '-', '-A']],
];

function randomName(random: Random, depthMax: number): string {
  const depth = 1 + random(depthMax);
  return Array.from({ length: depth }, () => LABELS[random(LABELS.length)]).join('.');
}

/** Owners with what they have; nothing below a zone cut but glue, nothing below a DNAME or beside an alias. */
function randomZone(random: Random): string {
  const lines = ['$TTL 300', '@ SOA ns h 1 7200 900 1209600 60', '@ NS ns', 'ns A 192.0.2.1'];
  const ends: string[] = [];
  const seen = new Set(['ns']);
  const isBelow = (name: string) => ends.some((end) => name === end || name.endsWith(`.${end}`));
  for (let i = 4 + random(14); i > 0; i--) {
    const name = randomName(random, 4);
    if (seen.has(name) || isBelow(name)) continue;
    const isParent = [...seen].some((other) => other.endsWith(`.${name}`));
    seen.add(name);
    const kind = random(10);
    const isWild = name.startsWith('*.') || name === '*';
    if (kind < 2 && !isParent && !isWild) {
      ends.push(name);
      lines.push(`${name} NS ns`, ...(kind === 0 ? [`${name} DS ${DS}`] : []));
    } else if (kind === 2 && !isParent && !isWild) {
      ends.push(name);
      lines.push(`${name} DNAME ${randomName(random, 2)}`);
    } else if (kind === 3) {
      lines.push(`${name} CNAME ${random(4) === 0 ? 'out.test.' : randomName(random, 3)}`);
    } else {
      lines.push(`${name} ${kind < 7 ? 'TYPE65280 \\# 0' : 'TXT "t"'}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** What a client without DO would see. */
function plainOf(message: Message): unknown {
  const isPlain = (record: string) => !/ IN (RRSIG|NSEC|NSEC3) /.test(record);
  const [answer, authority, additional] = [message.answer, message.authority, message.additional];
  // a DS is told with a referral to those who can verify it
  const isReferral = answer.length === 0 && !message.flags.includes('aa');
  return {
    rcode: message.rcode,
    flags: message.flags,
    answer: answer.filter(isPlain).sort(),
    authority: authority
      .filter(isPlain)
      .filter((record) => !isReferral || !/ IN DS /.test(record))
      .sort(),
    additional: additional.filter(isPlain).sort(),
  };
}

test('random signed zones: what is denied is proved, RFC 4035 §5.4, RFC 5155 §8', {
  timeout: 240_000,
}, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-random-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const zones: SignedZone[] = [];
  const jobs: (ValidatorJob & { readonly text: string })[] = [];
  const response = new Uint8Array(65535);
  for (let seed = 1; seed <= ZONES; seed++) {
    for (const [label, args] of CHAINS) {
      const random = seededRandom(seed);
      const text = randomZone(random);
      const variant: SignedVariant = {
        ...{ label, args, tool: 'dnssec-signzone', algorithm: 'ECDSAP256SHA256' },
      };
      const signed = signZone(t, folder, variant, `${label}-${seed}.test.`, text);
      if (signed === null) return;
      const zone = zones.push(signed) - 1;
      const engine = new Engine(tableFromTexts([signed]), OPTIONS);
      const ask = (name: string, type: string, dnssecOk: boolean): Buffer => {
        const query = buildQuery({ name, type, edns: { size: 65535, dnssecOk } });
        const length = engine.processQuery(query, query.length, response, true, CLIENT);
        return Buffer.from(response.subarray(0, length));
      };
      for (let i = 0; i < QUESTIONS; i++) {
        const name: string = `${randomName(random, 5)}.${signed.origin}`;
        const type = TYPES[random(TYPES.length)] ?? 'TXT';
        const reply = ask(name, type, true);
        jobs.push({ zone, reply, text: `${name} ${type}\n${text}` });
        const plain = decodeMessage(ask(name, type, false));
        assert.deepEqual(plainOf(decodeMessage(reply)), plainOf(plain), `${name} ${type}`);
        assert.deepEqual(
          [...plain.answer, ...plain.authority, ...plain.additional].filter((record) =>
            / IN (RRSIG|NSEC|NSEC3) /.test(record),
          ),
          [],
        );
      }
    }
  }
  const verdicts = validate(t, zones, jobs, Math.floor(Date.now() / 1000));
  if (verdicts === null) return;
  const wrong = verdicts.flatMap((verdict, i) =>
    verdict.startsWith('wrong') ? [`${jobs[i]?.text}: ${verdict}`] : [],
  );
  assert.deepEqual(wrong.slice(0, 3), [], `${wrong.length} wrong`);
  t.diagnostic(
    `${verdicts.length} answers, of these ${new Set(verdicts).size} kinds: ${[...new Set(verdicts)]}`,
  );
  for (const verdict of ['answered', 'no name', 'no data', 'referred']) {
    assert.ok(verdicts.includes(verdict), `no answer of this kind: ${verdict}`);
  }
});
