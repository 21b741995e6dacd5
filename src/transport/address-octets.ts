/**
 * Addresses as Node gives them, as octets. Must not know: whose they are.
 */
import { isIPv6 } from 'node:net';
import { scanIp4, scanIp6 } from '../parse/scan-address.js';

/** 4 or 16 octets of an address such as `192.0.2.1` or `fe80::1%eth0`; zeros if it is none. */
export function addressOctets(text: string): Uint8Array {
  const literal = Buffer.from(text.split('%', 1)[0] ?? '');
  const octets = new Uint8Array(isIPv6(text) ? 16 : 4);
  const scan = octets.length === 16 ? scanIp6 : scanIp4;
  if (!scan(literal, 0, literal.length, octets, 0)) octets.fill(0);
  return octets;
}
