/**
 * What makes BIND, NSD, Knot and PowerDNS secondaries of a server: text for their configurations. Each has a key of its
 * own, writes the zone to a file at once, and gives it to whoever asks on loopback.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PeerKind, type PeerOptions, programPath } from '../peers/peer.js';
import type { Server } from '../peers/query.js';
import { keyName, namedKey, secretOf } from './peer-keys.js';

type Setup = (origin: string, primary: Required<Server>) => Omit<PeerOptions, 'place'>;

/** Those that ask for differences. The BIND backend of PowerDNS would take them and go on serving what it had. */
export const TAKE_DIFFERENCES: readonly PeerKind[] = ['named', 'nsd', 'knot'];

export const SECONDARIES: Readonly<Record<PeerKind, Setup>> = {
  named: (origin, { address, port }) => ({
    ip6: address.includes(':'),
    more: `${namedKey('named')}
zone "${origin}" {
  type secondary; file "copy.zone"; min-refresh-time 1; min-retry-time 1; allow-transfer { any; };
  primaries { ${address} port ${port} key "${keyName('named')}"; };
};
`,
  }),
  nsd: (origin, { address, port }) => ({
    more: `
server:
  zonefiles-write: 1
  verbosity: 2
${nsdKey()}
zone:
  name: "${origin}"
  zonefile: "copy.zone"
  min-retry-time: 1
  request-xfr: ${address}@${port} ${keyName('nsd')}
  allow-notify: 127.0.0.1 ${keyName('nsd')}
  provide-xfr: 127.0.0.1 NOKEY
`,
  }),
  knot: (origin, { address, port }) => ({
    ip6: address.includes(':'),
    more: `
${knotKey()}
remote:
  - id: primary
    address: "${address}@${port}"
    key: ${keyName('knot')}
acl:
  - id: notified
    key: ${keyName('knot')}
    action: notify
zone:
  - domain: "${origin}"
    file: copy.zone
    master: primary
    acl: [notified, transfer]
    zonefile-sync: 0
    journal-content: changes
`,
  }),
  pdns: (origin, { address, port }) => ({
    more: `
secondary=yes
xfr-cycle-interval=1
allow-axfr-ips=127.0.0.1
bind-dnssec-db=dnssec.db
`,
    prepare: (folder) => {
      const file = join(folder, 'copy.zone');
      const zone = `zone "${origin}" { type slave; file "${file}"; masters { ${address}:${port}; }; };\n`;
      writeFileSync(join(folder, 'zones.conf'), zone);
      givePowerDnsKey(folder, origin, 'secondary');
    },
  }),
};

export function nsdKey(): string {
  return `key:\n  name: "${keyName('nsd')}"\n  algorithm: hmac-sha256\n  secret: "${secretOf('nsd')}"\n`;
}

export function knotKey(): string {
  return `key:\n  - id: ${keyName('knot')}\n    algorithm: hmac-sha256\n    secret: ${secretOf('knot')}\n`;
}

/** Makes the database of keys that its configuration names, if it is not there. */
export function givePowerDnsKey(
  folder: string,
  origin: string,
  role: 'primary' | 'secondary',
): void {
  const database = join(folder, 'dnssec.db');
  if (existsSync(database)) return;
  pdnsutil(folder, 'create-bind-db', database);
  pdnsutil(folder, 'import-tsig-key', keyName('pdns'), 'hmac-sha256', secretOf('pdns'));
  pdnsutil(folder, 'activate-tsig-key', origin, keyName('pdns'), role);
}

function pdnsutil(folder: string, ...words: readonly string[]): void {
  const program = programPath('pdnsutil') ?? '';
  const run = spawnSync(program, [`--config-dir=${folder}`, ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`pdnsutil ${words[0]}: ${run.stderr}${run.stdout}`);
}
