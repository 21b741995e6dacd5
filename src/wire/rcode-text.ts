/**
 * Names of response codes for people (RFC 1035 §4.1.1, RFC 2136 §2.2). Must not know: which replies have them.
 */

/** By value. */
const RCODE_NAMES: readonly string[] = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
];

/** The name of a header's response code, or `RCODE11` for one that has none. */
export function rcodeText(rcode: number): string {
  return RCODE_NAMES[rcode] ?? `RCODE${rcode}`;
}
