/**
 * PowerDNS's lists of networks, as in `allow-axfr-ips`: addresses and prefixes, `!` before those that are refused. The
 * longest prefix that matches decides, wherever it stands; the same one twice, and the last counts.
 * Must not know: settings, who asks.
 */
import { addressOctets } from './named-address.js';
import type { MatchElement, MatchList } from './named-types.js';
import { firstAddress } from './prefix-set.js';
import { networkFault } from './value-checks.js';

/** What is wrong with an item of such a list, or `null`. */
export function networkItemFault(item: string): string | null {
  if (item.includes('%')) return 'an address with a zone cannot be compared';
  return networkFault(withoutSign(item));
}

/** The items as an address match list, which decides by order. Items that are wrong are left out. */
export function networkList(items: readonly string[]): MatchList {
  const elements = new Map<string, Extract<MatchElement, { kind: 'prefix' }>>();
  for (const item of items) {
    const [address = '', bitsText] = withoutSign(item).split('/');
    const octets = addressOctets(address);
    if (octets === null || networkItemFault(item) !== null) continue;
    const bits = bitsText === undefined ? octets.length * 8 : Number(bitsText);
    const network = `${firstAddress({ octets, bits }).join('.')}/${bits}`;
    elements.set(network, {
      kind: 'prefix',
      negated: item.startsWith('!'),
      address,
      bits,
    });
  }
  return [...elements.values()].sort((a, b) => b.bits - a.bits);
}

function withoutSign(item: string): string {
  return item.startsWith('!') ? item.slice(1).trim() : item;
}
