/**
 * `hotzone serve`: settings to a running server, signals, and how it ends. What it takes is loaded here, in the order
 * in which it is needed. Must not know: the command line's syntax, how the server works.
 */
import { errorText, ServerError } from './base/errors.js';
import type { Log } from './base/log.js';
import { problemLine } from './base/problem.js';
import { readSettings, type Settings, type SettingsRead } from './config/settings.js';
import { hasKeptImages } from './control/kept-folder.js';
import type { RunningServer } from './control/serve.js';
import type { ZoneLoader } from './load/loader.js';
import type { SpareWorkers } from './transport/spare-workers.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** What `serve` needs beside its arguments. */
export type Serving = {
  /** Settings of the command line. */
  readonly flags: ReadonlyMap<string, string>;
  readonly loader: ZoneLoader | null;
};

/**
 * Serves until a signal or a command ends it; then the process ends, too.
 * @param checkOnly tells what is wrong with the settings instead
 */
export async function serve(
  sources: string[],
  checkOnly: boolean,
  { flags, loader }: Serving,
): Promise<void> {
  const read = readSettings({ flags, environment: process.env });
  if (!checkOnly) endIfWrong(read);
  const spares = checkOnly ? null : await earlyWorkers(read.settings);
  const { createLog } = await import('./base/log.js');
  const { serveOptions } = await import('./control/serve-settings.js');
  const { startServer } = await import('./control/serve.js');
  const terminal = process.stderr.isTTY === true;
  const log = await createLog({ terminal, level: read.settings.text('log-level') });
  const running: { server: RunningServer | null } = { server: null };
  const stop = stopper(log, running);
  const quit = () => void stop('asked by command');
  const options = serveOptions(read.settings, sources, { terminal, quit, loader, spares });
  if (checkOnly) {
    const { checkConfig } = await import('./control/check-config.js');
    const isGood = checkConfig(options, read.problems, (text) => process.stdout.write(text));
    process.exit(isGood ? 0 : EXIT_FAILED);
  }
  for (const problem of read.problems) log.warn('setting', {}, problemLine(problem));
  handleSignals(log, running, stop);
  try {
    running.server = await startServer(options, log);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    log.error('start.failed', { code: error.code }, errorText(error));
    process.exit(EXIT_FAILED);
  }
}

/** Threads that answer, started while the rest of the program is read, if there is something to answer at once. */
async function earlyWorkers(settings: Settings): Promise<SpareWorkers | null> {
  const isWarm = settings.flag('warm-start') && hasKeptImages(settings.text('state-dir'));
  if (!isWarm || settings.text('udp-engine') === 'dgram') return null;
  const { spareUdpWorkers } = await import('./transport/spare-workers.js');
  return spareUdpWorkers(settings.number('workers'));
}

function endIfWrong({ problems, errorCount }: SettingsRead): void {
  if (errorCount === 0) return;
  for (const problem of problems) process.stderr.write(`${problemLine(problem)}\n`);
  process.stderr.write('(hotzone serve --help shows what there is)\n');
  process.exit(EXIT_USAGE);
}

type Stop = (why: string) => Promise<void>;

function stopper(log: Log, running: { readonly server: RunningServer | null }): Stop {
  let stopping = false;
  return async (why) => {
    if (stopping) process.exit(EXIT_FAILED);
    stopping = true;
    log.info('stop', { signal: why }, `stopping: ${why}`);
    await running.server?.stop();
    process.exit(0);
  };
}

function handleSignals(
  log: Log,
  running: { readonly server: RunningServer | null },
  stop: Stop,
): void {
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => {
    log.info('rescan', {}, 'comparing all zones with the disk: SIGHUP');
    running.server?.rescan();
  });
}
