/**
 * What makes BIND, NSD, Knot and PowerDNS primaries of a server, which get the zone's file from a test and look at it
 * again when they are told to. Each has a key of its own; its NOTIFY is signed.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer, PeerKind, PeerOptions } from '../peers/peer.js';
import type { Server } from '../peers/query.js';
import { keyName, namedKey } from './peer-keys.js';
import { givePowerDnsKey, knotKey, nsdKey } from './peer-secondaries.js';

type PrimaryRow = {
  /** @param file the zone's, absolute */
  readonly setup: (
    origin: string,
    file: string,
    secondary: Required<Server>,
  ) => Omit<PeerOptions, 'place'>;
  /** Has it look at the zone's file. */
  readonly reload: (peer: Peer) => void;
};

function hangUp({ pid }: Peer): void {
  process.kill(pid, 'SIGHUP');
}

/** Those that have differences to give. */
export const MAKE_DIFFERENCES: readonly PeerKind[] = ['named', 'nsd', 'knot'];

export const PRIMARIES: Readonly<Record<PeerKind, PrimaryRow>> = {
  named: {
    setup: (origin, file, { address, port }) => ({
      ip6: address.includes(':'),
      more: `${namedKey('named')}
zone "${origin}" {
  type primary; file "${file}"; ixfr-from-differences yes; notify explicit; notify-delay 0;
  allow-transfer { key "${keyName('named')}"; };
  also-notify { ${address} port ${port} key "${keyName('named')}"; };
};
`,
    }),
    reload: hangUp,
  },
  nsd: {
    setup: (origin, file, { address, port }) => ({
      more: `
${nsdKey()}
zone:
  name: "${origin}"
  zonefile: "${file}"
  provide-xfr: 127.0.0.1 ${keyName('nsd')}
  notify: ${address}@${port} ${keyName('nsd')}
  store-ixfr: yes
  create-ixfr: yes
`,
    }),
    reload: hangUp,
  },
  knot: {
    setup: (origin, file, { address, port }) => ({
      ip6: address.includes(':'),
      more: `
${knotKey()}
remote:
  - id: secondary
    address: "${address}@${port}"
    key: ${keyName('knot')}
acl:
  - id: signed
    key: ${keyName('knot')}
    action: transfer
zone:
  - domain: "${origin}"
    file: "${file}"
    notify: secondary
    acl: signed
    zonefile-load: difference
    journal-content: changes
`,
    }),
    reload: hangUp,
  },
  pdns: {
    setup: (origin, file, { address, port }) => ({
      more: `
primary=yes
xfr-cycle-interval=1
bind-check-interval=1
also-notify=${address}:${port}
only-notify=
allow-axfr-ips=
bind-dnssec-db=dnssec.db
`,
      prepare: (folder) => {
        writeFileSync(
          join(folder, 'zones.conf'),
          `zone "${origin}" { type master; file "${file}"; };\n`,
        );
        givePowerDnsKey(folder, origin, 'primary');
      },
    }),
    // it looks at the file's time when it is asked
    reload: () => {},
  },
};
