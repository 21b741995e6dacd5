/**
 * Service parameters from text (RFC 9460 §2.1, appendix A): `key`, `key=value`, `key="value"`, in any order; written
 * sorted by key. What may stand together is checked on the wire form. Must not know: SVCB's other fields.
 */
import { writeU16 } from '../wire/octets.js';
import * as svc from '../wire/svc-params.js';
import { base64Ends, base64Start, base64Word } from './encodings.js';
import { TOKEN_QUOTED, TOKEN_WORD } from './lexer.js';
import type { RdataContext } from './rdata-context.js';
import { scanIp4, scanIp6 } from './scan-address.js';
import { scanNumber } from './scan-number.js';
import { scanText } from './strings.js';
import { atEntryEnd, failField, failToken } from './words.js';

const EQUALS = 0x3d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

type Param = { readonly key: number; readonly value: Uint8Array };

/** Zero or more parameters to the end of the entry. */
export function parseSvcParams(ctx: RdataContext): boolean {
  const params: Param[] = [];
  while (ctx.lexer.next() === TOKEN_WORD) {
    const param = readParam(ctx);
    if (param === null) return false;
    if (params.some((other) => other.key === param.key)) {
      return failField(ctx, 'RDATA_PARAMETER', 'duplicate service parameter');
    }
    params.push(param);
  }
  params.sort((a, b) => a.key - b.key);
  for (const { key, value } of params) {
    writeU16(ctx.out, ctx.length, key);
    writeU16(ctx.out, ctx.length + 2, value.length);
    if (ctx.length + 4 + value.length > ctx.out.length) {
      return failField(ctx, 'RDATA_LENGTH', 'more than 65535 octets');
    }
    ctx.out.set(value, ctx.length + 4);
    ctx.length += 4 + value.length;
  }
  return atEntryEnd(ctx);
}

/** The parameter that starts with the token last read; `null` with a problem reported if it is wrong. */
function readParam(ctx: RdataContext): Param | null {
  const lexer = ctx.lexer;
  const { octets, start, stop } = lexer;
  let split = start;
  while (split < stop && octets[split] !== EQUALS) split++;
  const text = Buffer.from(octets.subarray(start, Math.min(split, start + 64))).toString('latin1');
  const key = svc.svcKeyNumber(text);
  if (key < 0) {
    failField(ctx, 'RDATA_PARAMETER', 'unknown service parameter');
    return null;
  }
  let from = Math.min(split + 1, stop);
  let to = stop;
  if (split + 1 === stop && octets[stop] === QUOTE) {
    if (lexer.next() !== TOKEN_QUOTED) {
      failToken(ctx, 'value');
      return null;
    }
    from = lexer.start;
    to = lexer.stop;
  }
  const decoded = new Uint8Array(to - from);
  const length = scanText(octets, from, to, decoded, 0);
  const opaque = text.startsWith('key');
  const shape = opaque ? svc.SVC_OPAQUE : (svc.SVC_KEYS_KNOWN[key]?.shape ?? svc.SVC_OPAQUE);
  const value = length < 0 ? null : encodeValue(shape, decoded.subarray(0, length));
  if (value === null || value.length > 0xffff) {
    failField(ctx, 'RDATA_PARAMETER', `invalid value of service parameter ${text}`);
    return null;
  }
  return { key, value };
}

/** Wire form of a value that has passed the escapes of character strings; `null` if it is wrong. */
function encodeValue(shape: number, text: Uint8Array): Uint8Array | null {
  switch (shape) {
    case svc.SVC_KEYS:
      return encodeKeys(text);
    case svc.SVC_STRINGS:
      return encodeStrings(text);
    case svc.SVC_PORT: {
      const port = scanNumber(text, 0, text.length, 0xffff);
      return port < 0 ? null : Uint8Array.of(port >>> 8, port & 0xff);
    }
    case svc.SVC_IP4:
      return encodeAddresses(text, scanIp4, 4);
    case svc.SVC_IP6:
      return encodeAddresses(text, scanIp6, 16);
    case svc.SVC_BASE64:
      return encodeBase64(text);
    default:
      return text;
  }
}

function encodeKeys(text: Uint8Array): Uint8Array | null {
  const words = Buffer.from(text).toString('latin1').split(',');
  const keys = words.map(svc.svcKeyNumber).sort((a, b) => a - b);
  if (keys[0]! < 0) return null;
  const out = new Uint8Array(2 * keys.length);
  for (const [index, key] of keys.entries()) writeU16(out, 2 * index, key);
  return out;
}

/** Items between commas, each after its length; a backslash guards commas and backslashes (RFC 9460 appendix A.1). */
function encodeStrings(text: Uint8Array): Uint8Array | null {
  const out: number[] = [];
  let item: number[] = [];
  for (let i = 0; i <= text.length; i++) {
    const octet = text[i];
    if (octet === undefined || octet === COMMA) {
      if (item.length === 0 || item.length > 255) return null;
      out.push(item.length, ...item);
      item = [];
    } else if (octet === BACKSLASH) {
      const guarded = text[++i];
      if (guarded === undefined) return null;
      item.push(guarded);
    } else item.push(octet);
  }
  return Uint8Array.from(out);
}

function encodeAddresses(text: Uint8Array, scan: typeof scanIp4, size: number): Uint8Array | null {
  const out: number[] = [];
  const address = new Uint8Array(size);
  for (let start = 0; start <= text.length; ) {
    const comma = text.indexOf(COMMA, start);
    const stop = comma < 0 ? text.length : comma;
    if (!scan(text, start, stop, address, 0)) return null;
    out.push(...address);
    start = stop + 1;
  }
  return Uint8Array.from(out);
}

function encodeBase64(text: Uint8Array): Uint8Array | null {
  const out = new Uint8Array(text.length);
  base64Start();
  const length = base64Word(text, 0, text.length, out, 0);
  return length >= 0 && base64Ends() ? out.subarray(0, length) : null;
}
