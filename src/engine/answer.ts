/**
 * Answers a question of class IN from the zones served: chooses the zone, looks up, follows CNAME and DNAME, and puts
 * RRsets into sections. RFC 1034 §4.3.2, RFC 2308 §2, RFC 4035 §3.1, RFC 6604, RFC 8482 §4.1.
 * Must not know: transports, EDNS but for the DO bit.
 */
import { CHAIN_STEPS_MAX } from '../base/limits.js';
import { APEX, NONE, type ZoneView } from '../index/zone-index.js';
import type { ZoneSlot } from '../index/zone-table.js';
import {
  EDE_NOT_AUTHORITATIVE,
  EDE_NOT_READY,
  FLAG_AA,
  FLAG_TC,
  RCODE_NOERROR,
  RCODE_NXDOMAIN,
  RCODE_REFUSED,
  RCODE_SERVFAIL,
  TYPE_ANY,
  TYPE_DS,
  TYPE_NS,
  TYPE_NSEC,
  TYPE_RRSIG,
} from '../wire/constants.js';
import { SECTION_ANSWER, SECTION_AUTHORITY, TTL_AS_STORED } from '../wire/response.js';
import { addAnswerAddresses } from './additional.js';
import { followCname, followDname } from './chain.js';
import type { QueryContext } from './context.js';
import { denyCloser, denyName, denyType, writeProofs } from './denial.js';
import {
  lookUp,
  OUTCOME_CNAME,
  OUTCOME_DELEGATION,
  OUTCOME_DNAME,
  OUTCOME_HIT,
  OUTCOME_NODATA,
  OUTCOME_NXDOMAIN,
} from './lookup.js';
import { answerReferral } from './referral.js';

/** `answerQuestion`: what is in the zone is not for everybody, and who asks is not known here. */
export const RESTRICTED = -2;

// === hot path

/** Answers the context's question. @returns the zone that the question fell into, NONE, or RESTRICTED. */
export function answerQuestion(ctx: QueryContext): ZoneSlot {
  const zone = selectZone(ctx);
  if (zone === NONE) {
    ctx.rcode = RCODE_REFUSED;
    ctx.ede = EDE_NOT_AUTHORITATIVE;
    return NONE;
  }
  if (ctx.options.defers && ctx.zones.isRestricted(zone)) return RESTRICTED;
  let view = ctx.view;
  if (view === null) {
    ctx.rcode = RCODE_SERVFAIL;
    ctx.ede = EDE_NOT_READY;
    return zone;
  }
  ctx.flags = FLAG_AA;
  for (let step = 0; step < CHAIN_STEPS_MAX; step++) {
    if (!answerStep(ctx, view, step)) {
      addSupplement(ctx, view);
      break;
    }
    // A chain that leaves the zones we can answer for ends with what it has, RFC 1034 §4.3.2 step 3a.
    const next = selectZone(ctx);
    if (next === NONE || ctx.view === null) break;
    // Who may ask for the alias need not be who may ask for its target: a zone with an access list is asked by itself.
    if (next !== zone && ctx.zones.isRestricted(next)) break;
    view = ctx.view;
  }
  // of a chain that has left our zones; else they are written already
  writeProofs(ctx);
  return zone;
}

/**
 * The zone to answer from: the longest match, but for DS of an apex the parent's (RFC 4035 §3.1.4.1). What it serves is
 * the context's view then.
 */
function selectZone(ctx: QueryContext): ZoneSlot {
  const name = ctx.name;
  const zone = findZone(ctx, 0);
  if (ctx.request.qtype !== TYPE_DS || zone === NONE || name.labelCount === 0) return zone;
  if (ctx.zones.apexLabels(zone) !== name.labelCount) return zone;
  const view = ctx.view;
  const parent = findZone(ctx, 1);
  if (parent !== NONE && ctx.view !== null) {
    // A grandparent would only refer to a parent that is elsewhere; then the child's NODATA says more.
    lookUp(ctx.view, name, TYPE_DS, ctx.lookup);
    if (ctx.lookup.outcome !== OUTCOME_DELEGATION) return parent;
  }
  ctx.view = view;
  return zone;
}

/** The zone with the longest apex from `label` on that is not hidden from the client, as the context's view. */
function findZone(ctx: QueryContext, label: number): ZoneSlot {
  const { name, zones } = ctx;
  let zone = zones.find(name, label);
  while (zone !== NONE) {
    ctx.view = zones.view(zone);
    if (ctx.view === null || !ctx.view.isHidden) return zone;
    const above = name.labelCount - zones.apexLabels(zone) + 1;
    zone = above > name.labelCount ? NONE : zones.find(name, above);
  }
  ctx.view = null;
  return NONE;
}

/** One look-up of the chain. @returns whether the chain goes on, at the context's name. */
function answerStep(ctx: QueryContext, view: ZoneView, step: number): boolean {
  lookUp(view, ctx.name, ctx.request.qtype, ctx.lookup);
  switch (ctx.lookup.outcome) {
    case OUTCOME_HIT:
      answerHit(ctx, view);
      return false;
    case OUTCOME_NODATA:
      denyType(ctx, view);
      answerNegative(ctx, view, RCODE_NOERROR);
      return false;
    case OUTCOME_NXDOMAIN:
      denyName(ctx, view);
      answerNegative(ctx, view, RCODE_NXDOMAIN);
      return false;
    case OUTCOME_DELEGATION:
      // AA speaks of the first owner name in the answer, RFC 1035 §4.1.1.
      if (step === 0) ctx.flags = 0;
      answerReferral(ctx, view);
      return false;
    case OUTCOME_CNAME:
      denyCloser(ctx, view);
      return followCname(ctx, view);
    case OUTCOME_DNAME:
      return followDname(ctx, view);
  }
}

function answerHit(ctx: QueryContext, view: ZoneView): void {
  const lookup = ctx.lookup;
  let first = lookup.rrset;
  let count = 1;
  if (ctx.request.qtype === TYPE_ANY) {
    first = view.nodeRrsetFirst(lookup.node);
    count = view.nodeRrsetCount(lookup.node);
    if (!ctx.options.anyFull) {
      first = chooseAny(view, first, count);
      count = 1;
    }
  }
  denyCloser(ctx, view);
  if (count > 1) {
    if (!addAll(ctx, view, first, count)) return;
  } else if (!ctx.addRrset(view, first, ctx.name, ctx.nameOffset, TTL_AS_STORED)) return;
  if (ctx.options.minimalResponses !== 'yes') {
    ctx.additionalView = view;
    ctx.additionalFirst = first;
    ctx.additionalCount = count;
  }
}

/** Adds all that a name has, its signatures as the RRset that they are. @returns whether it fitted */
function addAll(ctx: QueryContext, view: ZoneView, first: number, count: number): boolean {
  for (let i = 0; i < count; i++) {
    if (!ctx.addPlainRrset(view, first + i, ctx.name, ctx.nameOffset, TTL_AS_STORED)) {
      ctx.flags |= FLAG_TC;
      return false;
    }
  }
  return true;
}

/** RFC 8482 §4.1: one RRset stands for all; the first that is not about DNSSEC. */
function chooseAny(view: ZoneView, first: number, count: number): number {
  for (let i = 0; i < count; i++) {
    const type = view.rrsetType(first + i);
    if (type !== TYPE_RRSIG && type !== TYPE_NSEC) return first + i;
  }
  return first;
}

/** What nobody asked for but many can use, once the answer is complete. */
function addSupplement(ctx: QueryContext, view: ZoneView): void {
  if (ctx.options.minimalResponses === 'no' && isPositive(ctx)) addApexNs(ctx, view);
  writeProofs(ctx);
  if (ctx.additionalView !== null) addAnswerAddresses(ctx, ctx.additionalView);
}

/** Whether nothing but whole answers is in the reply so far. */
function isPositive(ctx: QueryContext): boolean {
  if (ctx.rcode !== RCODE_NOERROR || (ctx.flags & FLAG_TC) !== 0) return false;
  return ctx.writer.section === SECTION_ANSWER;
}

/** Whose zone it is, for resolvers that like to know: `minimal-responses no`. */
function addApexNs(ctx: QueryContext, view: ZoneView): void {
  const rrset = view.nodeRrset(APEX, TYPE_NS);
  if (rrset === NONE) return;
  const offset = ctx.ownerOffset(view, APEX);
  if (ctx.writer.hasRrset(offset, TYPE_NS)) return;
  ctx.writer.section = SECTION_AUTHORITY;
  ctx.addOptionalRrset(view, rrset, ctx.owner, offset, TTL_AS_STORED);
}

/** NODATA and NXDOMAIN, also at the end of a chain (RFC 6604 §3): the SOA says for how long (RFC 2308 §3, §5). */
function answerNegative(ctx: QueryContext, view: ZoneView, rcode: number): void {
  ctx.rcode = rcode;
  ctx.writer.section = SECTION_AUTHORITY;
  const offset = ctx.ownerOffset(view, APEX);
  ctx.addRrset(view, view.soa, ctx.owner, offset, view.negativeTtl);
}
