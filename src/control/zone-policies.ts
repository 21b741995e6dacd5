/**
 * Who may do what with a zone: what its configuration says, or else the settings. Lists are compiled once for all zones
 * that say the same. Must not know: who asks, what is asked for.
 */
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { AccessList } from '../config/access-list.js';
import { LocalNetworks } from '../config/local-networks.js';
import type { MatchList } from '../config/named-types.js';
import { networkList } from '../config/network-list.js';
import type { Settings } from '../config/settings.js';
import type { ZonePeer, ZoneRules } from '../load/configured-zone.js';
import type { ZonePolicy } from '../transfer/seams.js';

const NOBODY: MatchList = [];

export class ZonePolicies {
  /** Where any NOTIFY may come from. */
  readonly notifyFrom: AccessList;
  private readonly local: LocalNetworks;
  private readonly transferDefault: MatchList;
  private readonly isClosed: boolean;
  private readonly known = new WeakMap<ZoneRules, ZonePolicy>();

  constructor(settings: Settings) {
    this.local = new LocalNetworks(interfaces());
    this.isClosed = settings.flag('disable-axfr');
    const keys = settings.list('allow-axfr-keys').map((name) => ({
      kind: 'key' as const,
      negated: false,
      name: name.replace(/\.$/, '').toLowerCase(),
    }));
    this.transferDefault = [...keys, ...networkList(settings.list('allow-axfr-ips'))];
    this.notifyFrom = this.compile(networkList(settings.list('allow-notify-from')));
  }

  /** @param primaries may always send NOTIFY, as with BIND */
  of(rules: ZoneRules, primaries: readonly ZonePeer[]): ZonePolicy {
    const policy = this.known.get(rules) ?? this.add(rules);
    const { allowNotify } = rules;
    if (allowNotify === null) return policy;
    const own = networkList(primaries.map(({ address }) => address));
    return { ...policy, allowNotify: this.compile([...own, ...allowNotify]) };
  }

  private add(rules: ZoneRules): ZonePolicy {
    const { allowTransfer, allowQuery } = rules;
    const policy = {
      allowTransfer: this.compile(this.isClosed ? NOBODY : (allowTransfer ?? this.transferDefault)),
      allowQuery: allowQuery === null ? null : this.compile(allowQuery),
      allowNotify: null,
    };
    this.known.set(rules, policy);
    return policy;
  }

  /** Looks at the interfaces of this host anew: `localhost` and `localnets` mean what they have now. */
  refresh(): void {
    this.local.update(interfaces());
  }

  compile(list: MatchList): AccessList {
    return new AccessList(list, this.local);
  }
}

function interfaces(): NetworkInterfaceInfo[] {
  return Object.values(networkInterfaces()).flatMap((each) => each ?? []);
}
