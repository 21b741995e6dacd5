/**
 * The control channel's client: sends one command and prints the reply. Speaks the JSON mode, which tells success from
 * failure and how far a command has come; a server that does not know it is a PowerDNS and gets the plain protocol.
 * Must not know: what commands there are, command-line options.
 *
 * Exit codes: 0 done, 1 the command failed, 2 called wrongly, or no answer.
 */
import { connect, type Socket } from 'node:net';
import { errorText } from '../base/errors.js';
import { CONTROL_REPLY_OCTETS_MAX } from '../base/limits.js';
import { endpointText } from '../transport/query-handler.js';

export type ControlEndpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | {
      readonly kind: 'tcp';
      readonly address: string;
      readonly port: number;
      /** Sent as the first line. */
      readonly secret: string;
    };

export type ControlClientOptions = {
  readonly endpoint: ControlEndpoint;
  /** Longest silence of the server that is waited for, when connecting and afterwards. */
  readonly timeoutMs: number;
  /** Prints the JSON document instead of its text. */
  readonly json: boolean;
  /** Whether `status` shows the table of zones, too. */
  readonly zonesWithStatus: boolean;
};

export type ControlStreams = {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Whether a person looks on, who is shown progress on `stderr`. */
  readonly terminal: boolean;
};

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** What a server says that is not ours. */
const FOREIGN = "Unknown command: 'JSON'";
/** Commands that only PowerDNS's own client knows, and what they are to a PowerDNS. */
const FOREIGN_COMMANDS: ReadonlyMap<string, string> = new Map([
  ['list', 'SHOW *'],
  ['stop', 'QUIT'],
]);

/** A reply, whoever gave it. */
type Outcome = { readonly ok: boolean; readonly text: string; readonly document: string };

/** Sends a command, or one argument that is a whole line, and prints what comes back. @returns the exit code */
export async function runControl(
  args: readonly string[],
  options: ControlClientOptions,
  streams: ControlStreams,
): Promise<number> {
  const wrong = usageFault(args);
  if (wrong !== null) {
    streams.stderr.write(`error: ${wrong}\n`);
    return EXIT_USAGE;
  }
  const line = args.join(' ').trim();
  const progress = (text: string) => {
    if (streams.terminal) streams.stderr.write(`# ${text}\n`);
  };
  try {
    const { ok, text, document } = await ask(line, options, progress);
    if (options.json) streams.stdout.write(`${document}\n`);
    else print(text, streams);
    return ok ? 0 : EXIT_FAILED;
  } catch (error) {
    streams.stderr.write(`error: ${errorText(error)}\n`);
    return EXIT_USAGE;
  }
}

function usageFault(args: readonly string[]): string | null {
  if (args.join('').trim() === '') return 'no command given; help lists them';
  if (args.some((arg) => /[\r\n\0]/.test(arg))) return 'a command is one line';
  const broken = args.length > 1 ? args.find((arg) => arg === '' || arg.includes(' ')) : undefined;
  if (broken === undefined) return null;
  return `the control channel has no argument that is empty or has spaces: '${broken}'`;
}

/** PowerDNS's rule: what begins with `Unknown` is an error message, all else is the reply. */
function print(text: string, { stdout, stderr }: ControlStreams): void {
  const stream = text.startsWith('Unknown') ? stderr : stdout;
  if (text !== '') stream.write(text.endsWith('\n') ? text : `${text}\n`);
}

async function ask(
  line: string,
  options: ControlClientOptions,
  progress: (text: string) => void,
): Promise<Outcome> {
  const isStatus = options.zonesWithStatus && line.toLowerCase() === 'status';
  const asked = isStatus ? 'zones-status' : line;
  const reply = await exchange(`json progress ${asked}`, options, progress);
  if (reply === FOREIGN) return askForeign(line, options);
  // our server has not come to the request: it was busy, or did not let us in
  if (reply !== '' && !reply.startsWith('{')) return foreignOutcome(false, reply);
  const document = scanDocument(reply);
  if (document === null) throw new Error('the connection ended before the reply was complete');
  return { ...document, document: reply.trimEnd() };
}

/** The plain protocol has no status but for one word. */
async function askForeign(line: string, options: ControlClientOptions): Promise<Outcome> {
  const asked = FOREIGN_COMMANDS.get(line.toLowerCase()) ?? line;
  const text = await exchange(asked, options, () => {});
  return foreignOutcome(!text.startsWith('Unknown'), text);
}

function foreignOutcome(ok: boolean, text: string): Outcome {
  const document = JSON.stringify({ ok, code: ok ? 'OK' : 'FAILED', text, data: null });
  return { ok, text, document };
}

function scanDocument(reply: string): { ok: boolean; text: string } | null {
  const { ['ok']: ok, ['text']: text } = scanObject(reply);
  return typeof ok === 'boolean' && typeof text === 'string' ? { ok, text } : null;
}

/** The members of a JSON object; none if it is no such thing. */
function scanObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/**
 * One connection.
 * @returns all that came but progress lines
 * @throws Error that says why there is no reply
 */
function exchange(
  line: string,
  { endpoint, timeoutMs }: ControlClientOptions,
  progress: (text: string) => void,
): Promise<string> {
  const where = endpoint.kind === 'unix' ? endpoint.path : endpointText(endpoint);
  return new Promise((resolve, reject) => {
    const reader = new ReplyReader(progress);
    let isConnected = false;
    const socket = open(endpoint);
    const fail = (text: string) => {
      socket.destroy();
      reject(new Error(text));
    };
    socket.setTimeout(timeoutMs, () => {
      const what = isConnected ? 'no sign of life from' : 'cannot connect to';
      fail(`${what} ${where} for ${timeoutMs / 1000} s`);
    });
    socket.once('connect', () => {
      isConnected = true;
      const secret = endpoint.kind === 'tcp' ? `${endpoint.secret}\n` : '';
      socket.write(`${secret}${line}\n`);
    });
    socket.on('data', (chunk: Buffer) => {
      if (!reader.take(chunk)) fail(`the reply of ${where} is too long`);
    });
    socket.once('end', () => {
      socket.destroy();
      resolve(reader.text());
    });
    socket.once('error', (error) => {
      // Who refuses a request may close before having read all of it: its reply counts.
      if (reader.isEmpty)
        fail(`${isConnected ? 'lost' : 'cannot connect to'} ${where}: ${errorText(error)}`);
      else resolve(reader.text());
    });
  });
}

function open(endpoint: ControlEndpoint): Socket {
  if (endpoint.kind === 'unix') return connect({ path: endpoint.path });
  return connect({ host: endpoint.address, port: endpoint.port });
}

const LINE_FEED = 0x0a;
const BRACE = 0x7b;

/** Takes the octets of a reply apart: lines of JSON, of which all but the last tell progress, or any other text. */
class ReplyReader {
  private readonly progress: (text: string) => void;
  private parts: Buffer[] = [];
  private length = 0;

  constructor(progress: (text: string) => void) {
    this.progress = progress;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** @returns false if it is too much */
  take(chunk: Buffer): boolean {
    let rest = chunk;
    const isJson = (this.parts[0] ?? chunk)[0] === BRACE;
    for (let end = rest.indexOf(LINE_FEED); isJson && end >= 0; end = rest.indexOf(LINE_FEED)) {
      this.keep(rest.subarray(0, end + 1));
      rest = rest.subarray(end + 1);
      this.takeLine();
    }
    this.keep(rest);
    return this.length <= CONTROL_REPLY_OCTETS_MAX;
  }

  text(): string {
    return Buffer.concat(this.parts).toString();
  }

  private keep(octets: Buffer): void {
    if (octets.length === 0) return;
    this.parts.push(octets);
    this.length += octets.length;
  }

  /** What tells progress goes to where it is shown, what is the reply stays. */
  private takeLine(): void {
    const line = this.text();
    if (!line.startsWith('{"progress":')) return;
    const progress = scanObject(line)['progress'];
    if (typeof progress !== 'string') return;
    this.parts = [];
    this.length = 0;
    this.progress(progress);
  }
}
