/**
 * Load by dnsperf, and what it prints. Must not know: which server is asked.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { LOAD_CORE, pinned } from './pinning.js';

const CLIENTS = 8;
const IN_FLIGHT = 200;
/** After it a query counts as lost; dnsperf waits for it at the end. */
const TIMEOUT_SECONDS = 1;

export type LoadOptions = {
  readonly port: number;
  readonly queries: string;
  readonly seconds: number;
  /** Sets the DO bit. */
  readonly dnssecOk?: boolean;
  /** Queries a second; without it as many as are answered. */
  readonly rate?: number;
};

export type LoadResult = {
  readonly completed: number;
  readonly lost: number;
  readonly perSecond: number;
  /** Percent of the replies, by rcode. */
  readonly rcodes: Readonly<Record<string, number>>;
};

/** A dnsperf that runs. */
export type Load = {
  readonly done: Promise<LoadResult>;
  /** Ends it early; what it has counted is still told. */
  stop(): void;
};

export function startLoad(options: LoadOptions): Load {
  const rate = options.rate === undefined ? [] : ['-Q', String(options.rate)];
  const command = [
    'dnsperf',
    ...['-s', '127.0.0.1', '-p', String(options.port), '-d', options.queries],
    ...[
      '-c',
      String(CLIENTS),
      '-q',
      String(IN_FLIGHT),
      '-t',
      String(TIMEOUT_SECONDS),
      '-l',
      String(options.seconds),
      ...rate,
      ...(options.dnssecOk === true ? ['-D'] : []),
    ],
  ];
  const [program = '', ...args] = pinned(command, LOAD_CORE);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  return { done: resultOf(child), stop: () => child.kill('SIGINT') };
}

function resultOf(child: ChildProcess): Promise<LoadResult> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stderr?.resume();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      const result = parseLoad(text);
      if (result === null) reject(new Error(`dnsperf printed no statistics:\n${text}`));
      else resolve(result);
    });
  });
}

/** Reads dnsperf's statistics; `null` if they are not there. */
export function parseLoad(text: string): LoadResult | null {
  const number = (title: string): number =>
    Number(new RegExp(`${title}:\\s+([\\d.]+)`).exec(text)?.[1] ?? Number.NaN);
  const completed = number('Queries completed');
  const perSecond = number('Queries per second');
  if (Number.isNaN(completed) || Number.isNaN(perSecond)) return null;
  const codes = /Response codes:(.*)/.exec(text)?.[1] ?? '';
  const rcodes = Object.fromEntries(
    [...codes.matchAll(/(\w+) \d+ \(([\d.]+)%\)/g)].map(([, name = '', percent]) => [
      name,
      Number(percent),
    ]),
  );
  return { completed, lost: number('Queries lost'), perSecond, rcodes };
}
