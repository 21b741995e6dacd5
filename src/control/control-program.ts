/**
 * The program `pdns_control`: PowerDNS's options for whom to ask, and the command. Must not know: how a settings file
 * is read, what commands there are.
 */
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { errorText } from '../base/errors.js';
import { CONTROL_TIMEOUT_MS_DEFAULT } from '../base/limits.js';
import { type ControlEndpoint, type ControlStreams, runControl } from './control-client.js';
import { controlSocketPath } from './control-socket.js';

/** What the settings say about the control channel. */
export type ControlConfig = {
  readonly socketDir: string;
  readonly tcpPort: number;
  readonly tcpSecret: string;
};

export type ControlProgram = {
  /** As it is called. */
  readonly name: string;
  readonly version: string;
  /** Whether the command `status` lists the zones, too. */
  readonly zonesWithStatus: boolean;
  /**
   * Reads the settings, with a settings file if it is told which. `null`: not given.
   * @throws Error whose text says what is wrong, and in which file
   */
  readonly readConfig: (configDir: string | null, configName: string | null) => ControlConfig;
};

const EXIT_USAGE = 2;

const OPTIONS = {
  'config-dir': { type: 'string' },
  'config-name': { type: 'string' },
  'socket-dir': { type: 'string' },
  'remote-address': { type: 'string' },
  'remote-port': { type: 'string' },
  secret: { type: 'string' },
  'no-config': { type: 'boolean' },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
} as const;

const HELP = `[options] command [arguments]

Sends one command to a running hotzone or PowerDNS server and prints the reply; the command help lists the commands.

  --config-dir=DIR       read socket-dir, tcp-control-port and tcp-control-secret from DIR/pdns.conf
  --config-name=NAME     read pdns-NAME.conf, ask at pdns-NAME.controlsocket
  --no-config            read no file
  --socket-dir=DIR       where the control socket is
  --remote-address=IP    ask over TCP
  --remote-port=PORT     port of that
  --secret=WORD          what the server wants to hear first over TCP
  --timeout=SECONDS      longest silence of the server (${CONTROL_TIMEOUT_MS_DEFAULT / 1000})
  --json                 print the reply as one JSON document
  --help, --version

Exit codes: 0 done, 1 the command failed, 2 called wrongly, or no answer.
`;

type Flags = ReturnType<typeof parseFlags>['values'];

/** @param argv what follows the program's name. @returns the exit code */
export async function runControlProgram(
  argv: readonly string[],
  program: ControlProgram,
  streams: ControlStreams,
): Promise<number> {
  try {
    const { values, positionals } = parseFlags(argv);
    if (values.help === true || values.version === true) {
      streams.stdout.write(
        values.help === true ? `Usage: ${program.name} ${HELP}` : `${program.version}\n`,
      );
      return 0;
    }
    const options = {
      endpoint: endpointOf(values, program),
      timeoutMs: timeoutOf(values.timeout),
      json: values.json === true,
      zonesWithStatus: program.zonesWithStatus,
    };
    return await runControl(positionals, options, streams);
  } catch (error) {
    streams.stderr.write(`error: ${errorText(error)}\n`);
    return EXIT_USAGE;
  }
}

/** Options may stand anywhere, as PowerDNS has it; other words with hyphens after the command belong to it. */
function parseFlags(argv: readonly string[]) {
  const args: string[] = [];
  const positionals: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    const [name = ''] = word.split('=');
    const option = Object.entries(OPTIONS).find(([known]) => name === `--${known}`);
    if (option === undefined && (positionals.length > 0 || !word.startsWith('-'))) {
      positionals.push(word);
      continue;
    }
    args.push(word);
    const value = argv[i + 1];
    if (option?.[1].type !== 'string' || word.includes('=') || value === undefined) continue;
    args.push(value);
    i++;
  }
  const { values } = parseArgs({ args, options: OPTIONS, strict: true, allowPositionals: false });
  return { values, positionals };
}

function endpointOf(flags: Flags, program: ControlProgram): ControlEndpoint {
  const name = flags['config-name'] ?? null;
  const readsFile = flags['no-config'] !== true;
  const config = program.readConfig(
    readsFile ? (flags['config-dir'] ?? null) : null,
    readsFile ? name : null,
  );
  const address = flags['remote-address'];
  if (address === undefined) {
    return {
      kind: 'unix',
      path: controlSocketPath(flags['socket-dir'] ?? config.socketDir, name ?? ''),
    };
  }
  if (isIP(address) === 0) throw new Error(`--remote-address: not an address: ${address}`);
  const port = portOf(flags['remote-port']) ?? config.tcpPort;
  return { kind: 'tcp', address, port, secret: flags.secret ?? config.tcpSecret };
}

function portOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) {
    throw new Error(`--remote-port: want 1 to 65535, not ${text}`);
  }
  return port;
}

function timeoutOf(text: string | undefined): number {
  if (text === undefined) return CONTROL_TIMEOUT_MS_DEFAULT;
  const seconds = Number(text);
  if (text === '' || !(seconds > 0 && seconds <= 1_000_000)) {
    throw new Error(`--timeout: want seconds, more than 0, not ${text}`);
  }
  return seconds * 1000;
}
