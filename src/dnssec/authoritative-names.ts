/**
 * The names that a zone's chain of NSEC or NSEC3 is made of (RFC 4035 §2.3, RFC 5155 §7.1), in canonical order, and the
 * type bitmap that is right for each. Glue and what a DNAME hides has no part in it, empty non-terminals have in NSEC3
 * only. Signatures and chains that are in the zone already do not count: the same names come out of a zone before and
 * after it is signed. Must not know: hashes, signatures, which records of a chain are there.
 */
import {
  TYPE_DNAME,
  TYPE_DS,
  TYPE_NS,
  TYPE_NSEC,
  TYPE_NSEC3,
  TYPE_RRSIG,
} from '../wire/constants.js';
import { canonicalOrder } from '../zone/canonical.js';
import type { OwnerId } from '../zone/name-table.js';
import type { Zone } from '../zone/zone.js';

/** Has no part in a chain: out of zone, below a zone cut or DNAME, or there for the chain alone. */
export const NAME_LEFT_OUT = 0;
/** Owns data of the zone; the apex is one of these. */
export const NAME_AUTHORITATIVE = 1;
/** A zone cut with DS, and one without. */
export const NAME_SECURE_CUT = 2;
export const NAME_INSECURE_CUT = 3;
/** An empty non-terminal, and one that is there for insecure delegations alone, which opt-out may leave out, too. */
export const NAME_EMPTY = 4;
export const NAME_EMPTY_INSECURE = 5;

export type ChainNames = {
  /** Owners of a kind other than NAME_LEFT_OUT, in canonical order; the apex is the first. */
  readonly order: Int32Array;
  /** NAME_… of each owner of the zone. */
  readonly kinds: Uint8Array;
};

/** A window of a type bitmap holds 256 types (RFC 4034 §4.1.2). */
const WINDOW_TYPES = 256;
const WINDOW_OCTETS = 32;
/** Octets that a bitmap takes at most. */
export const BITMAP_OCTETS_MAX = 256 * (2 + WINDOW_OCTETS);

export function isCut(kind: number): boolean {
  return kind === NAME_SECURE_CUT || kind === NAME_INSECURE_CUT;
}

export function isEmpty(kind: number): boolean {
  return kind === NAME_EMPTY || kind === NAME_EMPTY_INSECURE;
}

/** Whether opt-out may leave the name out of a chain of NSEC3 (RFC 5155 §7.1). */
export function isInsecure(kind: number): boolean {
  return kind === NAME_INSECURE_CUT || kind === NAME_EMPTY_INSECURE;
}

/** n log n in the number of names. */
export function chainNames(zone: Zone): ChainNames {
  const kinds = new Uint8Array(zone.names.count);
  const order = canonicalOrder(zone);
  findKinds(zone, order, kinds);
  findEmpty(zone, order, kinds);
  let used = 0;
  for (let i = 0; i < order.length; i++) {
    if (kinds[order[i]!] !== NAME_LEFT_OUT) order[used++] = order[i]!;
  }
  return { order: order.subarray(0, used), kinds };
}

// === hot path

/** Sets the kinds of owners that own something: each comes after its parent. */
function findKinds(zone: Zone, order: Int32Array, kinds: Uint8Array): void {
  const { parents, ownerRrsetFirst, rrsetType, apex } = zone;
  const hides = new Uint8Array(kinds.length);
  for (let i = 0; i < order.length; i++) {
    const owner = order[i]!;
    const parent = parents[owner]!;
    if (parent >= 0 && hides[parent] === 1) {
      hides[owner] = 1;
      continue;
    }
    let kind = owner === apex ? NAME_AUTHORITATIVE : NAME_LEFT_OUT;
    let hasDs = false;
    const end = ownerRrsetFirst[owner + 1]!;
    for (let rrset = ownerRrsetFirst[owner]!; rrset < end; rrset++) {
      const type = rrsetType[rrset]!;
      if (isOfSigning(type)) continue;
      if (type === TYPE_NS && owner !== apex) kind = NAME_INSECURE_CUT;
      else if (kind === NAME_LEFT_OUT) kind = NAME_AUTHORITATIVE;
      if (type === TYPE_DS) hasDs = true;
      if (type === TYPE_DNAME) hides[owner] = 1;
    }
    if (kind === NAME_INSECURE_CUT) {
      hides[owner] = 1;
      if (hasDs) kind = NAME_SECURE_CUT;
    }
    kinds[owner] = kind;
  }
}

/** Sets the kinds of empty non-terminals from those of the names below them. */
function findEmpty(zone: Zone, order: Int32Array, kinds: Uint8Array): void {
  const { parents } = zone;
  for (let i = order.length - 1; i >= 0; i--) {
    const owner = order[i]!;
    const kind = kinds[owner]!;
    const parent = parents[owner]!;
    if (kind === NAME_LEFT_OUT || parent < 0) continue;
    const above = kinds[parent]!;
    if (above !== NAME_LEFT_OUT && above !== NAME_EMPTY_INSECURE) continue;
    const insecure = kind === NAME_INSECURE_CUT || kind === NAME_EMPTY_INSECURE;
    kinds[parent] = insecure ? NAME_EMPTY_INSECURE : NAME_EMPTY;
  }
}

/** Whether records of a type are made by signing, and say nothing of their own. */
export function isOfSigning(type: number): boolean {
  return type === TYPE_RRSIG || type === TYPE_NSEC || type === TYPE_NSEC3;
}

const bits: Uint8Array = new Uint8Array(WINDOW_OCTETS);

/**
 * Writes the type bitmap (RFC 4034 §4.1.2) that an owner's NSEC or NSEC3 has by rights.
 * @param kind NAME_… of the owner, not NAME_LEFT_OUT
 * @param denial TYPE_NSEC or TYPE_NSEC3
 * @param out takes up to BITMAP_OCTETS_MAX octets at `at`
 * @returns octets written
 */
export function writeBitmap(
  zone: Zone,
  owner: OwnerId,
  kind: number,
  denial: number,
  out: Uint8Array,
  at: number,
): number {
  const { ownerRrsetFirst, rrsetType } = zone;
  const cut = kind === NAME_SECURE_CUT || kind === NAME_INSECURE_CUT;
  const empty = kind === NAME_EMPTY || kind === NAME_EMPTY_INSECURE;
  let used = -1;
  if (denial === TYPE_NSEC) used = setBit(TYPE_NSEC, setBit(TYPE_RRSIG, used));
  // NSEC3 stands at another name: what it tells of is signed or not for itself
  else if (!empty && kind !== NAME_INSECURE_CUT) used = setBit(TYPE_RRSIG, used);
  let window = 0;
  let to = at;
  const end = ownerRrsetFirst[owner + 1]!;
  for (let rrset = ownerRrsetFirst[owner]!; rrset < end; rrset++) {
    const type = rrsetType[rrset]!;
    if (isOfSigning(type) || (cut && type !== TYPE_NS && type !== TYPE_DS)) continue;
    if (type >>> 8 !== window) {
      to = flushWindow(out, to, window, used);
      window = type >>> 8;
      used = -1;
    }
    used = setBit(type, used);
  }
  return flushWindow(out, to, window, used) - at;
}

/** @param used last octet of the window in use, or -1. @returns the same after the type's bit is set */
function setBit(type: number, used: number): number {
  const at = (type % WINDOW_TYPES) >>> 3;
  bits[at] = bits[at]! | (0x80 >>> (type & 7));
  return at > used ? at : used;
}

function flushWindow(out: Uint8Array, at: number, window: number, used: number): number {
  if (used < 0) return at;
  out[at] = window;
  out[at + 1] = used + 1;
  for (let i = 0; i <= used; i++) {
    out[at + 2 + i] = bits[i]!;
    bits[i] = 0;
  }
  return at + 3 + used;
}
