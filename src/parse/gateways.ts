/**
 * Fields whose shape depends on a number before them: the gateway of IPSECKEY (RFC 4025 §2.3), the relay of AMTRELAY
 * (RFC 8777 §4.2), and HIP with its lengths (RFC 8005 §5). Must not know: what the gateways are for.
 */
import { writeU16 } from '../wire/octets.js';
import { base64Ends, base64Start, base64Word, scanHex } from './encodings.js';
import { appendName } from './names.js';
import type { RdataContext } from './rdata-context.js';
import { scanIp4, scanIp6 } from './scan-address.js';
import { scanNumber } from './scan-number.js';
import { failField, nextWord } from './words.js';

const GATEWAY_NONE = 0;
const GATEWAY_IP6 = 2;
const GATEWAY_NAME = 3;
const DISCOVERY_OPTIONAL = 0x80;

/** Gateway type, algorithm, gateway. */
export function parseIpsecGateway(ctx: RdataContext): boolean {
  const type = smallNumber(ctx, 'gateway type', GATEWAY_NAME);
  if (type < 0) return false;
  const algorithm = smallNumber(ctx, 'algorithm', 0xff);
  if (algorithm < 0) return false;
  ctx.out[ctx.length++] = type;
  ctx.out[ctx.length++] = algorithm;
  return nextWord(ctx, 'gateway') && appendGateway(ctx, type);
}

/** Discovery bit, relay type, relay. */
export function parseAmtRelay(ctx: RdataContext): boolean {
  const discovery = smallNumber(ctx, 'discovery bit', 1);
  if (discovery < 0) return false;
  const type = smallNumber(ctx, 'relay type', GATEWAY_NAME);
  if (type < 0) return false;
  ctx.out[ctx.length++] = type | (discovery === 1 ? DISCOVERY_OPTIONAL : 0);
  return nextWord(ctx, 'relay') && appendGateway(ctx, type);
}

/** Algorithm, host identity tag in hexadecimal, public key in base64, the latter two one word each. */
export function parseHip(ctx: RdataContext): boolean {
  const algorithm = smallNumber(ctx, 'algorithm', 0xff);
  if (algorithm < 0 || !nextWord(ctx, 'host identity tag')) return false;
  const { lexer, out } = ctx;
  const at = ctx.length;
  const tagLength = scanHex(lexer.octets, lexer.start, lexer.stop, out, at + 4);
  if (tagLength < 1 || tagLength > 255) {
    return failField(ctx, 'RDATA_HEX', 'invalid host identity tag');
  }
  if (!nextWord(ctx, 'public key')) return false;
  base64Start();
  const keyAt = at + 4 + tagLength;
  const keyLength = base64Word(lexer.octets, lexer.start, lexer.stop, out, keyAt);
  if (keyLength < 1 || keyLength > 0xffff || !base64Ends()) {
    return failField(ctx, 'RDATA_BASE64', 'invalid public key');
  }
  out[at] = tagLength;
  out[at + 1] = algorithm;
  writeU16(out, at + 2, keyLength);
  ctx.length = keyAt + keyLength;
  return true;
}

function smallNumber(ctx: RdataContext, field: string, max: number): number {
  if (!nextWord(ctx, field)) return -1;
  const { octets, start, stop } = ctx.lexer;
  const value = scanNumber(octets, start, stop, max);
  if (value < 0) failField(ctx, 'RDATA_NUMBER', `invalid ${field}`);
  return value;
}

function appendGateway(ctx: RdataContext, type: number): boolean {
  const { octets, start, stop } = ctx.lexer;
  if (type === GATEWAY_NAME) return appendName(ctx);
  if (type === GATEWAY_NONE) {
    if (stop - start === 1 && octets[start] === 0x2e) return true;
    return failField(ctx, 'RDATA_ADDRESS', 'gateway of type 0 other than a dot');
  }
  const scan = type === GATEWAY_IP6 ? scanIp6 : scanIp4;
  if (!scan(octets, start, stop, ctx.out, ctx.length)) {
    return failField(ctx, 'RDATA_ADDRESS', 'invalid gateway address');
  }
  ctx.length += type === GATEWAY_IP6 ? 16 : 4;
  return true;
}
