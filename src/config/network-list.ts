/**
 * PowerDNS's lists of networks, as in `allow-axfr-ips`: addresses and prefixes, `!` before those that are refused. The
 * longest prefix that matches decides, wherever it stands; the same one twice, and the last counts.
 * Must not know: settings, who asks.
 */
import { addressOctets } from './named-address.js';
import type { MatchElement, MatchList } from './named-types.js';
import { networkFault } from './value-checks.js';

/** What is wrong with an item of such a list, or `null`. */
export function networkItemFault(text: string): string | null {
  return networkFault(withoutSign(text));
}

/** The items as an address match list, which decides by order. Items that are wrong are left out. */
export function networkList(items: readonly string[]): MatchList {
  const elements = new Map<string, Extract<MatchElement, { kind: 'prefix' }>>();
  for (const item of items) {
    const text = withoutSign(item);
    if (networkFault(text) !== null) continue;
    const [address = '', bitsText] = text.split('/');
    const octets = addressOctets(address);
    if (octets === null) continue;
    const bits = bitsText === undefined ? octets.length * 8 : Number(bitsText);
    elements.set(networkText(octets, bits), {
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

/** The same for all addresses of one network. */
function networkText(octets: Uint8Array, bits: number): string {
  const kept = octets.map((octet, i) => octet & ~(0xff >>> Math.min(8, Math.max(0, bits - 8 * i))));
  return `${kept.join('.')}/${bits}`;
}
