/**
 * A process that is killed while it commits, at random moments: what it said to be on disk is there, and no transaction
 * is there by half. The same where the disk is full. HOTZONE_KILL_ROUNDS sets the number of rounds.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openStore } from '../../src/store/store.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { octets, startUser } from './stores.js';

const ROUNDS = Number(process.env['HOTZONE_KILL_ROUNDS'] ?? 10);

/** Kills a program that commits; @returns the last transaction that it has told of, or -1 */
async function killedAfter(t: TestContext, folder: string, ms: number): Promise<number> {
  const child = startUser(t, folder, 'commit');
  assert.ok(child.stdout !== null);
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  await once(child.stdout, 'data');
  await wait(ms);
  child.kill('SIGKILL');
  await once(child, 'close');
  // The last line may have been cut by the kill.
  const numbers = said.split('\n').slice(1, -1);
  return Number(numbers.at(-1) ?? -1);
}

/**
 * Both tables tell of one transaction, and its row is what it wrote.
 * @param rows after so many transactions rows are replaced
 * @returns its number, or -1
 */
async function lastTransaction(folder: string, rows: number): Promise<number> {
  const store = openStore(folder);
  assert.equal(store.stats().aside, null);
  const last = (['notified', 'journal-zones'] as const).map((name) => {
    const value = store.table(name).get(octets('last'));
    return value === null ? -1 : Number(Buffer.from(value).toString());
  });
  assert.equal(last[0], last[1]);
  const number = last[0] ?? -1;
  if (number >= 0) {
    const row = store.table('journal-records').get(octets(`row${number % rows}`));
    assert.deepEqual(row === null ? null : Buffer.from(row), Buffer.alloc(9000, number));
  }
  await store.close();
  return number;
}

test('nothing that was acknowledged is lost by a kill, and nothing is there by half', async (t) => {
  const folder = temporaryDirectory(t);
  let transactions = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const acknowledged = await killedAfter(t, folder, Math.random() * 100);
    const found = await lastTransaction(folder, 64);
    // A transaction may be on disk before it could be told of; a round that was killed early left the former one's.
    if (acknowledged >= 0) {
      assert.ok(found === acknowledged || found === acknowledged + 1, `${found}, ${acknowledged}`);
    }
    transactions += acknowledged + 1;
  }
  assert.ok(transactions > 0, 'no round has committed anything');
});

test('where a file can grow no more a transaction fails whole, and the store stays good', async (t) => {
  const folder = temporaryDirectory(t);
  const program = fileURLToPath(new URL('./store-user.js', import.meta.url));
  // The shell ignores the signal that would end a process whose file grows beyond the limit, and so does its child.
  const script = `trap '' XFSZ; ulimit -f 4096; exec "$0" "$1" "$2" fill`;
  const { stdout } = spawnSync('sh', ['-c', script, process.execPath, program, folder], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  const said = stdout.trim().split('\n');
  assert.match(said.at(-1) ?? '', /^STORE_(?:FULL|FAILED)$/);
  const acknowledged = Number(said.at(-2));
  assert.ok(acknowledged > 0, stdout);
  assert.equal(await lastTransaction(folder, acknowledged + 1), acknowledged);
});
