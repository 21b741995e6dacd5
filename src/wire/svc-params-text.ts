/**
 * Service parameters as presentation text (RFC 9460 §2.1, appendix A), spelled as BIND spells them.
 * Must not know: SVCB's other fields.
 */
import { ip4Text, ip6Text } from './address-text.js';
import { readU16 } from './octets.js';
import { quotedText } from './string-text.js';
import * as svc from './svc-params.js';

/** The valid parameters in `octets[at, end)`, a blank between. */
export function svcParamsText(octets: Uint8Array, at: number, end: number): string {
  const params: string[] = [];
  for (let i = at; i < end; ) {
    const key = readU16(octets, i);
    const value = octets.subarray(i + 4, i + 4 + readU16(octets, i + 2));
    const name = svc.svcKeyText(key);
    params.push(value.length === 0 ? name : `${name}=${valueText(key, value)}`);
    i += 4 + value.length;
  }
  return params.join(' ');
}

function valueText(key: number, value: Uint8Array): string {
  switch (svc.SVC_KEYS_KNOWN[key]?.shape) {
    case svc.SVC_KEYS:
      return chunks(value, 2)
        .map((octets) => svc.svcKeyText(readU16(octets, 0)))
        .join(',');
    case svc.SVC_STRINGS:
      return stringsText(value);
    case svc.SVC_PORT:
      return String(readU16(value, 0));
    case svc.SVC_IP4:
      return chunks(value, 4).map(ip4Text).join(',');
    case svc.SVC_IP6:
      return chunks(value, 16).map(ip6Text).join(',');
    case svc.SVC_BASE64:
      return Buffer.from(value).toString('base64');
    default:
      return quotedText(value);
  }
}

function chunks(value: Uint8Array, size: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < value.length; at += size) parts.push(value.subarray(at, at + size));
  return parts;
}

function stringsText(value: Uint8Array): string {
  const items: string[] = [];
  for (let at = 0; at < value.length; at += value[at]! + 1) {
    items.push(itemText(value.subarray(at + 1, at + 1 + value[at]!)));
  }
  return `"${items.join(',')}"`;
}

/** Commas and backslashes are guarded twice: for the list and for the string (RFC 9460 appendix A.1). */
function itemText(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) {
    const char = String.fromCharCode(octet);
    if (octet <= 0x20 || octet > 0x7e) text += `\\${String(octet).padStart(3, '0')}`;
    else if (char === ',') text += '\\\\,';
    else if (char === '\\') text += '\\\\\\\\';
    else text += char === '"' ? '\\"' : char;
  }
  return text;
}
