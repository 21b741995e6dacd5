/**
 * Addresses of the names that RRsets point at, for the additional section: RFC 1034 §4.3.2 step 6, RFC 2782, RFC 9460
 * §4.1. The links were made when the zone was compiled. Must not know: why an RRset is in the reply.
 */

import { NAME_OCTETS_MAX } from '../base/limits.js';
import type { NodeId, RrsetId, ZoneView } from '../index/zone-index.js';
import { APEX, NONE } from '../index/zone-index.js';
import { TYPE_A, TYPE_AAAA, TYPE_NS } from '../wire/constants.js';
import { parseName } from '../wire/name.js';
import { SECTION_ADDITIONAL, TTL_AS_STORED } from '../wire/response.js';
import type { QueryContext } from './context.js';

// === hot path

/** Adds addresses for the RRsets that were put into answer and authority of a positive answer. */
export function addAnswerAddresses(ctx: QueryContext, view: ZoneView): void {
  ctx.writer.section = SECTION_ADDITIONAL;
  const end = ctx.additionalFirst + ctx.additionalCount;
  for (let rrset = ctx.additionalFirst; rrset < end; rrset++) addLinks(ctx, view, rrset);
  if (ctx.options.minimalResponses !== 'no') return;
  const apexNs = view.nodeRrset(APEX, TYPE_NS);
  if (apexNs !== NONE) addLinks(ctx, view, apexNs);
}

function addLinks(ctx: QueryContext, view: ZoneView, rrset: RrsetId): void {
  const first = view.rrsetLinkFirst(rrset);
  const end = first + view.rrsetLinkCount(rrset);
  for (let link = first; link < end; link++) addAddresses(ctx, view, link);
}

/** Adds A and AAAA RRsets of one link. @returns false if one of them did not fit. */
export function addAddresses(ctx: QueryContext, view: ZoneView, link: number): boolean {
  const node = view.linkNode(link);
  const at = view.linkName(link);
  parseName(ctx.owner, view.octets, at, at + NAME_OCTETS_MAX);
  const offset = ctx.writer.offsetOf(ctx.owner);
  const v4 = addOne(ctx, view, node, TYPE_A, offset);
  const v6 = addOne(ctx, view, node, TYPE_AAAA, offset);
  return v4 && v6;
}

/** @param offset where the owner already stands in the reply, or 0: then it has no RRset there either. */
function addOne(
  ctx: QueryContext,
  view: ZoneView,
  node: NodeId,
  type: number,
  offset: number,
): boolean {
  const rrset = view.nodeRrset(node, type);
  if (rrset === NONE || ctx.writer.hasRrset(offset, type)) return true;
  return ctx.addOptionalRrset(view, rrset, ctx.owner, offset, TTL_AS_STORED);
}
