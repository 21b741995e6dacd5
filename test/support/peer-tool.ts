/**
 * One run of another server's command-line tool, for tests that compare with it or let it ask.
 */
import { execFile, type SpawnSyncReturns, spawnSync } from 'node:child_process';
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

/** What a tool has said. */
type ToolOutput = { readonly stdout: string; readonly stderr: string };

/**
 * The same for a tool that asks a server of this process, which goes on meanwhile. That it fails is no error: tools
 * that are refused say so with their status.
 */
export function runPeerLater(
  t: TestContext,
  command: string,
  args: readonly string[],
  input = '',
): Promise<ToolOutput | null> {
  return new Promise((resolve, reject) => {
    const options = { encoding: 'latin1', timeout: TIMEOUT_MS } as const;
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null || !isCode(error, 'ENOENT')) resolve({ stdout, stderr });
      else if (process.env['HOTZONE_REQUIRE_PEERS'] === '1') reject(error);
      else {
        t.skip(`${command}: ${error.message}`);
        resolve(null);
      }
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
