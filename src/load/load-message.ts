/**
 * What the loader and its threads say to each other: a batch of files one way, all that was found in them the other
 * way, packed into one row of numbers and some octets for each, since messages of objects cost more than the loads.
 * Must not know: who asks for loads.
 */
import type { Problem } from '../base/problem.js';
import type { ImageRoom } from '../index/compile.js';
import type { LoadedFile, LoadRequest, LoadResult } from './load-zone.js';
import type { SigningFacts, SigningOrder, SigningRules } from './signing-order.js';

/** How the zones of a source are loaded. */
export type LoadRules = Omit<LoadRequest, 'path' | 'origin' | 'originCertain' | 'signing'> & {
  /** How zones are signed for which no configuration says it. */
  readonly signing?: SigningRules | null;
};

/** What a thread is to load. */
export type LoadBatch = {
  readonly rules: LoadRules;
  /** The zones' main files. */
  readonly paths: readonly string[];
  /** The apex of each; `null` if the file's name says which it is. */
  readonly apexes: readonly (Uint8Array | null)[];
  /** How each is signed; `null` if none is. */
  readonly signings: readonly (SigningOrder | null)[] | null;
  /** Takes the images; belongs to the thread until it has replied. */
  readonly room: SharedArrayBuffer;
  /** One word: the index of the path that is being loaded, in case the thread dies of it. */
  readonly progress: SharedArrayBuffer;
};

/** The answer to one load. */
export type LoadReply = {
  /** The image is shared, not copied. In a room it is valid only until the reply has been dealt with. */
  readonly result: LoadResult;
  /** Milliseconds that the load took. */
  readonly durationMs: number;
};

/** The answer to a batch: rows of REPLY_COLUMNS numbers, in the order of the paths. */
export type BatchReply = {
  readonly numbers: Float64Array;
  /** Apex and file print of each load, one behind the other. */
  readonly octets: Uint8Array;
  readonly rest: readonly Rest[];
};

/** What only few loads have. */
type Rest = {
  readonly index: number;
  /** An image that the room did not take. */
  readonly image: SharedArrayBuffer | null;
  readonly problems: readonly Problem[];
  /** Files but the main file. */
  readonly included: readonly LoadedFile[];
  readonly signing: SigningFacts | null;
};

const OCTETS_AT = 0;
const APEX_OCTETS = 1;
const PRINT_OCTETS = 2;
/** NONE without an image. */
const IMAGE_AT = 3;
const SERIAL = 4;
const RECORD_COUNT = 5;
const ERROR_COUNT = 6;
const WARNING_COUNT = 7;
const DURATION_MS = 8;
/** NaN if the main file could not be read. */
const INODE = 9;
const SIZE = 10;
const MTIME_MS = 11;
const CTIME_MS = 12;
const SIGNATURES_END = 13;
/** Numbers of a row. */
export const REPLY_COLUMNS = 14;

const NONE = -1;

const NO_PROBLEMS: readonly Problem[] = [];
const NO_FILES: readonly LoadedFile[] = [];
const NO_REST: Rest = {
  index: NONE,
  image: null,
  problems: NO_PROBLEMS,
  included: NO_FILES,
  signing: null,
};

/** One for all writers of a thread: they are used one after the other. */
let scratch = Buffer.alloc(32 << 10);

/** Packs the results of a batch; in the thread. */
export class ReplyWriter {
  private readonly room: ImageRoom;
  private readonly numbers: Float64Array;
  private readonly rest: Rest[] = [];
  private index = 0;
  private used = 0;

  constructor(count: number, room: ImageRoom) {
    this.room = room;
    this.numbers = new Float64Array(count * REPLY_COLUMNS);
  }

  add(result: LoadResult, durationMs: number): void {
    const { numbers } = this;
    const [main, ...included] = result.files;
    const at = this.index * REPLY_COLUMNS;
    const print = main?.print ?? '';
    numbers[at + OCTETS_AT] = this.used;
    numbers[at + APEX_OCTETS] = result.apex.length;
    numbers[at + PRINT_OCTETS] = print.length;
    this.addOctets(result.apex, print);
    numbers[at + IMAGE_AT] = result.image === null ? NONE : result.imageAt;
    numbers[at + SERIAL] = result.serial;
    numbers[at + RECORD_COUNT] = result.recordCount;
    numbers[at + ERROR_COUNT] = result.errorCount;
    numbers[at + WARNING_COUNT] = result.warningCount;
    numbers[at + DURATION_MS] = durationMs;
    numbers[at + SIGNATURES_END] = result.signaturesEnd ?? 0;
    const stamp = main?.stamp ?? null;
    numbers[at + INODE] = stamp === null ? Number.NaN : stamp.inode;
    numbers[at + SIZE] = stamp === null ? Number.NaN : stamp.size;
    numbers[at + MTIME_MS] = stamp === null ? Number.NaN : stamp.mtimeMs;
    numbers[at + CTIME_MS] = stamp === null ? Number.NaN : stamp.ctimeMs;
    const image = result.image === this.room.buffer ? null : result.image;
    const { problems, signing = null } = result;
    if (image !== null || problems.length > 0 || included.length > 0 || signing !== null) {
      this.rest.push({ index: this.index, image, problems, included, signing });
    }
    this.index++;
  }

  finish(): BatchReply {
    const octets = new Uint8Array(this.used);
    octets.set(scratch.subarray(0, this.used));
    return { numbers: this.numbers, octets, rest: this.rest };
  }

  private addOctets(apex: Uint8Array, print: string): void {
    const needed = this.used + apex.length + print.length;
    if (needed > scratch.length) {
      const larger = Buffer.alloc(needed * 2);
      larger.set(scratch);
      scratch = larger;
    }
    scratch.set(apex, this.used);
    scratch.write(print, this.used + apex.length, 'latin1');
    this.used = needed;
  }
}

/** Unpacks the replies to a batch in their order; in the main thread. */
export class ReplyReader {
  private readonly reply: BatchReply;
  private readonly octets: Buffer;
  private readonly room: SharedArrayBuffer;
  private restAt = 0;

  constructor(reply: BatchReply, room: SharedArrayBuffer) {
    const { buffer, byteOffset, length } = reply.octets;
    this.reply = reply;
    this.octets = Buffer.from(buffer, byteOffset, length);
    this.room = room;
  }

  /** The reply to the load at `index`, which must be the one after that of the last call. */
  next(index: number, path: string): LoadReply {
    const { numbers } = this.reply;
    const at = index * REPLY_COLUMNS;
    const apexAt = numbers[at + OCTETS_AT]!;
    const printAt = apexAt + numbers[at + APEX_OCTETS]!;
    const rest = this.restOf(index);
    const imageAt = numbers[at + IMAGE_AT]!;
    const stamp = {
      inode: numbers[at + INODE]!,
      size: numbers[at + SIZE]!,
      mtimeMs: numbers[at + MTIME_MS]!,
      ctimeMs: numbers[at + CTIME_MS]!,
    };
    const main = {
      path,
      stamp: Number.isNaN(stamp.inode) ? null : stamp,
      print: this.octets.toString('latin1', printAt, printAt + numbers[at + PRINT_OCTETS]!),
    };
    return {
      result: {
        apex: this.octets.subarray(apexAt, printAt),
        image: imageAt === NONE ? null : (rest.image ?? this.room),
        imageAt: Math.max(0, imageAt),
        problems: rest.problems,
        errorCount: numbers[at + ERROR_COUNT]!,
        warningCount: numbers[at + WARNING_COUNT]!,
        serial: numbers[at + SERIAL]!,
        recordCount: numbers[at + RECORD_COUNT]!,
        signing: rest.signing,
        signaturesEnd: numbers[at + SIGNATURES_END]!,
        files: rest.included.length === 0 ? [main] : [main, ...rest.included],
      },
      durationMs: numbers[at + DURATION_MS]!,
    };
  }

  private restOf(index: number): Rest {
    const rest = this.reply.rest[this.restAt];
    if (rest === undefined || rest.index !== index) return NO_REST;
    this.restAt++;
    return rest;
  }
}
