/**
 * BIND's `listen-on` and `listen-on-v6`: which addresses of this host to answer on. An interface's address is taken if
 * the match list permits it; `any` as a whole is the wildcard address, so that later addresses are answered, too.
 * Must not know: named.conf's syntax, sockets.
 */
import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ListenOn, MatchElement, MatchList } from '../config/named-types.js';
import type { Endpoint } from './query-handler.js';

/**
 * @param lists of one address family; `null`: the statement is not there, and nothing is opened for it
 * @param port of statements without one
 * @param addresses this host's addresses; others than the family's are left alone
 */
export function endpointsOf(
  lists: readonly ListenOn[] | null,
  family: 4 | 6,
  port: number,
  addresses: readonly string[] = hostAddresses(),
): Endpoint[] {
  const own = addresses.filter((address) => isIPv4(address) === (family === 4));
  return (lists ?? []).flatMap(({ port: listed, elements }) => {
    const [first] = elements;
    const all = first?.kind === 'any' && !first.negated;
    const hosts = all
      ? [family === 4 ? '0.0.0.0' : '::']
      : own.filter((address) => permits(elements, address, own) === true);
    return hosts.map((address) => ({ address, port: listed ?? port }));
  });
}

/** Addresses of all interfaces that are up. */
function hostAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address, scopeid, family }) =>
      family === 'IPv6' && scopeid !== undefined && scopeid !== 0
        ? `${address}%${scopeid}`
        : address,
    ),
  );
}

/** What the first element says that matches; `null` if none does. */
function permits(elements: MatchList, address: string, own: readonly string[]): boolean | null {
  for (const element of elements) {
    const found = matches(element, address, own);
    if (found !== null) return found !== element.negated;
  }
  return null;
}

/** Whether an element is about an address, and if it is a list, what that says; `null` if it is not. */
function matches(element: MatchElement, address: string, own: readonly string[]): boolean | null {
  switch (element.kind) {
    case 'any':
    case 'localnets':
      return true;
    case 'localhost':
      return own.includes(address) ? true : null;
    case 'prefix':
      return isWithin(address, element.address, element.bits) ? true : null;
    case 'list':
      return permits(element.elements, address, own);
    default:
      // `none` matches nobody, a key signs nothing here
      return null;
  }
}

function isWithin(address: string, prefix: string, bits: number): boolean {
  const family = isIPv4(prefix) ? 'ipv4' : 'ipv6';
  const [bare = ''] = address.split('%');
  if (isIPv4(bare) !== (family === 'ipv4')) return false;
  const range = new BlockList();
  range.addSubnet(prefix, bits, family);
  return range.check(bare, family);
}
