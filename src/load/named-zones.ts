/**
 * The zones of a named.conf as the loader sees them. Must not know: files, what is loaded.
 */
import { join } from 'node:path';
import type { NamedConf, NamedZone, RemoteServer } from '../config/named-types.js';
import type { ConfiguredZone, ZonePeer } from './configured-zone.js';

const DNS_PORT = 53;

/** @param memoryFolder where the files of zones lie that the configuration gives none */
export function configuredZones(conf: NamedConf, memoryFolder: string): ConfiguredZone[] {
  return conf.zones.map((zone) => ({
    name: zone.name,
    path: zone.file ?? join(memoryFolder, fileNameOf(zone)),
    kind: zone.kind,
    primaries: zone.primaries.map(peerOf),
    alsoNotify: notifiedOf(zone, conf).map(peerOf),
  }));
}

/** BIND's `notify no` silences also-notify, too. */
function notifiedOf(zone: NamedZone, { options }: NamedConf): readonly RemoteServer[] {
  if ((zone.notify ?? options.notify) === 'no') return [];
  return zone.alsoNotify ?? options.alsoNotify ?? [];
}

function peerOf({ address, port }: RemoteServer): ZonePeer {
  return { address, port: port ?? DNS_PORT };
}

/** A name may hold any octet, a file name may not. */
function fileNameOf({ text }: NamedZone): string {
  return `${text === '.' ? 'root' : encodeURIComponent(text)}.zone`;
}
