/**
 * Records and client locations as tinydns keeps them in data.cdb, both ways. No standard but the file that djb's
 * tinydns-data writes:
 *
 *     record     owner name in lower case → type · mark · [location] · TTL · time · RDATA
 *                           octets of it      2      1        2         4     8
 *     location   NUL, `%`, first octets of an address → location, 2 octets
 *
 * The mark is `=` or, with a location, `>`; of a wildcard `*` or `+`, and its key is what follows `*.`. Numbers are in
 * network byte order, names uncompressed. Must not know: lines of text, zones, files.
 */
import {
  LABEL_OCTETS_MAX,
  MESSAGE_OCTETS_MAX,
  NAME_OCTETS_MAX,
  TINYDNS_PREFIX_OCTETS_MAX,
} from '../base/limits.js';
import { type ProblemList, wholeFile } from '../base/problem.js';
import type { Source } from '../base/source.js';
import { FOLD } from '../wire/name.js';
import { copyOctets, readU16, readU32, writeU16 } from '../wire/octets.js';
import { checkRdata } from '../wire/rdata-check.js';
import { typeText } from '../wire/rrtypes.js';
import { CdbReader, type CdbWriter } from './cdb.js';
import {
  emptyTinydnsRecord,
  type Refuse,
  type TinydnsRecord,
  type TinydnsSink,
} from './tinydns-sink.js';

const MARK_PLAIN = 0x3d;
const MARK_WILDCARD = 0x2a;
/** What a mark grows by if a location follows it. */
const LOCATED = 1;

/** Octets of TTL and time. */
const VALIDITY_OCTETS = 12;
/** Octets before the RDATA, without and with a location. */
const HEAD_OCTETS = 15;
const HEAD_OCTETS_LOCATED = 17;

const PERCENT = 0x25;
/** Octets of a location's key before the address. */
const LOCATION_KEY_HEAD = 2;
const LOCATION_OCTETS = 2;
const OCTET_BITS = 8;
/** Octets that `*.` adds to a name. */
const WILDCARD_OCTETS = 2;

/** Puts records and locations into a database as tinydns-data does, in the order of the calls. */
export class TinydnsCdbSink implements TinydnsSink {
  recordCount = 0;
  locationCount = 0;
  private readonly writer: CdbWriter;
  private readonly refuse: Refuse;

  /** @param refuse hears of prefixes that no tinydns finds there */
  constructor(writer: CdbWriter, refuse: Refuse) {
    this.writer = writer;
    this.refuse = refuse;
  }

  // === hot path

  record(view: TinydnsRecord): void {
    const { writer } = this;
    const mark = view.isWildcard ? MARK_WILDCARD : MARK_PLAIN;
    // tinydns-data takes a location of two zero octets for none
    const isLocated = view.location > 0;
    const head = isLocated ? HEAD_OCTETS_LOCATED : HEAD_OCTETS;
    let at = writer.begin(view.ownerLength, head + view.rdataLength);
    this.recordCount++;
    if (at < 0) return;
    const { octets, view: out } = writer;
    for (let i = 0; i < view.ownerLength; i++) octets[at++] = FOLD[view.owner[i]!]!;
    out.setUint16(at, view.type);
    octets[at + 2] = isLocated ? mark + LOCATED : mark;
    if (isLocated) out.setUint16(at + 3, view.location);
    at += head;
    out.setUint32(at - VALIDITY_OCTETS, view.ttl);
    out.setUint32(at - VALIDITY_OCTETS + 4, view.timeHigh);
    out.setUint32(at - VALIDITY_OCTETS + 8, view.timeLow);
    copyOctets(view.rdata, 0, octets, at, view.rdataLength);
    writer.end();
  }

  // === end of hot path

  /** Whole octets of IPv4 alone are looked up there. */
  location(
    location: number,
    address: Uint8Array,
    bits: number,
    file: number,
    offset: number,
  ): void {
    if (address.length > TINYDNS_PREFIX_OCTETS_MAX || bits % OCTET_BITS !== 0) {
      this.refuse(file, offset, 'the prefix of a location is not of whole octets of IPv4');
      return;
    }
    const key = Uint8Array.of(0, PERCENT, ...address.subarray(0, bits / OCTET_BITS));
    const value = new Uint8Array(LOCATION_OCTETS);
    writeU16(value, 0, Math.max(location, 0));
    this.writer.add(key, key.length, value, value.length);
    this.locationCount++;
  }
}

/**
 * Gives the records and locations of a data.cdb to `sink`, in the order of the file; `offset` of a record is where its
 * entry begins. What tinydns-data would not have written, and RDATA that its type does not allow, becomes a problem and
 * is left out.
 * @param broken called with the key of each such entry, before its problem is added
 */
export function readTinydnsCdb(
  source: Source,
  sink: TinydnsSink,
  problems: ProblemList,
  broken: (key: Uint8Array) => void = () => {},
): void {
  const reader = new CdbReader(source.octets, source.length);
  const view = emptyTinydnsRecord(MESSAGE_OCTETS_MAX);
  const at = wholeFile(source.path);
  while (reader.next()) {
    const fault = isLocation(reader) ? readLocation(reader, sink) : readRecord(reader, view, sink);
    if (fault === null) continue;
    broken(source.octets.slice(reader.keyAt, reader.keyAt + reader.keyLength));
    if (!problems.wants('CDB_ENTRY')) problems.skip('CDB_ENTRY');
    else problems.add('CDB_ENTRY', at, `entry at octet ${reader.at}: ${fault}`);
  }
  if (reader.fault !== null) problems.add('CDB_DAMAGED', at, reader.fault);
}

/** Whether the entry at hand is a location's: no name goes on after its first octet if that is 0. */
function isLocation({ octets, keyAt, keyLength }: CdbReader): boolean {
  return keyLength >= LOCATION_KEY_HEAD && octets[keyAt] === 0 && octets[keyAt + 1] === PERCENT;
}

/** Hands on the location at hand. @returns null, or why it is none that tinydns-data writes */
function readLocation(reader: CdbReader, sink: TinydnsSink): string | null {
  const { octets, keyAt, keyLength, valueAt, valueLength } = reader;
  if (valueLength !== LOCATION_OCTETS) return `a location of ${valueLength} octets`;
  const prefix = octets.subarray(keyAt + LOCATION_KEY_HEAD, keyAt + keyLength);
  if (prefix.length > TINYDNS_PREFIX_OCTETS_MAX) return `an address of ${prefix.length} octets`;
  const address = new Uint8Array(TINYDNS_PREFIX_OCTETS_MAX);
  address.set(prefix);
  sink.location(readU16(octets, valueAt), address, prefix.length * OCTET_BITS, 0, reader.at);
  return null;
}

// === hot path

/** Hands on the record at hand in `view`. @returns null, or why it is none that tinydns-data writes */
function readRecord(reader: CdbReader, view: TinydnsRecord, sink: TinydnsSink): string | null {
  const { octets, valueAt, valueLength } = reader;
  if (valueLength < HEAD_OCTETS) return 'too short for a record';
  const mark = octets[valueAt + 2]!;
  const isLocated = mark === MARK_PLAIN + LOCATED || mark === MARK_WILDCARD + LOCATED;
  view.isWildcard = (isLocated ? mark - LOCATED : mark) === MARK_WILDCARD;
  if (!isLocated && !view.isWildcard && mark !== MARK_PLAIN) return 'neither plain nor wildcard';
  const head = isLocated ? HEAD_OCTETS_LOCATED : HEAD_OCTETS;
  const length = valueLength - head;
  if (length < 0) return 'too short for a record';
  if (length > MESSAGE_OCTETS_MAX) return 'RDATA of more than 65535 octets';
  const nameFault = readOwner(reader, view);
  if (nameFault !== null) return nameFault;
  view.location = isLocated ? readU16(octets, valueAt + 3) : -1;
  if (view.location === 0) return 'a location of two zero octets';
  const ttlAt = valueAt + head - VALIDITY_OCTETS;
  view.type = readU16(octets, valueAt);
  view.ttl = readU32(octets, ttlAt);
  view.timeHigh = readU32(octets, ttlAt + 4);
  view.timeLow = readU32(octets, ttlAt + 8);
  view.rdataLength = length;
  view.offset = reader.at;
  copyOctets(octets, valueAt + head, view.rdata, 0, length);
  const fault = checkRdata(view.type, view.rdata, 0, length);
  if (fault !== null) return rdataFault(view.type, fault);
  sink.record(view);
  return null;
}

/** Copies the key. @returns null, or why it is no owner name */
function readOwner(reader: CdbReader, view: TinydnsRecord): string | null {
  const { octets, keyAt, keyLength } = reader;
  const room = view.isWildcard ? NAME_OCTETS_MAX - WILDCARD_OCTETS : NAME_OCTETS_MAX;
  if (keyLength > room) return 'a key longer than a name';
  const owner = view.owner;
  let labelAt = 0;
  for (let i = 0; i < keyLength; i++) {
    const octet = octets[keyAt + i]!;
    owner[i] = octet;
    if (i !== labelAt) {
      if (FOLD[octet] !== octet) return 'a key with capitals, which no query finds';
      continue;
    }
    if (octet > LABEL_OCTETS_MAX) return 'a key that is no name';
    if (octet === 0 && i + 1 < keyLength) return 'a key that goes on after its name';
    labelAt += octet + 1;
  }
  view.ownerLength = keyLength;
  return labelAt === keyLength && owner[keyLength - 1] === 0 ? null : 'a key that is no name';
}

// === end of hot path

function rdataFault(type: number, fault: string): string {
  return `RDATA of ${typeText(type)}: ${fault}`;
}
