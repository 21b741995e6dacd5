/**
 * Runs BIND, NSD, Knot and PowerDNS (its BIND backend) on loopback as peers to compare with: own configuration, port
 * and directory for each, nothing of the system's. Works as root and as anybody else. Must not know: what is asked of
 * them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildQuery, decodeMessage } from './message.js';
import { askUdp } from './query.js';

export type PeerKind = 'named' | 'nsd' | 'knot' | 'pdns';

/** A zone to serve; `file` is absolute. */
export type PeerZone = { readonly origin: string; readonly file: string };

export type PeerOptions = {
  /** Leave authority and additional records out where they are not needed. Knot always does as it likes. */
  readonly minimal?: boolean;
  /** Text at the end of its configuration: keys, further zones. */
  readonly more?: string;
  /** Text within its options (BIND only). */
  readonly options?: string;
  /** Listen on ::1, too (BIND and Knot only). */
  readonly ip6?: boolean;
  /** Where it is, if it is to be started again with what it has kept; its end leaves the folder. */
  readonly place?: PeerPlace;
  /** Called in its folder before it starts, when its configuration is written. */
  readonly prepare?: (folder: string) => void;
  /** Wait until every zone answers. */
  readonly startMs?: number;
};

/** A folder that is there, and a port of UDP and TCP. */
export type PeerPlace = { readonly folder: string; readonly port: number };

export type Peer = {
  readonly kind: PeerKind;
  readonly address: string;
  /** Of UDP and TCP. */
  readonly port: number;
  readonly pid: number;
  /** What it has logged so far. */
  log(): string;
  /** Ends it and removes its directory, if it is its own. */
  stop(): Promise<void>;
};

const START_MS = 30_000;
const STOP_MS = 5_000;
const POLL_MS = 50;
const LOG_TAIL = 4000;

type Setup = {
  readonly folder: string;
  readonly port: number;
  readonly zones: readonly PeerZone[];
  readonly minimal: boolean;
  readonly ip6: boolean;
  readonly options: string;
};

type KindRow = {
  readonly program: string;
  readonly args: (conf: string) => string[];
  readonly conf: (setup: Setup) => string;
  /** What the log says of a zone that will never be served; without it a wrong rcode says so. */
  readonly refused: RegExp | null;
};

const KINDS: Readonly<Record<PeerKind, KindRow>> = {
  named: {
    program: 'named',
    args: (conf) => ['-g', '-n', '1', '-c', conf],
    conf: namedConf,
    refused: /not loaded due to errors/,
  },
  nsd: { program: 'nsd', args: (conf) => ['-d', '-c', conf], conf: nsdConf, refused: null },
  knot: { program: 'knotd', args: (conf) => ['-c', conf], conf: knotConf, refused: /error: \[/ },
  pdns: {
    program: 'pdns_server',
    args: (conf) => [`--config-dir=${dirname(conf)}`],
    conf: pdnsConf,
    refused: null,
  },
};

/** What runs now, to be ended if this process ends first. */
const running = new Set<ChildProcess>();

/**
 * Whether the program is installed; if not, skips the test with a reason, or fails it under HOTZONE_REQUIRE_PEERS=1.
 * @param name a peer, or any program on the path.
 */
export function requirePeer(t: TestContext, name: string): boolean {
  const program = name in KINDS ? KINDS[name as PeerKind].program : name;
  if (programPath(program) !== null) return true;
  if (process.env['HOTZONE_REQUIRE_PEERS'] === '1') throw new Error(`${program} is not installed`);
  t.skip(`${program} is not installed`);
  return false;
}

/** Absolute path of a program, `null` if there is none. Daemons live where a plain user's path does not look. */
export function programPath(program: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  for (const folder of folders) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not there: the next folder may have it.
    }
  }
  return null;
}

/**
 * Starts a peer and waits until it answers for every zone.
 * @throws with the end of its log, if it ends, refuses a zone, or takes too long.
 */
export async function startPeer(
  kind: PeerKind,
  zones: readonly PeerZone[],
  options: PeerOptions = {},
): Promise<Peer> {
  const row = KINDS[kind];
  const program = programPath(row.program);
  if (program === null) throw new Error(`${row.program} is not installed`);
  const { place } = options;
  const folder = place?.folder ?? mkdtempSync(join(tmpdir(), `hotzone-${kind}-`));
  const port = place?.port ?? (await freePort());
  const conf = join(folder, `${kind}.conf`);
  const { minimal = false, ip6 = false, more = '' } = options;
  const setup = { folder, port, zones, minimal, ip6, options: options.options ?? '' };
  writeFileSync(conf, row.conf(setup) + more);
  options.prepare?.(folder);
  // Its own process group: NSD and its children are ended together.
  const child = spawn(program, row.args(conf), {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  watch(child);
  let log = '';
  const keep = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-LOG_TAIL * 16);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const stop = async (): Promise<void> => {
    await end(child);
    if (place === undefined) rmSync(folder, { recursive: true, force: true });
  };
  const peer: Peer = {
    kind,
    address: '127.0.0.1',
    port,
    pid: child.pid ?? 0,
    log: () => log,
    stop,
  };
  try {
    await ready(peer, child, zones, Date.now() + (options.startMs ?? START_MS));
    return peer;
  } catch (error) {
    await stop();
    throw new Error(`${kind}: ${String(error)}; its log ends:\n${log.slice(-LOG_TAIL)}`);
  }
}

async function ready(
  peer: Peer,
  child: ChildProcess,
  zones: readonly PeerZone[],
  deadline: number,
): Promise<void> {
  const { refused } = KINDS[peer.kind];
  for (const { origin } of zones) {
    const query = buildQuery({ name: origin, type: 'SOA' });
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended');
      if (refused?.test(peer.log())) throw new Error('it refused a zone');
      const reply = await askUdp(peer, query, { timeoutMs: 200, retries: 0 });
      const message = reply === null ? null : decodeMessage(reply);
      if (message?.rcode === 0 && message.answer.length > 0) break;
      if (message !== null && refused === null) throw new Error(`it does not serve ${origin}`);
      if (Date.now() > deadline) throw new Error(`no answer for ${origin} in time`);
      await sleep(POLL_MS);
    }
  }
}

/** A port that is free for UDP and TCP alike. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await freeTcpPort();
    if (await udpPortIsFree(port)) return port;
  }
}

function freeTcpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function udpPortIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}

// --- ending -----------------------------------------------------------------------------------------------------

function watch(child: ChildProcess): void {
  if (running.size === 0) {
    process.once('exit', killAll);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, leave);
  }
  running.add(child);
  child.once('exit', () => forget(child));
  child.once('error', () => forget(child));
}

function forget(child: ChildProcess): void {
  running.delete(child);
  if (running.size > 0) return;
  process.off('exit', killAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, leave);
}

function leave(): void {
  killAll();
  process.exit(1);
}

function killAll(): void {
  for (const child of running) kill(child, 'SIGKILL');
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const exited = new Promise((resolve) => child.once('exit', resolve));
    const timer = setTimeout(() => kill(child, 'SIGKILL'), STOP_MS);
    child.kill('SIGTERM');
    await exited;
    clearTimeout(timer);
  }
  kill(child, 'SIGKILL');
}

// --- configurations ---------------------------------------------------------------------------------------------

function namedConf({ folder, port, zones, minimal, ip6, options }: Setup): string {
  const rows = zones.map(
    ({ origin, file }) =>
      `zone "${origin}" { type primary; file "${file}"; allow-transfer { any; }; };`,
  );
  return `
options {
  directory "${folder}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 port ${port} { ${ip6 ? '::1' : 'none'}; };
  pid-file none;
  session-keyfile none;
  recursion no;
  dnssec-validation no;
  notify no;
  empty-zones-enable no;
  minimal-responses ${minimal ? 'no-auth' : 'no'};
  minimal-any no;
  check-names primary ignore;
  check-integrity no;
  ${options}
};
controls { };
${rows.join('\n')}
`;
}

function nsdConf({ folder, port, zones, minimal }: Setup): string {
  const rows = zones.map(
    ({ origin, file }) =>
      `zone:\n  name: "${origin}"\n  zonefile: "${file}"\n  provide-xfr: 127.0.0.1 NOKEY`,
  );
  return `
server:
  ip-address: 127.0.0.1@${port}
  port: ${port}
  server-count: 1
  username: ""
  database: ""
  logfile: ""
  pidfile: "${folder}/nsd.pid"
  zonesdir: "${folder}"
  zonelistfile: "${folder}/zone.list"
  xfrdfile: "${folder}/xfrd.state"
  xfrdir: "${folder}"
  zonefiles-write: 0
  refuse-any: no
  minimal-responses: ${minimal ? 'yes' : 'no'}
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${rows.join('\n')}
`;
}

function knotConf({ folder, port, zones, ip6 }: Setup): string {
  const rows = zones.map(({ origin, file }) => `  - domain: "${origin}"\n    file: "${file}"`);
  return `
server:
    rundir: "${folder}"
    listen: [${ip6 ? `"::1@${port}", ` : ''}127.0.0.1@${port}]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: "${folder}"
acl:
  - id: transfer
    address: 127.0.0.1
    action: transfer
template:
  - id: default
    storage: "${folder}"
    semantic-checks: off
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    acl: transfer
zone:
${rows.join('\n')}
`;
}

/** Its zones are in a file of their own, which `more` may replace by another. */
function pdnsConf({ folder, port, zones }: Setup): string {
  const rows = zones.map(
    ({ origin, file }) => `zone "${origin}" { type master; file "${file}"; };`,
  );
  writeFileSync(join(folder, 'zones.conf'), `${rows.join('\n')}\n`);
  return `
daemon=no
guardian=no
write-pid=no
disable-syslog=yes
security-poll-suffix=
local-address=127.0.0.1
local-port=${port}
socket-dir=${folder}
launch=bind
bind-config=${join(folder, 'zones.conf')}
query-cache-ttl=0
cache-ttl=0
negquery-cache-ttl=0
`;
}
