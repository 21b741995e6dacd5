/**
 * EDNS(0): the OPT record of a query taken apart in place, and the OPT record of a reply. RFC 6891 §6.1, NSID
 * RFC 5001, Extended DNS Errors RFC 8914. Must not know: zones, what an error code is given for.
 */
import type { ClientSubnet } from './client-subnet.js';
import {
  EDNS_FLAG_DO,
  EDNS_OPTION_EDE,
  EDNS_OPTION_NSID,
  EDNS_OPTION_SUBNET,
  TYPE_OPT,
} from './constants.js';
import { copyOctets, readU16, writeU16 } from './octets.js';

/** Octets of an OPT record without options: root owner, type, class, TTL, RDLENGTH. */
export const OPT_OCTETS = 11;
/** Octets of an Extended DNS Error option without text. */
export const EDE_OPTION_OCTETS = 6;
/** Octets of an option's code and length. */
export const OPTION_HEAD_OCTETS = 4;
/** "No Extended DNS Error": 0 is a code of its own ("Other Error"). */
export const EDE_NONE = -1;

/** What a query's OPT record said; reused from query to query. */
export class Edns {
  present = false;
  version = 0;
  /** The sender's largest UDP message, as sent. */
  udpOctets = 0;
  /** DNSSEC OK, RFC 3225. */
  dnssecOk = false;
  wantsNsid = false;
  /** Offset of the client subnet option (RFC 7871), the last if there are several; 0 if there is none. */
  subnetOffset = 0;
}

// === hot path

/** Forgets the previous query. */
export function resetEdns(edns: Edns): void {
  edns.present = false;
  edns.version = 0;
  edns.udpOctets = 0;
  edns.dnssecOk = false;
  edns.wantsNsid = false;
  edns.subnetOffset = 0;
}

/**
 * Reads the OPT record whose type field is at `offset`; owner and extent are already checked. Options that are not
 * known are passed over (RFC 6891 §6.1.2).
 * @returns whether the options fill the RDATA exactly.
 */
export function readOpt(edns: Edns, octets: Uint8Array, offset: number): boolean {
  edns.present = true;
  edns.udpOctets = readU16(octets, offset + 2);
  edns.version = octets[offset + 5]!;
  edns.dnssecOk = (readU16(octets, offset + 6) & EDNS_FLAG_DO) !== 0;
  let at = offset + 10;
  const end = at + readU16(octets, offset + 8);
  while (at + OPTION_HEAD_OCTETS <= end) {
    const code = readU16(octets, at);
    if (code === EDNS_OPTION_NSID) edns.wantsNsid = true;
    else if (code === EDNS_OPTION_SUBNET) edns.subnetOffset = at;
    at += OPTION_HEAD_OCTETS + readU16(octets, at + 2);
  }
  return at === end;
}

/**
 * Writes an OPT record, version 0. The caller has made room: OPT_OCTETS, and for each option its head and data.
 * @param rcode the whole response code; its upper eight bits go here (RFC 6891 §6.1.3).
 * @param nsid identity to tell, or `null`.
 * @param ede Extended DNS Error code, or EDE_NONE.
 * @param subnet told back if it is present, with the bits of the answer's scope.
 * @returns the offset after the record.
 */
export function writeOpt(
  octets: Uint8Array,
  offset: number,
  udpOctets: number,
  rcode: number,
  dnssecOk: boolean,
  nsid: Uint8Array | null,
  ede: number,
  subnet: ClientSubnet,
  scopeBits: number,
): number {
  octets[offset] = 0;
  writeU16(octets, offset + 1, TYPE_OPT);
  writeU16(octets, offset + 3, udpOctets);
  octets[offset + 5] = rcode >>> 4;
  octets[offset + 6] = 0;
  writeU16(octets, offset + 7, dnssecOk ? EDNS_FLAG_DO : 0);
  let at = offset + OPT_OCTETS;
  if (nsid !== null) {
    writeU16(octets, at, EDNS_OPTION_NSID);
    writeU16(octets, at + 2, nsid.length);
    copyOctets(nsid, 0, octets, at + OPTION_HEAD_OCTETS, nsid.length);
    at += OPTION_HEAD_OCTETS + nsid.length;
  }
  if (ede !== EDE_NONE) {
    writeU16(octets, at, EDNS_OPTION_EDE);
    writeU16(octets, at + 2, EDE_OPTION_OCTETS - OPTION_HEAD_OCTETS);
    writeU16(octets, at + OPTION_HEAD_OCTETS, ede);
    at += EDE_OPTION_OCTETS;
  }
  if (subnet.present) at = subnet.write(octets, at, scopeBits);
  writeU16(octets, offset + 9, at - offset - OPT_OCTETS);
  return at;
}
