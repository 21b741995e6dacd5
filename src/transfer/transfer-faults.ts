/**
 * Why a primary's answer was of no use: THE table of faults, one row each, with what an operator can do about it.
 * Must not know: how a fault is found, who logs it.
 */

/** By code; an empty text where the fault itself says all that there is to say. */
const ADVICE = {
  unreachable: 'is the primary up, and does a firewall let us reach it?',
  timeout: 'is the primary up and listening on this address and port?',
  slow: 'the line or the primary is too slow for a zone of this size',
  closed: 'does the primary allow us to transfer this zone? its log should say',
  malformed: 'the primary or something between sends what is no DNS',
  foreign: 'something other than the primary answers, or it mixes up its answers',
  refused:
    'does the primary have this zone, and does it allow our address or key? its log should say',
  signature:
    'the key must be the same on both sides, name, algorithm and secret, and the clocks must agree',
  lame: 'the primary does not serve this zone itself: is it the right server, and does its zone load?',
  'other-zone': 'is this the right primary for the zone?',
  sequence: 'the zone may have changed while it was sent; if this repeats the primary is at fault',
  'bad-record':
    'the primary serves what no zone file can say; ask whoever runs it to put that right',
  'too-large': 'the zone is larger than this server takes; see xfr-max-received-mbytes',
  behind: 'a serial must grow: raise it on the primary, or order "retrieve" to take what it has',
  'zone-errors':
    'the former version is kept; put the zone right on the primary and raise its serial',
  unwritable:
    "the zone is not served without its file: see to the folder's permissions and the disk's space",
  internal: 'this is a fault of hotzone itself',
} as const;

export type FaultCode = keyof typeof ADVICE;

/** Plain values: it crosses thread borders. */
export type TransferFault = {
  readonly code: FaultCode;
  /** Lower case, no full stop. */
  readonly text: string;
  /** Of `refused`: the response code; else null. */
  readonly rcode: number | null;
};

export function fault(code: FaultCode, text: string, rcode: number | null = null): TransferFault {
  return { code, text, rcode };
}

/** What happened and what can be done about it. */
export function faultText({ code, text }: TransferFault): string {
  return `${text}; ${ADVICE[code]}`;
}
