/**
 * What a parser of any zone format hands out: one record of class IN at a time, as octets. A parser never sees a zone.
 * Must not know: who takes the records.
 */
import { NAME_OCTETS_MAX } from '../base/limits.js';

/** One record. The object and its buffers are reused: copy what is kept. */
export type RecordView = {
  /** Absolute owner name, uncompressed, case as written, from offset 0. */
  owner: Uint8Array;
  ownerLength: number;
  /** Whether the owner is, octet for octet, that of the record before. */
  ownerRepeated: boolean;
  type: number;
  /** Seconds, 0 … 2^31-1. */
  ttl: number;
  /** Uncompressed, from offset 0, valid for its type. */
  rdata: Uint8Array;
  rdataLength: number;
  /** Number of the source file, in the order of opening. */
  file: number;
  /** Offset in that file of the record's first token. */
  offset: number;
};

/** Takes the records of a parse in the order of the text. */
export type RecordSink = {
  record(view: RecordView): void;
};

/** A view to fill, whose RDATA is in `rdata`. */
export function emptyRecord(rdata: Uint8Array): RecordView {
  return {
    owner: new Uint8Array(NAME_OCTETS_MAX),
    ownerLength: 0,
    ownerRepeated: false,
    type: 0,
    ttl: 0,
    rdata,
    rdataLength: 0,
    file: 0,
    offset: 0,
  };
}
