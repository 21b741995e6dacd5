/**
 * Referrals: the NS RRset of a zone cut in authority, DS beside it or the proof that there is none, glue in additional.
 * RFC 1034 §4.3.2 step 3b, RFC 4035 §3.1.4, RFC 5155 §7.2.7, RFC 9471. Must not know: how the cut was found.
 */
import type { NodeId, RrsetId, ZoneView } from '../index/zone-index.js';
import { NONE } from '../index/zone-index.js';
import { FLAG_TC, TYPE_DS, TYPE_NS } from '../wire/constants.js';
import { nameLength, suffixOffset } from '../wire/name.js';
import { SECTION_ADDITIONAL, SECTION_AUTHORITY, TTL_AS_STORED } from '../wire/response.js';
import { addAddresses } from './additional.js';
import type { QueryContext } from './context.js';
import { denyDs, writeProofs } from './denial.js';

// === hot path

/** Refers the client to the zone below the cut found. */
export function answerReferral(ctx: QueryContext, view: ZoneView): void {
  const cut = ctx.lookup.node;
  const ns = view.nodeRrset(cut, TYPE_NS);
  if (ns === NONE) return;
  ctx.writer.section = SECTION_AUTHORITY;
  const offset = ctx.ownerOffset(view, cut);
  if (!ctx.addRrset(view, ns, ctx.owner, offset, TTL_AS_STORED)) return;
  // In a zone without signatures a DS proves nothing: BIND, NSD and Knot leave it out there.
  if (view.signed !== null && ctx.request.edns.dnssecOk) {
    const ds = view.nodeRrset(cut, TYPE_DS);
    if (ds === NONE) denyDs(ctx, view, cut);
    else if (!ctx.addRrset(view, ds, ctx.owner, offset, TTL_AS_STORED)) return;
  }
  writeProofs(ctx);
  if ((ctx.flags & FLAG_TC) !== 0) return;
  ctx.writer.section = SECTION_ADDITIONAL;
  addGlue(ctx, view, cut, ns);
}

/** RFC 9471 §3: glue for in-domain name servers comes first and is not optional; all other glue is. */
function addGlue(ctx: QueryContext, view: ZoneView, cut: NodeId, ns: RrsetId): void {
  const first = view.rrsetLinkFirst(ns);
  const end = first + view.rrsetLinkCount(ns);
  const cutName = view.nodeName(cut);
  const cutOctets = nameLength(view.octets, cutName);
  let others = 0;
  for (let link = first; link < end; link++) {
    if (!isInDomain(view, view.linkName(link), cutName, cutOctets)) others++;
    else if (!addAddresses(ctx, view, link)) ctx.flags |= FLAG_TC;
  }
  for (let link = first; link < end && others > 0; link++) {
    if (isInDomain(view, view.linkName(link), cutName, cutOctets)) continue;
    others--;
    addAddresses(ctx, view, link);
  }
}

function isInDomain(view: ZoneView, target: number, cutName: number, cutOctets: number): boolean {
  const octets = view.octets;
  const targetOctets = nameLength(octets, target);
  return suffixOffset(octets, target, targetOctets, octets, cutName, cutOctets) >= 0;
}
