/**
 * What `localhost` and `localnets` of address match lists mean on this host: the addresses of its interfaces, and the
 * networks that these are in, as BIND takes them. Must not know: lists.
 */
import type { NetworkInterfaceInfo } from 'node:os';
import { addressOctets } from './named-address.js';
import { type AddressPrefix, PrefixSet } from './prefix-set.js';

/** What of an interface counts, as `os.networkInterfaces` has it. */
type LocalInterface = Pick<NetworkInterfaceInfo, 'address' | 'cidr'>;

/** Shared by all lists; `update` changes it for all of them. */
export class LocalNetworks {
  localhost4: PrefixSet = new PrefixSet(4, []);
  localhost6: PrefixSet = new PrefixSet(16, []);
  localnets4: PrefixSet = new PrefixSet(4, []);
  localnets6: PrefixSet = new PrefixSet(16, []);

  /** @param interfaces as `Object.values(networkInterfaces()).flat()` */
  constructor(interfaces: readonly (LocalInterface | undefined)[]) {
    this.update(interfaces);
  }

  /** To be called when interfaces have come, gone, or changed their addresses. */
  update(interfaces: readonly (LocalInterface | undefined)[]): void {
    const hosts: AddressPrefix[] = [];
    const networks: AddressPrefix[] = [];
    for (const each of interfaces) {
      const octets = each === undefined ? null : addressOctets(each.address);
      if (each === undefined || octets === null) continue;
      const bitsMax = octets.length * 8;
      const bits = Number(each.cidr?.split('/')[1] ?? bitsMax);
      hosts.push({ octets, bits: bitsMax });
      // BIND leaves a network of all addresses out, too: it would let everybody in.
      if (bits > 0) networks.push({ octets, bits });
    }
    this.localhost4 = new PrefixSet(4, hosts);
    this.localhost6 = new PrefixSet(16, hosts);
    this.localnets4 = new PrefixSet(4, networks);
    this.localnets6 = new PrefixSet(16, networks);
  }
}
