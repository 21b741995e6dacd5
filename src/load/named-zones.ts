/**
 * The zones of a named.conf as the loader sees them. Must not know: files, what is loaded.
 */
import { join } from 'node:path';
import type { NamedConf, NamedZone, RemoteServer } from '../config/named-types.js';
import { type ConfiguredZone, NO_RULES, type ZonePeer, type ZoneRules } from './configured-zone.js';

const DNS_PORT = 53;

/** @param memoryFolder where the files of zones lie that the configuration gives none */
export function configuredZones(conf: NamedConf, memoryFolder: string): ConfiguredZone[] {
  const shared = new SharedRules();
  return conf.zones.map((zone) => ({
    name: zone.name,
    path: zone.file ?? join(memoryFolder, fileNameOf(zone)),
    kind: zone.kind,
    primaries: zone.primaries.map(peerOf),
    alsoNotify: notifiedOf(zone, conf).map(peerOf),
    rules: shared.of(rulesOf(zone, conf)),
  }));
}

/** A configuration says the same of nearly all of its zones, of which there may be 100,000. */
class SharedRules {
  private readonly known = new Map([[JSON.stringify(NO_RULES), NO_RULES]]);

  of(rules: ZoneRules): ZoneRules {
    const key = JSON.stringify(rules);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    this.known.set(key, rules);
    return rules;
  }
}

/** What the zone says, or else the options. BIND notifies unless it is told not to; PowerDNS's native is left alone. */
function rulesOf(zone: NamedZone, { options }: NamedConf): ZoneRules {
  return {
    allowTransfer: zone.allowTransfer ?? options.allowTransfer,
    allowQuery: zone.allowQuery ?? options.allowQuery,
    allowNotify: zone.allowNotify ?? options.allowNotify,
    notify: zone.notify ?? (zone.kind === 'native' ? 'no' : (options.notify ?? 'yes')),
    serialUpdateMethod: zone.serialUpdateMethod ?? options.serialUpdateMethod,
    signing: zone.signing,
  };
}

/** BIND's `notify no` silences also-notify, too. */
function notifiedOf(zone: NamedZone, { options }: NamedConf): readonly RemoteServer[] {
  if ((zone.notify ?? options.notify) === 'no') return [];
  return zone.alsoNotify ?? options.alsoNotify ?? [];
}

function peerOf({ address, port, key }: RemoteServer): ZonePeer {
  return { address, port: port ?? DNS_PORT, key };
}

/** A name may hold any octet, a file name may not. */
function fileNameOf({ text }: NamedZone): string {
  return `${text === '.' ? 'root' : encodeURIComponent(text)}.zone`;
}
