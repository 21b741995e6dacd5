/**
 * Takes the messages of a zone transfer apart into records: AXFR (RFC 5936 §2.2), IXFR as differences, as a whole zone
 * or as a single SOA (RFC 1995 §4). Strict: what is no transfer of just this zone is a fault, and nothing is thrown.
 * Must not know: sockets, signatures, what becomes of the records.
 */
import { MESSAGE_OCTETS_MAX } from '../base/limits.js';
import { emptyRecord, type RecordView } from '../parse/record-sink.js';
import { CLASS_IN, FLAG_TC, TYPE_IXFR, TYPE_OPT, TYPE_SOA, TYPE_TSIG } from '../wire/constants.js';
import { suffixOffset } from '../wire/name.js';
import { nameText } from '../wire/name-text.js';
import { readU16, readU32 } from '../wire/octets.js';
import { rcodeText } from '../wire/rcode-text.js';
import { checkRdata } from '../wire/rdata-check.js';
import { typeByCode, typeText } from '../wire/rrtypes.js';
import { serialGrows } from '../wire/serial.js';
import { findExpire } from './expire-option.js';
import { type ReplyQuestion, ReplyWalk } from './reply-walk.js';
import { fault, type TransferFault } from './transfer-faults.js';
import { expandedOctets, expandName, expandRdata } from './xfr-rdata.js';

/** Where records go, valid during the call; some, even if it fails later. */
export type XfrSink = {
  /** The zone as a whole follows, or its differences; the SOA is that of the new version. */
  begin(form: 'axfr' | 'ixfr', soa: RecordView): void;
  /**
   * Any record but an SOA; its owner may be said to be that of the call before, `begin` included.
   * @param isRemoved of IXFR: it goes
   */
  record(record: RecordView, isRemoved: boolean): void;
};

export type XfrBounds = { readonly octetsMax: number; readonly recordsMax: number };

/** What a transfer turned out to be: `current` is a single SOA, not newer than the version that was told. */
export type XfrForm = 'axfr' | 'ixfr' | 'current';

/** Octets of the SOA's numbers; the serial is the first. */
const SOA_NUMBERS_OCTETS = 20;

export class XfrReader {
  /** Known from the second record on. */
  form: XfrForm | null = null;
  /** Whether the closing SOA has come. */
  isComplete = false;
  /** Of the version that the primary has; known with the first record. */
  serial = 0;
  /** What the primary said with its EXPIRE option (RFC 7314); null without one. */
  expireSeconds: number | null = null;
  messages = 0;
  octets = 0;
  records = 0;
  private readonly question: ReplyQuestion;
  private readonly known: number;
  private readonly sink: XfrSink;
  private readonly bounds: XfrBounds;
  private readonly walk = new ReplyWalk();
  /** Where the last record's owner stands in the message at hand; -1 before the first. */
  private ownerAt = -1;
  /** Its `offset` is the record's number in the transfer. */
  private readonly record = emptyRecord(new Uint8Array(MESSAGE_OCTETS_MAX));
  /** The SOA that opened, until the second record says what it opened. */
  private opening: RecordView | null = null;
  /** Of IXFR: whether records go, and the serial that they lead from or to. */
  private isRemoving = false;
  private stepSerial = 0;

  /**
   * @param known of IXFR: the serial that was told in the question
   */
  constructor(question: ReplyQuestion, known: number, sink: XfrSink, bounds: XfrBounds) {
    this.question = question;
    this.known = known;
    this.sink = sink;
    this.bounds = bounds;
  }

  /**
   * Takes the next message in `octets[0, length)`; not to be called once it is complete.
   * @returns what is wrong with it, after which the reader is of no use
   */
  take(octets: Uint8Array, length: number): TransferFault | null {
    const { walk, bounds } = this;
    const wrong = walk.begin(octets, length, this.question, this.messages === 0);
    if (wrong !== null) return wrong;
    const { rcode } = walk;
    if (rcode !== 0) return fault('refused', `the primary answers ${rcodeText(rcode)}`, rcode);
    if ((walk.flags & FLAG_TC) !== 0) return fault('malformed', 'a message that is cut short');
    this.messages++;
    this.ownerAt = -1;
    this.octets += length;
    this.records += walk.answers;
    if (this.octets > bounds.octetsMax) {
      return fault('too-large', `more than ${bounds.octetsMax} octets`);
    }
    if (this.records > bounds.recordsMax) {
      return fault('too-large', `more than ${bounds.recordsMax} records`);
    }
    if (this.messages === 1 && walk.answers === 0)
      return fault('lame', 'an answer without records');
    return this.takeAnswers(octets) ?? this.takeRest(octets);
  }

  private takeAnswers(octets: Uint8Array): TransferFault | null {
    const { walk } = this;
    for (let i = 0; i < walk.answers; i++) {
      if (!walk.next()) return fault('malformed', 'a record that is cut short');
      if (this.isComplete) return fault('sequence', 'records behind the closing SOA');
      const wrong = this.readRecord(octets) ?? this.place();
      if (wrong !== null) return wrong;
    }
    return null;
  }

  /** Of the other sections only OPT says something; TSIG is looked at by others. */
  private takeRest(octets: Uint8Array): TransferFault | null {
    const { walk } = this;
    for (let i = walk.authorities + walk.additionals; i > 0; i--) {
      if (!walk.next()) return fault('malformed', 'a record that is cut short');
      if (walk.type === TYPE_OPT) this.expireSeconds ??= findExpire(octets, walk.rdata, walk.end);
      else if (walk.type === TYPE_TSIG && i > 1) return fault('malformed', 'a TSIG before the end');
    }
    return null;
  }

  private readRecord(octets: Uint8Array): TransferFault | null {
    const { walk, record } = this;
    const { type } = walk;
    record.offset++;
    record.type = type;
    // RFC 2181 §8: a TTL with the top bit set is 0
    record.ttl = walk.ttl > 0x7fff_ffff ? 0 : walk.ttl;
    if (walk.class !== CLASS_IN) return this.recordFault('bad-record', 'another class than IN');
    const wrong = this.readOwner(octets);
    if (wrong !== null) return wrong;
    if (typeByCode(type)?.meta === true || type === 0) {
      return this.recordFault('bad-record', 'a type that no zone has');
    }
    const length = expandRdata(type, octets, walk.rdata, walk.end, record.rdata);
    if (length < 0) return this.recordFault('malformed', 'names in the data are no names');
    record.rdataLength = length;
    const reason = checkRdata(type, record.rdata, 0, length);
    return reason === null ? null : this.recordFault('bad-record', reason);
  }

  /** Records of one owner follow each other, most of them with a pointer to it: then nothing is to be done. */
  private readOwner(octets: Uint8Array): TransferFault | null {
    const { walk, record } = this;
    const at = nameStart(octets, walk.owner);
    record.ownerRepeated = at === this.ownerAt;
    if (record.ownerRepeated) return null;
    this.ownerAt = at;
    if (expandName(octets, walk.owner, walk.end, record.owner, 0) < 0) {
      return fault('malformed', 'a record whose owner is no name');
    }
    record.ownerLength = expandedOctets();
    const { apex } = this.question;
    if (suffixOffset(record.owner, 0, record.ownerLength, apex, 0, apex.length) >= 0) return null;
    const what = this.opening === null && this.form === null ? 'other-zone' : 'bad-record';
    return this.recordFault(what, 'a record that is not in the zone');
  }

  private recordFault(
    code: 'bad-record' | 'malformed' | 'other-zone',
    text: string,
  ): TransferFault {
    const { owner, type } = this.record;
    return fault(code, `${nameText(owner, 0)} ${typeText(type)}: ${text}`);
  }

  // --- sequence of records

  private place(): TransferFault | null {
    const { record } = this;
    if (record.type !== TYPE_SOA) return this.placePlain();
    if (record.ownerLength !== this.question.apex.length) {
      return this.recordFault('bad-record', 'an SOA that is not at the apex');
    }
    return this.placeSoa(readU32(record.rdata, record.rdataLength - SOA_NUMBERS_OCTETS));
  }

  private placePlain(): TransferFault | null {
    if (this.opening === null && this.form === null) {
      return fault('sequence', 'the first record is not the SOA');
    }
    if (this.form === null) this.settle('axfr');
    this.sink.record(this.record, this.isRemoving);
    return null;
  }

  private placeSoa(serial: number): TransferFault | null {
    if (this.form === null && this.opening === null) return this.open(serial);
    if (this.form === null) {
      const isDifference = this.question.type === TYPE_IXFR && serial === this.known;
      if (isDifference) {
        this.settle('ixfr');
        this.isRemoving = true;
        this.stepSerial = serial;
        return null;
      }
      this.settle('axfr');
    }
    if (this.form === 'axfr') return this.close(serial);
    if (this.isRemoving) {
      this.isRemoving = false;
      this.stepSerial = serial;
      return null;
    }
    if (serial !== this.stepSerial) {
      return fault(
        'sequence',
        `differences to ${this.stepSerial} are followed by ones from ${serial}`,
      );
    }
    if (serial === this.serial) return this.close(serial);
    this.isRemoving = true;
    return null;
  }

  private open(serial: number): TransferFault | null {
    this.serial = serial;
    if (this.question.type === TYPE_IXFR && !serialGrows(this.known, serial)) {
      this.form = 'current';
      this.isComplete = true;
      return null;
    }
    const { record } = this;
    const { owner, rdata, ownerLength, rdataLength } = record;
    this.opening = {
      ...record,
      ownerRepeated: false,
      owner: owner.slice(0, ownerLength),
      rdata: rdata.slice(0, rdataLength),
    };
    return null;
  }

  private settle(form: 'axfr' | 'ixfr'): void {
    this.form = form;
    if (this.opening !== null) this.sink.begin(form, this.opening);
    this.opening = null;
  }

  private close(serial: number): TransferFault | null {
    if (serial !== this.serial) {
      return fault('sequence', `it began with serial ${this.serial} and ends with ${serial}`);
    }
    this.isComplete = true;
    return null;
  }
}

/** Where the first octets of the name at `offset` stand, which may be a pointer to it (RFC 1035 §4.1.4). */
function nameStart(octets: Uint8Array, offset: number): number {
  return octets[offset]! >= 0xc0 ? readU16(octets, offset) & 0x3fff : offset;
}
