/**
 * Address prefix lists (RFC 3123 §4, §5): `[!]family:address/prefix`, trailing zero octets left off on the wire.
 * Must not know: other fields.
 */
import { copyOctets, writeU16 } from '../wire/octets.js';
import { TOKEN_WORD } from './lexer.js';
import type { RdataContext } from './rdata-context.js';
import { scanIp4, scanIp6 } from './scan-address.js';
import { scanNumber } from './scan-number.js';
import { atEntryEnd, failField } from './words.js';

const FAMILY_IP4 = 1;
const FAMILY_IP6 = 2;
const NEGATION = 0x80;

const address = new Uint8Array(16);

/** Zero or more items to the end of the entry. */
export function parseApl(ctx: RdataContext): boolean {
  while (ctx.lexer.next() === TOKEN_WORD) {
    if (!appendItem(ctx)) return failField(ctx, 'RDATA_ADDRESS', 'invalid address prefix');
  }
  return atEntryEnd(ctx);
}

function appendItem(ctx: RdataContext): boolean {
  const { octets, stop } = ctx.lexer;
  let start = ctx.lexer.start;
  const negated = octets[start] === 0x21;
  if (negated) start++;
  const colon = octets.indexOf(0x3a, start);
  const slash = octets.indexOf(0x2f, start);
  if (colon < 0 || slash < colon || slash >= stop) return false;
  const family = scanNumber(octets, start, colon, 0xffff);
  const size = family === FAMILY_IP4 ? 4 : 16;
  const prefix = scanNumber(octets, slash + 1, stop, size * 8);
  if (prefix < 0 || (family !== FAMILY_IP4 && family !== FAMILY_IP6)) return false;
  const scan = family === FAMILY_IP4 ? scanIp4 : scanIp6;
  if (!scan(octets, colon + 1, slash, address, 0)) return false;
  let kept = size;
  while (kept > 0 && address[kept - 1] === 0) kept--;
  copyOctets(address, 0, ctx.out, ctx.length + 4, kept);
  writeU16(ctx.out, ctx.length, family);
  ctx.out[ctx.length + 2] = prefix;
  ctx.out[ctx.length + 3] = kept | (negated ? NEGATION : 0);
  ctx.length += 4 + kept;
  return true;
}
