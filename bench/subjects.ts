/**
 * The servers that are compared: how each is configured, started and told of an edited zone. One worker thread each,
 * nothing that limits rates, answers without what the client did not ask for, caches as they come.
 * Must not know: what is measured.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programPath } from '../test/peers/peer.js';
import type { ZoneData, ZoneDataKind } from './zone-data.js';

export const SUBJECT_NAMES = ['hotzone', 'named', 'nsd', 'knot', 'pdns', 'dns2'] as const;
export type SubjectName = (typeof SUBJECT_NAMES)[number];

/** Where and with what a server is to run. */
export type Setup = {
  /** Its own, for everything but zones. */
  readonly folder: string;
  readonly port: number;
  /** TCP, for those that take commands there. */
  readonly controlPort: number;
  readonly data: ZoneData;
};

export type Subject = {
  readonly name: SubjectName;
  /** As in tables and pictures. */
  readonly title: string;
  /** What must be installed; the first is the server. */
  readonly programs: readonly string[];
  /** What it can serve. */
  readonly kinds: readonly ZoneDataKind[];
  /** Writes its configuration; returns the command that runs it in the foreground. */
  readonly prepare: (setup: Setup) => string[];
  /** The command that makes it load a changed zone; `null`: it notices by itself. */
  readonly reload: ((setup: Setup, origin: string) => string[]) | null;
  /** Arguments that print its version. */
  readonly version: readonly string[];
};

const PLAIN_KINDS: readonly ZoneDataKind[] = ['mixed', 'tld', 'many'];
const ALL_KINDS: readonly ZoneDataKind[] = [...PLAIN_KINDS, 'nsec', 'nsec3'];
/** HOTZONE_MAIN names the `main.js` of another build to measure instead. */
const HOTZONE =
  process.env['HOTZONE_MAIN'] ?? fileURLToPath(new URL('../src/main.js', import.meta.url));
const DNS2_SERVER = fileURLToPath(new URL('./dns2-server.js', import.meta.url));

export const SUBJECTS: readonly Subject[] = [
  {
    name: 'hotzone',
    title: 'hotzone',
    programs: [process.execPath],
    kinds: ALL_KINDS,
    prepare: ({ port, data, folder }) => [
      process.execPath,
      ...(process.env['HOTZONE_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== ''),
      HOTZONE,
      'serve',
      data.directory,
      '--local-port',
      String(port),
      '--workers',
      '1',
      '--socket-dir',
      folder,
      '--state-dir',
      folder,
    ],
    reload: null,
    version: [HOTZONE, '--version'],
  },
  {
    name: 'named',
    title: 'BIND',
    programs: ['named', 'rndc'],
    kinds: ALL_KINDS,
    prepare: (setup) => ['named', '-g', '-n', '1', '-c', written(setup, 'named.conf', namedConf)],
    reload: ({ folder }, origin) => ['rndc', '-c', join(folder, 'rndc.conf'), 'reload', origin],
    version: ['-v'],
  },
  {
    name: 'nsd',
    title: 'NSD',
    programs: ['nsd', 'nsd-control'],
    kinds: ALL_KINDS,
    prepare: (setup) => ['nsd', '-d', '-c', written(setup, 'nsd.conf', nsdConf)],
    reload: ({ folder }, origin) => [
      'nsd-control',
      '-c',
      join(folder, 'nsd.conf'),
      'reload',
      origin,
    ],
    version: ['-v'],
  },
  {
    name: 'knot',
    title: 'Knot',
    programs: ['knotd', 'knotc'],
    kinds: ALL_KINDS,
    prepare: (setup) => ['knotd', '-c', written(setup, 'knot.conf', knotConf)],
    reload: ({ folder }, origin) => [
      'knotc',
      '-s',
      join(folder, 'knot.sock'),
      'zone-reload',
      origin,
    ],
    version: ['-V'],
  },
  {
    name: 'pdns',
    title: 'PowerDNS',
    programs: ['pdns_server', 'pdns_control'],
    // signed zones are signed again from its own keys, or marked in a database
    kinds: PLAIN_KINDS,
    prepare: (setup) => {
      written(setup, 'pdns.conf', pdnsConf);
      return ['pdns_server', `--config-dir=${setup.folder}`];
    },
    reload: ({ folder }, origin) => [
      'pdns_control',
      `--config-dir=${folder}`,
      'bind-reload-now',
      origin,
    ],
    version: ['--version'],
  },
  {
    name: 'dns2',
    title: 'dns2 (npm)',
    programs: [process.execPath],
    kinds: ['mixed'],
    prepare: ({ port, data }) => {
      const zone = data.zones[0];
      return [process.execPath, DNS2_SERVER, zone?.file ?? '', zone?.origin ?? '', String(port)];
    },
    reload: null,
    version: ['-p', "require('dns2/package.json').version"],
  },
];

/** The programs of a subject that are not installed. */
export function missingPrograms(subject: Subject): string[] {
  return subject.programs.filter((name) => !name.startsWith('/') && programPath(name) === null);
}

// --- configurations ---------------------------------------------------------------------------------------------

/** Writes a file of a configuration. @returns its path */
export function written(setup: Setup, name: string, text: (setup: Setup) => string): string {
  const path = join(setup.folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text(setup));
  return path;
}

function zoneLines({ data }: Setup, line: (origin: string, file: string) => string): string {
  return data.zones.map(({ origin, file }) => line(origin, file)).join('\n');
}

function namedConf(setup: Setup): string {
  const { folder, port, controlPort } = setup;
  const key = 'key bench { algorithm hmac-sha256; secret "aG90em9uZS1iZW5jaG1hcms="; };\n';
  writeFileSync(
    join(folder, 'rndc.conf'),
    `${key}options { default-key bench; default-server 127.0.0.1; default-port ${controlPort}; };\n`,
  );
  return `${key}
options {
  directory "${folder}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile none;
  recursion no;
  dnssec-validation no;
  notify no;
  empty-zones-enable no;
  minimal-responses no-auth;
};
controls { inet 127.0.0.1 port ${controlPort} allow { 127.0.0.1; } keys { bench; }; };
${zoneLines(setup, (origin, file) => `zone "${origin}" { type primary; file "${file}"; };`)}
`;
}

function nsdConf(setup: Setup): string {
  const { folder, port } = setup;
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
  minimal-responses: yes
  rrl-ratelimit: 0
remote-control:
  control-enable: yes
  control-interface: "${folder}/nsd.sock"
${zoneLines(setup, (origin, file) => `zone:\n  name: "${origin}"\n  zonefile: "${file}"`)}
`;
}

function knotConf(setup: Setup): string {
  const { folder, port } = setup;
  return `
server:
    rundir: "${folder}"
    listen: 127.0.0.1@${port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
control:
    listen: "${folder}/knot.sock"
log:
  - target: stderr
    any: info
database:
    storage: "${folder}"
template:
  - id: default
    storage: "${folder}"
    semantic-checks: off
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
zone:
${zoneLines(setup, (origin, file) => `  - domain: "${origin}"\n    file: "${file}"`)}
`;
}

function pdnsConf(setup: Setup): string {
  const { folder, port } = setup;
  const zones = written(setup, 'zones.conf', () => `options { directory "${folder}"; };\n`);
  appendFileSync(
    zones,
    zoneLines(setup, (origin, file) => `zone "${origin}" { type master; file "${file}"; };`),
  );
  return `
launch=bind
bind-config=${zones}
local-address=127.0.0.1
local-port=${port}
receiver-threads=1
distributor-threads=1
socket-dir=${folder}
daemon=no
guardian=no
write-pid=no
disable-syslog=yes
security-poll-suffix=
loglevel=4
`;
}
