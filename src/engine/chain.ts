/**
 * One step of a chain of aliases: CNAME (RFC 1034 §3.6.2) and DNAME with its synthesized CNAME (RFC 6672 §3.1).
 * Must not know: where the chain leads.
 */
import { NAME_OCTETS_MAX } from '../base/limits.js';
import type { ZoneView } from '../index/zone-index.js';
import { ENDING_NONE, NONE } from '../index/zone-index.js';
import { FLAG_TC, RCODE_YXDOMAIN, TYPE_CNAME, TYPE_DNAME } from '../wire/constants.js';
import { nameLength } from '../wire/name.js';
import { copyOctets } from '../wire/octets.js';
import { TTL_AS_STORED } from '../wire/response.js';
import type { QueryContext } from './context.js';

/** Owner pointer, type, class, TTL and RDLENGTH before the RDATA of a stored record. */
const RDATA_OFFSET = 12;

// === hot path

/** Puts the CNAME found into the answer. @returns whether the context's name is now its target, not seen before. */
export function followCname(ctx: QueryContext, view: ZoneView): boolean {
  // A loop: the answer so far is all there is.
  if (ctx.writer.hasRrset(ctx.nameAt(), TYPE_CNAME)) return false;
  const rrset = ctx.lookup.rrset;
  if (!ctx.addRrset(view, rrset, ctx.name, ctx.nameOffset, TTL_AS_STORED)) return false;
  ctx.follow(view.octets, view.rrsetOffset(rrset) + RDATA_OFFSET);
  return true;
}

/** Puts DNAME and synthesized CNAME into the answer. @returns as `followCname`. */
export function followDname(ctx: QueryContext, view: ZoneView): boolean {
  const node = ctx.lookup.node;
  const rrset = view.nodeRrset(node, TYPE_DNAME);
  if (rrset === NONE) return false;
  const name = ctx.name;
  const writer = ctx.writer;
  const offset = ctx.ownerOffset(view, node);
  if (!writer.hasRrset(offset, TYPE_DNAME)) {
    if (!ctx.addRrset(view, rrset, ctx.owner, offset, TTL_AS_STORED)) return false;
  }
  if (writer.hasRrset(ctx.nameAt(), TYPE_CNAME)) return false;
  const target = view.rrsetOffset(rrset) + RDATA_OFFSET;
  const targetOctets = nameLength(view.octets, target);
  const prefixOctets = name.length - nameLength(view.octets, view.nodeName(node));
  // RFC 6672 §2.2: the substituted name is too long.
  if (prefixOctets + targetOctets > NAME_OCTETS_MAX) {
    ctx.rcode = RCODE_YXDOMAIN;
    return false;
  }
  const octets = ctx.spareOctets();
  copyOctets(name.octets, name.offset, octets, 0, prefixOctets);
  copyOctets(view.octets, target, octets, prefixOctets, targetOctets);
  const nameOffset = ctx.nameOffset;
  ctx.follow(octets, 0);
  const start = writer.position;
  if (!writer.writeCname(name, nameOffset, view.rrsetTtl(rrset), ctx.name)) {
    ctx.flags |= FLAG_TC;
    return false;
  }
  if (view.ending !== ENDING_NONE) ctx.countDown(view, start, false);
  // Who asked for a CNAME has it now; BIND and NSD stop here too.
  return ctx.request.qtype !== TYPE_CNAME;
}
