/**
 * One run of another server's command-line tool, for tests that compare with it.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { isCode } from '../../src/parse/include.js';

const TIMEOUT_MS = 20_000;
const OUTPUT_OCTETS_MAX = 64 << 20;

/**
 * Runs a tool to its end. Skips the test and returns `null` where the tool is missing, but fails then if
 * HOTZONE_REQUIRE_PEERS is 1.
 */
export function runPeer(
  t: TestContext,
  command: string,
  args: readonly string[],
  input = '',
): SpawnSyncReturns<string> | null {
  const run = spawnSync(command, args, {
    input,
    encoding: 'latin1',
    timeout: TIMEOUT_MS,
    maxBuffer: OUTPUT_OCTETS_MAX,
  });
  const { error } = run;
  // one that has seen enough of its input ends without reading the rest
  if (error === undefined || (isCode(error, 'EPIPE') && run.status !== null)) return run;
  if (process.env['HOTZONE_REQUIRE_PEERS'] === '1') throw error;
  t.skip(`${command}: ${error.message}`);
  return null;
}
