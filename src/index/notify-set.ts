/**
 * Whom a zone itself names to be notified (RFC 1996 §2.1): its name servers but the one in the SOA's MNAME, as far as
 * the zone has their addresses. Must not know: what else is configured, how they are notified.
 */
import { ip4Text, ip6Text } from '../wire/address-text.js';
import { TYPE_A, TYPE_AAAA, TYPE_NS } from '../wire/constants.js';
import { equalNames, nameLength } from '../wire/name.js';
import { readU16 } from '../wire/octets.js';
import { RECORD_HEAD_OCTETS } from './image.js';
import { APEX, NONE, type NodeId, type ZoneView } from './zone-index.js';

/** Octets of a record's RDLENGTH before its RDATA. */
const LENGTH_OCTETS = 2;

/** RDATA of the zone's SOA; a view of the zone's octets. */
export function soaRdata(view: ZoneView): Uint8Array {
  const at = view.rrsetOffset(view.soa) + RECORD_HEAD_OCTETS;
  return view.octets.subarray(at, at + readU16(view.octets, at - LENGTH_OCTETS));
}

/** Addresses in presentation format, in the order of the NS records. */
export function notifySet(view: ZoneView): string[] {
  const servers = view.nodeRrset(APEX, TYPE_NS);
  if (servers === NONE) return [];
  const { octets } = view;
  const mname = view.rrsetOffset(view.soa) + RECORD_HEAD_OCTETS;
  const mnameLength = nameLength(octets, mname);
  const first = view.rrsetLinkFirst(servers);
  const addresses: string[] = [];
  for (let link = first; link < first + view.rrsetLinkCount(servers); link++) {
    const name = view.linkName(link);
    const isMname =
      nameLength(octets, name) === mnameLength &&
      equalNames(octets, name, octets, mname, mnameLength);
    if (!isMname) addresses.push(...addressesOf(view, view.linkNode(link)));
  }
  return addresses;
}

function addressesOf(view: ZoneView, node: NodeId): string[] {
  return [TYPE_A, TYPE_AAAA].flatMap((type) => {
    const rrset = view.nodeRrset(node, type);
    if (rrset === NONE) return [];
    const octets = type === TYPE_A ? 4 : 16;
    const first = view.rrsetOffset(rrset) + RECORD_HEAD_OCTETS;
    return Array.from({ length: view.rrsetCount(rrset) }, (_, i) => {
      const at = first + i * (RECORD_HEAD_OCTETS + octets);
      const address = view.octets.subarray(at, at + octets);
      return type === TYPE_A ? ip4Text(address) : ip6Text(address);
    });
  });
}
