/**
 * A secondary that is killed at any moment leaves its zone's file whole, and nothing but what the next start removes.
 * HOTZONE_KILL_ROUNDS makes it more rounds than the usual few.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isSealedPrint } from '../../src/load/file-print.js';
import { loadZone } from '../../src/load/load-zone.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { FakePrimary } from '../support/fake-primary.js';
import { recordsOf, replyTo } from '../support/xfr-messages.js';
import { name } from '../support/zones.js';

const ROUNDS = Number(process.env['HOTZONE_KILL_ROUNDS'] ?? 10);
const SCRIPT = fileURLToPath(new URL('./killed-secondary.js', import.meta.url));
const RUN_MS = 700;
const FIRST_MS = 30_000;
const RECORDS = 3000;
const PER_MESSAGE = 300;

const BODY = Array.from({ length: RECORDS }, (_, i) => `t${i} 60 IN TXT "${'x'.repeat(100)}"\n`);

test(`secondary: killed ${ROUNDS} times, its file is always a whole zone`, {
  timeout: 60_000 + ROUNDS * 5000,
}, async (t) => {
  const folder = temporaryDirectory(t);
  const path = join(folder, 'example.zone');
  const origin = name('example.');
  const rest = recordsOf('example.', `@ 60 IN NS ns\nns 60 IN A 192.0.2.1\n${BODY.join('')}`);
  let serial = 0;
  const soaOf = () => recordsOf('example.', `@ 60 IN SOA ns h ${serial} 1000 100 10000 60\n`);
  const primary = await FakePrimary.start(t, {
    udp: (query) => replyTo(query, { answers: soaOf() }),
    tcp: (query) => {
      serial++;
      const all = [...soaOf(), ...rest, ...soaOf()];
      const count = Math.ceil(all.length / PER_MESSAGE);
      return Array.from({ length: count }, (_, i) => {
        const answers = all.slice(i * PER_MESSAGE, (i + 1) * PER_MESSAGE);
        return { message: replyTo(query, { answers, bare: i > 0 }) };
      });
    },
  });
  let before = 0;
  let leftovers = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const child = spawn(process.execPath, [SCRIPT, folder, String(primary.peer.port)]);
    t.after(() => child.kill('SIGKILL'));
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    while (!output.includes('\n') && child.exitCode === null) await setTimeout(5);
    // A slow machine gets the time to have the zone once; all rounds after that begin with a file.
    const end = Date.now() + FIRST_MS;
    while (before === 0 && !existsSync(path) && Date.now() < end) await setTimeout(5);
    await setTimeout(Math.random() * RUN_MS);
    child.kill('SIGKILL');
    await ended;
    // What was there is served at once, nobody takes it for an edit, and nothing of the round before is left.
    assert.equal(output, `serving ${before === 0 ? 'nothing' : before}\n`, errors);
    if (existsSync(path)) {
      const rules = { root: folder, includeOutside: false, strict: true };
      const loaded = loadZone({ ...rules, path, origin, originCertain: true });
      assert.deepEqual([loaded.problems, loaded.recordCount], [[], RECORDS + 3]);
      assert.ok(isSealedPrint(loaded.files[0]?.print ?? ''));
      assert.ok(loaded.serial >= before);
      before = loaded.serial;
    }
    const temporary = readdirSync(folder).filter((entry) => /^example\.zone\..*\.tmp$/.test(entry));
    assert.ok(temporary.length <= 1, `${temporary}`);
    leftovers += temporary.length;
  }
  assert.ok(before > 0, 'the zone was never had');
  t.diagnostic(`serial ${before}, ${leftovers} temporary files were left and removed`);
});
