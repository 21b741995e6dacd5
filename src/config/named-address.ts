/**
 * Addresses, prefixes and servers as named.conf and PowerDNS spell them. Must not know: statements, files.
 */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { ip6Text } from '../wire/address-text.js';

export type Prefix = { readonly address: string; readonly bits: number };

/** Why a prefix is refused; text for a problem. */
export type PrefixFault = { readonly fault: string };

const PORT_MAX = 65535;

/** Whether a word can only be meant as an address: digits, dots, colons, hexadecimal, a slash. */
export function looksLikeAddress(text: string): boolean {
  return /^[\d.]+(?:\/.*)?$/.test(text) || /^[\da-f]*:[\da-f:.]*(?:\/.*)?$/i.test(text);
}

/** An address, or a prefix such as `10/8`, `192.0.2.0/24`, `2001:db8::/32`; `null` if it is not meant as one. */
export function readPrefix(text: string): Prefix | PrefixFault | null {
  if (!looksLikeAddress(text)) return null;
  const slash = text.indexOf('/');
  const addressText = slash === -1 ? text : text.slice(0, slash);
  const address = slash === -1 ? addressText : withAllOctets(addressText);
  const octets = addressOctets(address);
  if (octets === null) return { fault: 'is no address' };
  const bitsMax = octets.length * 8;
  const bitsText = slash === -1 ? String(bitsMax) : text.slice(slash + 1);
  const bits = /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : bitsMax + 1;
  if (bits > bitsMax) return { fault: `has a prefix length that is no number up to ${bitsMax}` };
  if (hasBitsAfter(octets, bits)) return { fault: `has bits set after the first ${bits}` };
  return { address: octets.length === 4 ? address : ip6Text(octets), bits };
}

/** A server's address, alone or with PowerDNS's port: `192.0.2.1:5300`, `[2001:db8::1]:5300`; `null` if it is none. */
export function readServer(text: string): { address: string; port: number | null } | null {
  if (isIP(text) !== 0) return { address: text, port: null };
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text);
  const dotted = /^([\d.]+):(\d{1,5})$/.exec(text);
  const address = bracketed?.[1] ?? dotted?.[1] ?? '';
  const portText = bracketed?.[2] ?? dotted?.[2];
  const isAddress = bracketed === null ? isIPv4(address) : isIPv6(address);
  const port = portText === undefined ? null : Number(portText);
  return isAddress && (port === null || port <= PORT_MAX) ? { address, port } : null;
}

/** BIND lets the zero octets at the end of an IPv4 prefix be left out. */
function withAllOctets(address: string): string {
  if (address.includes(':')) return address;
  const count = address.split('.').length;
  return count >= 4 ? address : address + '.0'.repeat(4 - count);
}

/** Four or sixteen octets of an address, `null` if it is none. */
export function addressOctets(address: string): Uint8Array | null {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  if (!isIPv6(address) || address.includes('%')) return null;
  const plain = address.replace(/[\d.]+$/, (tail) => (tail.includes('.') ? groupsOf(tail) : tail));
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return Uint8Array.from(
    [...before, ...gap, ...after].flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >>> 8, value & 255];
    }),
  );
}

/** An address as the system spells it, with its scope: `2001:DB8:0::1` is `2001:db8::1`. */
export function plainAddress(address: string): string {
  const [literal = '', scope] = address.split('%', 2);
  const octets = isIPv6(address) ? addressOctets(literal) : null;
  if (octets === null) return address;
  return scope === undefined ? ip6Text(octets) : `${ip6Text(octets)}%${scope}`;
}

/** The dotted quad as two groups of hexadecimal. */
function groupsOf(quad: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = quad.split('.').map(Number);
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function hasBitsAfter(octets: Uint8Array, bits: number): boolean {
  return octets.some((octet, i) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * i));
    return (octet & (255 >>> kept)) !== 0;
  });
}
