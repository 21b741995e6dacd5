/**
 * Character strings as presentation text (RFC 1035 §5.1), spelled as BIND spells them.
 * Must not know: which fields are strings.
 */

/** A quoted string: quotes and backslashes guarded, octets that are not printable ASCII as `\DDD`. */
export function quotedText(octets: Uint8Array): string {
  let text = '"';
  for (const octet of octets) {
    if (octet < 0x20 || octet > 0x7e) text += `\\${String(octet).padStart(3, '0')}`;
    else if (octet === 0x22 || octet === 0x5c) text += `\\${String.fromCharCode(octet)}`;
    else text += String.fromCharCode(octet);
  }
  return `${text}"`;
}
