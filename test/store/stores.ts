/**
 * Stores in temporary folders, and programs that use one in a process of their own. Must not know: tables.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openStore, type Store } from '../../src/store/store.js';
import { temporaryDirectory } from '../e2e/test-server.js';

/** An empty store that is closed with the test. */
export function temporaryStore(t: TestContext, octetsMax?: number): Store {
  const store = openStore(temporaryDirectory(t), null, octetsMax);
  t.after(() => store.close());
  return store;
}

/** Octets of a text. */
export function octets(text: string): Uint8Array {
  return Buffer.from(text);
}

/** Starts store-user.ts; its exit is waited for by the test. */
export function startUser(t: TestContext, folder: string, work: string): ChildProcess {
  const program = fileURLToPath(new URL('./store-user.js', import.meta.url));
  const child = spawn(process.execPath, [program, folder, work], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}
