/**
 * Records of tinydns on their way to the sink: RDATA is put together in the view, the owner name folded, a wildcard's
 * asterisk taken off. RFC 4343 for the folding. Must not know: lines, fields, problems.
 */
import { MESSAGE_OCTETS_MAX } from '../base/limits.js';
import { FOLD } from '../wire/name.js';
import { copyOctets, writeU16, writeU32 } from '../wire/octets.js';
import type { ClientPrefix } from './tinydns-prefix.js';
import { emptyTinydnsRecord, type TinydnsRecord, type TinydnsSink } from './tinydns-sink.js';
import type { TinydnsName, TinydnsText } from './tinydns-text.js';

/** Octets of the asterisk's label. */
const ASTERISK_OCTETS = 2;

export class RecordMaker {
  /** The record at hand; what the records of a line share is set once for all of them. */
  // what is too long is written first and refused then: text of 65535 octets and the lengths of its strings
  readonly view: TinydnsRecord = emptyTinydnsRecord(2 * MESSAGE_OCTETS_MAX);
  /** Serial of a SOA that has none of its own. */
  readonly serial: number;
  private readonly sink: TinydnsSink;

  constructor(sink: TinydnsSink, serial: number) {
    this.sink = sink;
    this.serial = serial;
  }

  // === hot path

  /** Starts a record without RDATA. */
  begin(type: number): void {
    this.view.type = type;
    this.view.rdataLength = 0;
  }

  addU16(value: number): void {
    writeU16(this.view.rdata, this.view.rdataLength, value);
    this.view.rdataLength += 2;
  }

  addU32(value: number): void {
    writeU32(this.view.rdata, this.view.rdataLength, value);
    this.view.rdataLength += 4;
  }

  addOctets(octets: Uint8Array, offset: number, length: number): void {
    copyOctets(octets, offset, this.view.rdata, this.view.rdataLength, length);
    this.view.rdataLength += length;
  }

  addName(name: TinydnsName): void {
    this.addOctets(name.octets, 0, name.length);
  }

  /** Adds a text as character strings of `stringOctets` each, the last one shorter; none for an empty text. */
  addStrings(text: TinydnsText, stringOctets: number): void {
    for (let at = 0; at < text.length; at += stringOctets) {
      const rest = text.length - at;
      this.addString(text, at, rest < stringOctets ? rest : stringOctets);
    }
  }

  /** Adds a part of a text, at most 255 octets, as one character string. */
  addString(text: TinydnsText, offset: number, length: number): void {
    this.view.rdata[this.view.rdataLength++] = length;
    this.addOctets(text.octets, offset, length);
  }

  /** Hands the record out. */
  finish(owner: TinydnsName): void {
    const view = this.view;
    const isWildcard = owner.isWildcard();
    const skipped = isWildcard ? ASTERISK_OCTETS : 0;
    const length = owner.length - skipped;
    const from = owner.octets;
    const to = view.owner;
    // lengths of labels are below the capital letters
    for (let i = 0; i < length; i++) to[i] = FOLD[from[skipped + i]!]!;
    view.ownerLength = length;
    view.isWildcard = isWildcard;
    this.sink.record(view);
  }

  // === end of hot path

  location(location: number, { address, bits }: ClientPrefix, offset: number): void {
    this.sink.location(location, address, bits, this.view.file, offset);
  }
}
