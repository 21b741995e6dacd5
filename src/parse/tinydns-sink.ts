/**
 * What the parser of tinydns `data` hands out: records and client locations as djb's tinydns-data would store them.
 * It says more of a record than any other format, so it is what conversions hand from one format to another, too.
 * Names as in RFC 1035 §3.1; the rest is no standard but djb's. Must not know: lines of text, cdb, zones.
 */
import { NAME_OCTETS_MAX } from '../base/limits.js';

/** One record as tinydns stores it. The object and its buffers are reused: copy what is kept. */
export type TinydnsRecord = {
  /** Uncompressed wire octets; of a wildcard what follows `*.`. Lower case, if it was read from tinydns's files. */
  owner: Uint8Array;
  ownerLength: number;
  isWildcard: boolean;
  type: number;
  /** Seconds as written, 0 … 2^32-1; 0 with a time: the record ends then. */
  ttl: number;
  /** TAI64 label (external form, 8 octets) as two unsigned 32-bit words; both 0: none. */
  timeHigh: number;
  timeLow: number;
  /** Two octets, big-endian, of the client location; -1 for everybody. */
  location: number;
  /** Uncompressed names, case as written. */
  rdata: Uint8Array;
  rdataLength: number;
  /** Number of the source file, offset of the line. */
  file: number;
  offset: number;
};

/** Takes what the lines stand for, in the order in which tinydns-data stores it. */
export type TinydnsSink = {
  record(view: TinydnsRecord): void;
  /**
   * A line `%lo:prefix`: location of clients whose address begins as `address` does. Of lines with the same prefix the
   * first counts.
   * @param address 4 octets for IPv4, 16 for IPv6; zero after the prefix
   * @param bits of the prefix
   * @param file number of the source file
   * @param offset of the line
   */
  location(location: number, address: Uint8Array, bits: number, file: number, offset: number): void;
};

/**
 * Hears of what a format cannot hold.
 * @param file number of the source file
 * @param offset of the record or location in it
 * @param why lower case, no full stop
 */
export type Refuse = (file: number, offset: number, why: string) => void;

/** A record to fill. @param rdataOctets room for RDATA */
export function emptyTinydnsRecord(rdataOctets: number): TinydnsRecord {
  return {
    owner: new Uint8Array(NAME_OCTETS_MAX),
    ownerLength: 0,
    isWildcard: false,
    type: 0,
    ttl: 0,
    timeHigh: 0,
    timeLow: 0,
    location: -1,
    rdata: new Uint8Array(rdataOctets),
    rdataLength: 0,
    file: 0,
    offset: 0,
  };
}
