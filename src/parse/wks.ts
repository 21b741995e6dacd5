/**
 * Well-known services (RFC 1035 §3.4.2): protocol and bitmap of ports. Protocols and the services of RFC 1010 that
 * zones name are known by name, the rest by number. Must not know: other fields.
 */
import { TOKEN_WORD } from './lexer.js';
import type { RdataContext } from './rdata-context.js';
import { scanNumber } from './scan-number.js';
import { atEntryEnd, failField, nextWord } from './words.js';

const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['tcp', 6],
  ['udp', 17],
]);

const SERVICES: ReadonlyMap<string, number> = new Map([
  ['echo', 7],
  ['discard', 9],
  ['daytime', 13],
  ['ftp-data', 20],
  ['ftp', 21],
  ['ssh', 22],
  ['telnet', 23],
  ['smtp', 25],
  ['time', 37],
  ['domain', 53],
  ['tftp', 69],
  ['gopher', 70],
  ['finger', 79],
  ['http', 80],
  ['kerberos', 88],
  ['pop3', 110],
  ['sunrpc', 111],
  ['nntp', 119],
  ['ntp', 123],
  ['imap2', 143],
  ['snmp', 161],
  ['https', 443],
]);

/** Protocol, then zero or more ports to the end of the entry. */
export function parseWks(ctx: RdataContext): boolean {
  if (!nextWord(ctx, 'protocol')) return false;
  const protocol = wordValue(ctx, PROTOCOLS, 0xff);
  if (protocol < 0) return failField(ctx, 'RDATA_NUMBER', 'unknown protocol');
  const bitmap = new Uint8Array(65536 / 8);
  let length = 0;
  while (ctx.lexer.next() === TOKEN_WORD) {
    const port = wordValue(ctx, SERVICES, 0xffff);
    if (port < 0) return failField(ctx, 'RDATA_NUMBER', 'unknown service');
    bitmap[port >>> 3] = bitmap[port >>> 3]! | (0x80 >>> (port & 7));
    length = Math.max(length, (port >>> 3) + 1);
  }
  ctx.out[ctx.length] = protocol;
  ctx.out.set(bitmap.subarray(0, length), ctx.length + 1);
  ctx.length += 1 + length;
  return atEntryEnd(ctx);
}

function wordValue(ctx: RdataContext, names: ReadonlyMap<string, number>, max: number): number {
  const { octets, start, stop } = ctx.lexer;
  const value = scanNumber(octets, start, stop, max);
  if (value >= 0) return value;
  const text = Buffer.from(octets.subarray(start, Math.min(stop, start + 64))).toString('latin1');
  return names.get(text.toLowerCase()) ?? -1;
}
