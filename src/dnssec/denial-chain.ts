/**
 * Makes the chain by which a zone proves what is not there: NSEC (RFC 4034 §4, RFC 4035 §2.3) or NSEC3 (RFC 5155 §7.1),
 * under the TTL of RFC 9077. Must not know: keys, signatures, whether a chain is there already.
 */
import { NAME_OCTETS_MAX } from '../base/limits.js';
import type { Nsec3Spec } from '../config/signing-policy.js';
import { TYPE_NSEC, TYPE_NSEC3, TYPE_NSEC3PARAM, TYPE_SOA } from '../wire/constants.js';
import { NameView, parseName } from '../wire/name.js';
import {
  compareHashes,
  NSEC3_HASH_OCTETS,
  NSEC3_HASH_WORDS,
  NSEC3_LABEL_OCTETS,
  NSEC3_SHA1,
  Nsec3Hasher,
  writeHashText,
} from '../wire/nsec3-hash.js';
import { copyOctets, readU32, writeU32 } from '../wire/octets.js';
import { findRrset, OUTSIDE, type Zone } from '../zone/zone.js';
import {
  BITMAP_OCTETS_MAX,
  type ChainNames,
  isEmpty,
  isInsecure,
  writeBitmap,
} from './authoritative-names.js';
import type { ZoneAdditions } from './zone-additions.js';

const FLAG_OPT_OUT = 1;

/** RFC 9077 §3: the lesser of the SOA's minimum and its TTL. */
export function denialTtl(zone: Zone): number {
  const record = zone.rrsetRecordFirst[findRrset(zone, zone.apex, TYPE_SOA)]!;
  const minimum = readU32(zone.rdata, zone.recordRdata[record]! + zone.recordLength[record]! - 4);
  return Math.min(minimum, zone.recordTtl[record]!);
}

/** Adds an NSEC record for each name that has data or is a zone cut. */
export function addNsecChain(zone: Zone, { order, kinds }: ChainNames, to: ZoneAdditions): void {
  const { octets, offsets, lengths } = zone.names;
  const ttl = denialTtl(zone);
  const rdata = new Uint8Array(NAME_OCTETS_MAX + BITMAP_OCTETS_MAX);
  const chain = order.filter((owner) => !isEmpty(kinds[owner]!));
  for (let i = 0; i < chain.length; i++) {
    const owner = chain[i]!;
    const next = chain[i + 1 < chain.length ? i + 1 : 0]!;
    const length = lengths[next]!;
    copyOctets(octets, offsets[next]!, rdata, 0, length);
    const bitmap = writeBitmap(zone, owner, kinds[owner]!, TYPE_NSEC, rdata, length);
    to.add(owner, TYPE_NSEC, ttl, rdata, 0, length + bitmap);
  }
}

/** RDATA of NSEC3PARAM, which a chain's NSEC3 begin with, too (RFC 5155 §3.2, §4.2). */
function parameters({ iterations }: Nsec3Spec, salt: Uint8Array): Uint8Array {
  const head = [NSEC3_SHA1, 0, iterations >>> 8, iterations & 0xff, salt.length];
  return new Uint8Array([...head, ...salt]);
}

/**
 * Adds the NSEC3PARAM record. It has to be there before the chain is made, which tells of it.
 * @param salt as long as the policy says
 */
export function addNsec3Param(
  zone: Zone,
  spec: Nsec3Spec,
  salt: Uint8Array,
  to: ZoneAdditions,
): void {
  // of no use to resolvers: nothing should keep it
  to.put(zone.apex, TYPE_NSEC3PARAM, 0, parameters(spec, salt));
}

/** Adds an NSEC3 record for each name of the chain, and its owner name to those of the zone. */
export function addNsec3Chain(
  zone: Zone,
  names: ChainNames,
  spec: Nsec3Spec,
  salt: Uint8Array,
  to: ZoneAdditions,
): void {
  const { kinds } = names;
  const chain = spec.optOut
    ? names.order.filter((owner) => !isInsecure(kinds[owner]!))
    : names.order;
  const head = parameters(spec, salt);
  const hashes = hashesOf(zone, chain, head);
  const order = orderOf(hashes, chain.length);
  if (spec.optOut) head[1] = FLAG_OPT_OUT;
  const ttl = denialTtl(zone);
  const rdata = new Uint8Array(head.length + 1 + NSEC3_HASH_OCTETS + BITMAP_OCTETS_MAX);
  rdata.set(head);
  rdata[head.length] = NSEC3_HASH_OCTETS;
  const hashAt = head.length + 1;
  const bitmapAt = hashAt + NSEC3_HASH_OCTETS;
  const owners = new HashedOwners(zone);
  for (let i = 0; i < order.length; i++) {
    const at = order[i]!;
    const next = order[i + 1 < order.length ? i + 1 : 0]!;
    for (let word = 0; word < NSEC3_HASH_WORDS; word++) {
      writeU32(rdata, hashAt + word * 4, hashes[next * NSEC3_HASH_WORDS + word]! >>> 0);
    }
    const owner = chain[at]!;
    const bitmap = writeBitmap(zone, owner, kinds[owner]!, TYPE_NSEC3, rdata, bitmapAt);
    const hashed = owners.of(hashes, at * NSEC3_HASH_WORDS);
    to.add(hashed, TYPE_NSEC3, ttl, rdata, 0, bitmapAt + bitmap);
  }
  owners.finish();
}

/** The hash of each name, in the order of the names. */
function hashesOf(zone: Zone, chain: Int32Array, parameterRdata: Uint8Array): Int32Array {
  const { octets, offsets, lengths } = zone.names;
  const hasher = new Nsec3Hasher();
  hasher.takeParameters(parameterRdata, 0);
  const hashes = new Int32Array(chain.length * NSEC3_HASH_WORDS);
  for (let i = 0; i < chain.length; i++) {
    const owner = chain[i]!;
    hasher.hashName(octets, offsets[owner]!, lengths[owner]!);
    hashes.set(hasher.hash, i * NSEC3_HASH_WORDS);
  }
  return hashes;
}

/** Indices of hashes in ascending order: by their first words as numbers, ties by the rest. */
function orderOf(hashes: Int32Array, count: number): Int32Array {
  // the first word and the index in one number: 53 bits are enough for both
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) keys[i] = (hashes[i * NSEC3_HASH_WORDS]! >>> 0) * 2 ** 21 + i;
  if (count >= 2 ** 21) return Int32Array.from(keys, (_, i) => i).sort(byHash(hashes));
  keys.sort();
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[i] = keys[i]! % 2 ** 21;
  const compare = byHash(hashes);
  for (let i = 1; i < count; i++) {
    const index = order[i]!;
    let at = i;
    for (; at > 0 && compare(order[at - 1]!, index) > 0; at--) order[at] = order[at - 1]!;
    order[at] = index;
  }
  return order;
}

function byHash(hashes: Int32Array): (a: number, b: number) => number {
  return (a, b) => compareHashes(hashes, a * NSEC3_HASH_WORDS, hashes, b * NSEC3_HASH_WORDS);
}

/** Owner names of NSEC3 records: the hash as a label before the apex. */
class HashedOwners {
  private readonly zone: Zone;
  private readonly name: Uint8Array;
  private readonly view = new NameView();

  constructor(zone: Zone) {
    const { octets, offsets, lengths } = zone.names;
    const apexOctets = lengths[zone.apex]!;
    this.zone = zone;
    this.name = new Uint8Array(1 + NSEC3_LABEL_OCTETS + apexOctets);
    this.name[0] = NSEC3_LABEL_OCTETS;
    copyOctets(octets, offsets[zone.apex]!, this.name, 1 + NSEC3_LABEL_OCTETS, apexOctets);
  }

  of(hashes: Int32Array, at: number): number {
    writeHashText(hashes, at, this.name, 1);
    parseName(this.view, this.name, 0, this.name.length);
    return this.zone.names.add(this.view, 0);
  }

  /** Names that do not belong to the zone are not to be found in it, however its table has grown. */
  finish(): void {
    const { names, parents } = this.zone;
    if (!parents.includes(OUTSIDE)) return;
    names.retain((owner) => owner >= parents.length || parents[owner] !== OUTSIDE);
  }
}
