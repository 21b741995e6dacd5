#!/usr/bin/env node
/**
 * The command line: names, options and help of every command, exit codes and signals. The one file that imports
 * commander. Must not know: how any command does its work.
 *
 * Exit codes: 0 done, 1 could not do it, 2 called wrongly.
 */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { errorText, ServerError } from './base/errors.js';
import { RESCAN_MS_DEFAULT, UDP_OCTETS_DEFAULT, UDP_WORKERS_MAX } from './base/limits.js';
import { createLog, LOG_LEVELS, type Log, type LogLevel } from './base/log.js';
import { CHECK_FORMATS, type CheckOptions, runCheck } from './control/check.js';
import { type RunningServer, startServer } from './control/serve.js';
import { parseEndpoints } from './transport/listeners.js';
import type { Endpoint } from './transport/query-handler.js';
import { UDP_ENGINES, type UdpEngine } from './transport/udp-engine.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

type ServeFlags = {
  readonly localAddress: string;
  readonly localPort: number;
  readonly strict: boolean;
  readonly includeOutside: boolean;
  readonly allowMassRemoval: boolean;
  readonly rescanInterval: number;
  readonly any: 'full' | 'minimal';
  readonly minimalResponses: 'yes' | 'no-auth' | 'no';
  readonly roundRobin: boolean;
  readonly versionBind: string;
  readonly serverId?: string;
  readonly udpEngine: UdpEngine;
  readonly workers: number;
  readonly logLevel: LogLevel;
};

function makeProgram(): Command {
  const program = new Command('hotzone')
    .description(
      'Authoritative DNS server whose zones are files. Save a file and the change is live.',
    )
    .version(readVersion())
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE));
  program
    .command('serve')
    .description('Serve zone files, and reload each of them when it changes.')
    .argument('[source...]', 'zone directories (NAME.zone, NAME.db, db.NAME in them) or files', [
      'zones',
    ])
    .option(
      '--local-address <list>',
      'addresses to answer on: A, A:PORT or [A]:PORT, by comma',
      '127.0.0.1',
    )
    .option('--local-port <port>', 'port for addresses without one; 0 takes any', parsePort, 5300)
    .option('--strict', 'reject a zone for a warning, too', false)
    .option('--include-outside', 'let $INCLUDE leave the zone directory', false)
    .option('--allow-mass-removal', 'stop serving zones even if most files vanish at once', false)
    .option(
      '--rescan-interval <seconds>',
      'time between full comparisons with the disk; 0 for none',
      parseSeconds,
      RESCAN_MS_DEFAULT / 1000,
    )
    .addOption(
      new Option('--any <how>', 'answer to ANY: all records, or one RRset (RFC 8482)')
        .choices(['full', 'minimal'])
        .default('minimal'),
    )
    .addOption(
      new Option('--minimal-responses <how>', 'leave out what the client did not ask for')
        .choices(['yes', 'no-auth', 'no'])
        .default('no-auth'),
    )
    .option('--no-round-robin', 'send the records of an RRset in the order of the file')
    .option('--version-bind <text>', 'answer to version.bind; empty to refuse', 'hotzone')
    .option('--server-id <text>', 'answer to id.server, hostname.bind and NSID')
    .addOption(
      new Option(
        '--udp-engine <how>',
        'batches by worker threads (Linux, koffi), or one datagram at a time',
      )
        .choices(UDP_ENGINES)
        .default('auto'),
    )
    .option(
      '--workers <count>',
      'worker threads for each address; by default one for each core',
      parseWorkers,
      Math.min(availableParallelism(), UDP_WORKERS_MAX),
    )
    .addOption(
      new Option('--log-level <level>', 'least level that is logged')
        .choices(LOG_LEVELS)
        .default('info'),
    )
    .addHelpText(
      'after',
      '\nSignals: HUP compares everything with the disk, TERM and INT stop the server.\n' +
        'The log goes to standard error: sentences on a terminal, JSON lines elsewhere.',
    )
    .action(serve);
  addCheck(program);
  return program;
}

function addCheck(program: Command): void {
  program
    .command('check')
    .description('Check zone files as the server would read them, and serve nothing.')
    .argument('<path...>', 'zone files, directories of them, or - for standard input')
    .option('--origin <name>', 'the zone, if neither file name nor SOA says it')
    .addOption(
      new Option('--format <how>', 'form of the report').choices(CHECK_FORMATS).default('text'),
    )
    .option('--print', 'write each good zone in canonical form to standard output', false)
    .option('--strict', 'count warnings as errors', false)
    .option('--include-outside', 'let $INCLUDE leave the zone directory', false)
    .addHelpText('after', '\nExit codes: 0 no errors, 1 errors, 2 called wrongly.')
    .action(check);
}

type CheckFlags = Omit<CheckOptions, 'origin'> & { readonly origin?: string };

async function check(paths: string[], flags: CheckFlags): Promise<void> {
  // whoever reads the report has read enough of it
  process.stdout.on('error', () => process.exit(EXIT_FAILED));
  const terminal = (flags.print ? process.stderr : process.stdout).isTTY === true;
  const colour = terminal && (process.env['NO_COLOR'] ?? '') === '';
  const streams = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    terminal,
    colour,
  };
  process.exitCode = await runCheck(paths, { ...flags, origin: flags.origin ?? null }, streams);
}

async function serve(sources: string[], flags: ServeFlags, command: Command): Promise<void> {
  const terminal = process.stderr.isTTY === true;
  const log = createLog({ terminal, level: flags.logLevel });
  const running: { server: RunningServer | null } = { server: null };
  handleSignals(log, running);
  try {
    running.server = await startServer(
      {
        sources,
        endpoints: endpointsOf(flags, command),
        engine: {
          anyFull: flags.any === 'full',
          minimalResponses: flags.minimalResponses,
          roundRobin: flags.roundRobin,
          udpOctetsMax: UDP_OCTETS_DEFAULT,
          version: flags.versionBind === '' ? null : flags.versionBind,
          hostname: flags.serverId ?? null,
          serverId: flags.serverId ?? null,
        },
        udp: { engine: flags.udpEngine, workers: flags.workers },
        reload: {
          strict: flags.strict,
          includeOutside: flags.includeOutside,
          allowMassRemoval: flags.allowMassRemoval,
          rescanMs: flags.rescanInterval * 1000,
        },
        terminal,
      },
      log,
    );
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    log.error('start.failed', { code: error.code }, errorText(error));
    process.exit(EXIT_FAILED);
  }
}

function handleSignals(log: Log, running: { readonly server: RunningServer | null }): void {
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) process.exit(EXIT_FAILED);
    stopping = true;
    log.info('stop', { signal }, `stopping: ${signal}`);
    await running.server?.stop();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => {
    log.info('rescan', {}, 'comparing all zones with the disk: SIGHUP');
    running.server?.rescan();
  });
}

function endpointsOf(flags: ServeFlags, command: Command): Endpoint[] {
  try {
    return parseEndpoints(flags.localAddress, flags.localPort);
  } catch (error) {
    return command.error(`error: ${errorText(error)}`);
  }
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new InvalidArgumentError('want 0 to 65535');
  return port;
}

function parseWorkers(text: string): number {
  const workers = Number(text);
  if (!/^\d+$/.test(text) || workers < 1 || workers > UDP_WORKERS_MAX) {
    throw new InvalidArgumentError(`want 1 to ${UDP_WORKERS_MAX}`);
  }
  return workers;
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  // setInterval takes 31 bits of milliseconds.
  if (text === '' || !(seconds >= 0 && seconds <= 1_000_000)) {
    throw new InvalidArgumentError('want seconds from 0 to 1000000');
  }
  return seconds;
}

/** From package.json, which is one folder up from dist/main.js and two from a test build. */
function readVersion(): string {
  const near = new URL('../package.json', import.meta.url);
  const file = existsSync(near) ? near : new URL('../../package.json', import.meta.url);
  const { version }: { version: string } = JSON.parse(readFileSync(file, 'utf8'));
  return version;
}

const program = makeProgram();
if (process.argv.length <= 2) program.outputHelp();
else await program.parseAsync();
