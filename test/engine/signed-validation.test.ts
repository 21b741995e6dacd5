/**
 * Every answer from a signed zone is one that a validator believes: signatures that verify under the zone's key, and
 * proofs that prove what is not there with no record more than they need. RFC 4035 §3.1 and §5, RFC 5155 §7.2 and §8.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Engine } from '../../src/engine/process.js';
import { buildQuery } from '../peers/message.js';
import { SIGNED_TEXT, SIGNED_VARIANTS, signZone } from '../support/peer-signed-zones.js';
import { validate } from '../support/validator.js';
import { CLIENT, tableFromTexts } from '../support/zones.js';
import { OPTIONS } from './answers.js';
import { signedQuestions } from './signed-questions.js';

const TYPES = ['A', 'TXT', 'DS', 'ANY', 'RRSIG'];
/** Those that one name of four is asked for. */
const TYPES_SOME = ['NS', 'SOA', 'CNAME', 'DNAME', 'DNSKEY', 'NSEC'];
/** Those that are asked for over UDP with little room, too. */
const TYPES_512 = ['A', 'TXT'];
const VERDICTS = 'answered, no name, no data, referred, left, too long, loop, cut'.split(', ');

for (const variant of SIGNED_VARIANTS) {
  test(`a validator believes every answer from ${variant.label}, RFC 4035 §5, RFC 5155 §8`, {
    timeout: 120_000,
  }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'hotzone-validation-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const zone = signZone(t, folder, variant, `${variant.label}.test.`, SIGNED_TEXT);
    if (zone === null) return;
    const engine = new Engine(tableFromTexts([zone]), OPTIONS);
    const response = new Uint8Array(65535);
    const jobs: { zone: number; reply: Uint8Array; text: string }[] = [];
    const ask = (name: string, type: string, size: number, tcp: boolean): void => {
      const query = buildQuery({ name, type, edns: { size, dnssecOk: true } });
      const length = engine.processQuery(query, query.length, response, tcp, CLIENT);
      jobs.push({ zone: 0, reply: response.slice(0, length), text: `${name} ${type} ${size}` });
    };
    for (const [i, name] of signedQuestions(zone.origin, zone.text).entries()) {
      for (const type of TYPES) ask(name, type, 65535, true);
      for (const type of i % 4 === 0 ? TYPES_SOME : []) ask(name, type, 65535, true);
      for (const type of TYPES_512) ask(name, type, 512, false);
    }
    const verdicts = validate(t, [zone], jobs, Math.floor(Date.now() / 1000));
    if (verdicts === null) return;
    const counts = new Map<string, number>();
    for (const verdict of verdicts) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    const wrong = verdicts.flatMap((verdict, i) =>
      VERDICTS.includes(verdict) ? [] : [`${jobs[i]?.text}: ${verdict}`],
    );
    assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} wrong`);
    for (const verdict of VERDICTS)
      assert.ok(counts.has(verdict), `no answer of this kind: ${verdict}`);
    t.diagnostic([...counts].map(([verdict, count]) => `${verdict}: ${count}`).join(', '));
  });
}
