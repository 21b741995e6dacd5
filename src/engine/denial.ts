/**
 * Which records of a signed zone's chain an answer needs for the client to believe what it does not say: RFC 4035
 * §3.1.3 with NSEC, RFC 5155 §7.2 with NSEC3. Ways to them were made when the zone was compiled; at most one name is
 * hashed or searched for. Must not know: how the zone was searched, why there is no such data.
 */
import { NAME_OCTETS_MAX } from '../base/limits.js';
import {
  DENIAL_NSEC3,
  ENDING_NONE,
  type NodeId,
  type ProofParts,
  type SignedView,
  type ZoneView,
} from '../index/zone-index.js';
import { FLAG_TC } from '../wire/constants.js';
import { parseName } from '../wire/name.js';
import { readU16 } from '../wire/octets.js';
import { SECTION_AUTHORITY, TTL_AS_STORED } from '../wire/response.js';
import type { QueryContext } from './context.js';

/** Of a stored record, after the pointer that stands for its owner. */
const TYPE_OFFSET = 2;

// === hot path

/** The zone's signed part if the client wants to see it, else `null`. */
function signedFor(ctx: QueryContext, view: ZoneView): SignedView | null {
  return ctx.request.edns.dnssecOk ? view.signed : null;
}

/** The context's name does not exist, nor a wildcard for it: RFC 4035 §3.1.3.2, RFC 5155 §7.2.2. */
export function denyName(ctx: QueryContext, view: ZoneView): void {
  const signed = signedFor(ctx, view);
  if (signed === null) return;
  const { node, label } = ctx.lookup.found;
  if (signed.denial === DENIAL_NSEC3) ctx.proofs.add(view, signed.nodeProof(node));
  ctx.proofs.add(view, signed.nameCover(ctx.name, label, node));
  ctx.proofs.add(view, signed.wildcardCover(node));
}

/**
 * A name has other types than the one asked for: RFC 4035 §3.1.3.1, RFC 5155 §7.2.3, §7.2.4. If it is a wildcard that
 * the context's name matches, it must be shown that it does: RFC 4035 §3.1.3.4, RFC 5155 §7.2.5.
 */
export function denyType(ctx: QueryContext, view: ZoneView): void {
  const signed = signedFor(ctx, view);
  if (signed === null) return;
  const { found, node } = ctx.lookup;
  if (found.label !== 0) {
    if (signed.denial === DENIAL_NSEC3) ctx.proofs.add(view, signed.nodeProof(found.node));
    ctx.proofs.add(view, signed.nameCover(ctx.name, found.label, found.node));
  }
  denyAtNode(ctx, view, signed, node);
}

/** The answer is a wildcard's: no name is nearer to the context's. RFC 4035 §3.1.3.3, RFC 5155 §7.2.6. */
export function denyCloser(ctx: QueryContext, view: ZoneView): void {
  const { found } = ctx.lookup;
  if (found.label === 0) return;
  const signed = signedFor(ctx, view);
  if (signed === null) return;
  ctx.proofs.add(view, signed.nameCover(ctx.name, found.label, found.node));
}

/** A delegation has no DS: RFC 4035 §3.1.4, RFC 5155 §7.2.7. */
export function denyDs(ctx: QueryContext, view: ZoneView, cut: NodeId): void {
  const signed = signedFor(ctx, view);
  if (signed !== null) denyAtNode(ctx, view, signed, cut);
}

function denyAtNode(ctx: QueryContext, view: ZoneView, signed: SignedView, node: NodeId): void {
  ctx.proofs.add(view, signed.nodeProof(node));
  // under opt-out: the name is not in the chain, or below one that is not
  ctx.proofs.add(view, signed.nodeCover(node));
}

/** Puts what was gathered into authority; TC if it does not fit, RFC 4035 §3.1.3. */
export function writeProofs(ctx: QueryContext): void {
  const { proofs } = ctx;
  if (proofs.count === 0) return;
  ctx.writer.section = SECTION_AUTHORITY;
  for (let i = 0; i < proofs.count && (ctx.flags & FLAG_TC) === 0; i++) {
    const view = proofs.views[i]!;
    const { signed } = view;
    if (signed === null) continue;
    signed.readProof(proofs.ids[i]!, proofs.parts);
    if (!addProof(ctx, view, proofs.parts)) ctx.flags |= FLAG_TC;
  }
  proofs.count = 0;
}

/** As `addRrset`, of what lies ready in one place. @returns whether it fitted */
function addProof(ctx: QueryContext, view: ZoneView, parts: ProofParts): boolean {
  const { writer, owner } = ctx;
  const { octets } = view;
  parseName(owner, octets, parts.name, parts.name + NAME_OCTETS_MAX);
  const at = writer.offsetOf(owner);
  const { offset, length, records } = parts;
  const type = readU16(octets, offset + TYPE_OFFSET);
  // one whose owner was asked for it is in the answer
  if (writer.hasRrset(at, type)) return true;
  const start = writer.position;
  const ttl = TTL_AS_STORED;
  if (!writer.writeRrset(owner, at, octets, offset, length, type, records, ttl)) return false;
  if (view.ending !== ENDING_NONE) ctx.countDown(view, start, false);
  const { signatureOffset, signatureLength, signatures } = parts;
  if (signatures === 0) return true;
  if (writer.writeSignatures(owner, octets, signatureOffset, signatureLength, signatures, ttl)) {
    return true;
  }
  writer.takeBack();
  return false;
}
