/**
 * The difference of two versions of a zone (RFC 1995 §4): the records that go, then those that come, each side led by
 * its SOA. Records are packed one behind the other, uncompressed: owner, type, class, TTL, RDLENGTH, RDATA (RFC 1035
 * §3.2.1). Must not know: where changes are kept, or how they are sent.
 */
import { assert } from '../base/errors.js';
import { nameLength } from '../wire/name.js';
import { readU16 } from '../wire/octets.js';
import { foldName } from './store-keys.js';

/** A step from one version to another. Whoever made it does not change the octets any more. */
export type ZoneChange = {
  readonly fromSerial: number;
  readonly toSerial: number;
  /** Packed records that go, the SOA of `fromSerial` first. */
  readonly removed: Uint8Array;
  /** Packed records that come, the SOA of `toSerial` first. */
  readonly added: Uint8Array;
  /** Records of `removed` and `added`, the SOA included. */
  readonly removedCount: number;
  readonly addedCount: number;
};

/** Octets between the owner's end and the RDATA: type, class, TTL, RDLENGTH. */
const FIXED_OCTETS = 10;

/** Where the packed record at `at` ends. */
export function recordEnd(records: Uint8Array, at: number): number {
  const fixed = at + nameLength(records, at);
  const end = fixed + FIXED_OCTETS + readU16(records, fixed + FIXED_OCTETS - 2);
  assert(end <= records.length, 'packed records end where a record ends');
  return end;
}

/** Cuts packed records into runs of whole records, each of at most `octetsMax` or of one record. */
export function* recordRuns(records: Uint8Array, octetsMax: number): Generator<Uint8Array> {
  let start = 0;
  for (let at = 0; at < records.length; ) {
    const end = recordEnd(records, at);
    if (end - start > octetsMax && at > start) {
      yield records.subarray(start, at);
      start = at;
    }
    at = end;
  }
  if (start < records.length) yield records.subarray(start);
}

/**
 * Merges steps that follow each other into one. What one step adds and a later one removes, or the other way round, is
 * in neither side. A record is the same if its octets are, but for the case of its owner.
 * @param changes at least one
 */
export function condense(changes: readonly ZoneChange[]): ZoneChange {
  const [first, last] = [changes[0], changes.at(-1)];
  assert(first !== undefined && last !== undefined, 'there is a change to condense');
  const removed = new Map<string, Uint8Array>();
  const added = new Map<string, Uint8Array>();
  for (const change of changes) {
    for (const record of recordsBehindSoa(change.removed)) exchange(record, added, removed);
    for (const record of recordsBehindSoa(change.added)) exchange(record, removed, added);
  }
  return {
    fromSerial: first.fromSerial,
    toSerial: last.toSerial,
    removed: Buffer.concat([soaOf(first.removed), ...removed.values()]),
    added: Buffer.concat([soaOf(last.added), ...added.values()]),
    removedCount: removed.size + 1,
    addedCount: added.size + 1,
  };
}

/** A record takes its opposite away, or is a change of its own. */
function exchange(
  record: Uint8Array,
  opposite: Map<string, Uint8Array>,
  own: Map<string, Uint8Array>,
): void {
  const key = sameRecordKey(record);
  if (!opposite.delete(key)) own.set(key, record);
}

function soaOf(records: Uint8Array): Uint8Array {
  return records.subarray(0, recordEnd(records, 0));
}

function* recordsBehindSoa(records: Uint8Array): Generator<Uint8Array> {
  for (let at = recordEnd(records, 0); at < records.length; ) {
    const end = recordEnd(records, at);
    yield records.subarray(at, end);
    at = end;
  }
}

function sameRecordKey(record: Uint8Array): string {
  const octets = Buffer.from(record);
  foldName(octets, nameLength(octets, 0));
  return octets.toString('latin1');
}
