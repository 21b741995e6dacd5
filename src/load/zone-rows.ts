/**
 * What is kept of each zone file in the main thread: a row of plain columns, since 100,000 zones as objects would take
 * several times the memory of what they serve. A row that is given up is used again.
 *
 *     path      as the user would write it; empty of a free row             }
 *     name      the zone that a configuration names, in the same form       } strings of one octet a character
 *     apex      the apex held: folded wire octets as characters, or null    }
 *     print     of the main file's version that is served (file-print.ts)   }
 *     stamp     inode | size | mtime | ctime of the main file at the last attempt; NaN if it could not be read
 *     loadedAt  ms since 1970 when the version served was read last; NaN if there is none
 *     triedAt   ms since 1970 of the last attempt; NaN before the first
 *     locations the table of client locations that the version served wants; -1 for none
 *     slot      where the index has the apex held; -1 for none
 *     signaturesEnd   seconds since 1970 when the first signature of the version served ends; 0 of a zone without
 *     source, kind, state, serial, recordCount, errorCount, warningCount, attempts, failures   one number each
 *
 * What only few zones have, problems, included files, peers and rules, stands in maps beside the columns.
 * Must not know: what the states mean, who decides.
 */

import { grown } from '../base/columns.js';
import type { Problem } from '../base/problem.js';
import type { FileStamp } from '../base/source.js';
import { NO_PEERS, NO_RULES, type ZonePeers, type ZoneRules } from './configured-zone.js';
import type { FilePrint } from './file-print.js';
import type { LoadedFile } from './load-zone.js';

/** Number of a row. */
export type RowId = number;

const STAMP_WORDS = 4;
/** A version whose answers are the same for all clients. */
export const NO_LOCATIONS = -1;
/** Of a row that holds no apex. */
export const NO_SLOT = -1;

const FIRST_CAPACITY = 16;
const NO_FILES: readonly LoadedFile[] = [];
const NO_PROBLEMS: readonly Problem[] = [];

export class ZoneRows {
  /** Rows in use, and the number that all of them are below. */
  count = 0;
  end = 0;
  readonly path: string[] = [];
  readonly name: (string | null)[] = [];
  readonly apex: (string | null)[] = [];
  readonly print: FilePrint[] = [];
  source: Uint16Array = new Uint16Array(FIRST_CAPACITY);
  /** Number of the kind in ZONE_KINDS. */
  kind: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  state: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  serial: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  recordCount: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  errorCount: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  warningCount: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  attempts: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  failures: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  loadedAt: Float64Array = new Float64Array(FIRST_CAPACITY);
  triedAt: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** 1 if the version served differs from the one before it, but not by a greater serial. */
  isUnraised: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  /** 1 if another program has made the version served, so that another is made even of the same files. */
  isForeign: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  signaturesEnd: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  locations: Int32Array = new Int32Array(FIRST_CAPACITY);
  slot: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** 1 if what the row says of its files is not on disk yet; see image-keeper.ts. */
  touched: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  /** Grows with every change of a row. */
  changes = 0;
  private stamp: Float64Array = new Float64Array(FIRST_CAPACITY * STAMP_WORDS);
  private readonly signedPrint = new Map<RowId, string>();
  private readonly problems = new Map<RowId, readonly Problem[]>();
  private readonly included = new Map<RowId, readonly LoadedFile[]>();
  private readonly peers = new Map<RowId, ZonePeers>();
  private readonly rules = new Map<RowId, ZoneRules>();
  private readonly free: RowId[] = [];

  /** A row for a file of which nothing is known. */
  add(path: string): RowId {
    const row = this.free.pop() ?? this.end++;
    if (row === this.state.length) this.grow();
    this.path[row] = path;
    this.name[row] = null;
    this.apex[row] = null;
    this.print[row] = '';
    this.source[row] = 0;
    this.kind[row] = 0;
    this.state[row] = 0;
    this.serial[row] = 0;
    this.recordCount[row] = 0;
    this.errorCount[row] = 0;
    this.warningCount[row] = 0;
    this.attempts[row] = 0;
    this.failures[row] = 0;
    this.locations[row] = NO_LOCATIONS;
    this.slot[row] = NO_SLOT;
    this.isUnraised[row] = 0;
    this.isForeign[row] = 0;
    this.signaturesEnd[row] = 0;
    this.loadedAt[row] = Number.NaN;
    this.triedAt[row] = Number.NaN;
    this.stamp[row * STAMP_WORDS + 1] = Number.NaN;
    this.count++;
    return row;
  }

  /** Gives a row up; its number may soon stand for another file. */
  remove(row: RowId): void {
    this.path[row] = '';
    this.name[row] = null;
    this.apex[row] = null;
    this.print[row] = '';
    this.signedPrint.delete(row);
    this.signaturesEnd[row] = 0;
    this.problems.delete(row);
    this.included.delete(row);
    this.peers.delete(row);
    this.rules.delete(row);
    this.slot[row] = NO_SLOT;
    this.changes++;
    this.free.push(row);
    this.count--;
  }

  /** Whether a row below `end` is in use. */
  has(row: RowId): boolean {
    return this.path[row] !== '';
  }

  problemsOf(row: RowId): readonly Problem[] {
    return this.problems.get(row) ?? NO_PROBLEMS;
  }

  setProblems(row: RowId, problems: readonly Problem[]): void {
    if (problems.length > 0) this.problems.set(row, problems);
    else this.problems.delete(row);
  }

  /** Sets problems that are all there are. */
  tellProblems(row: RowId, problems: readonly Problem[]): void {
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    this.setProblems(row, problems);
    this.errorCount[row] = errors;
    this.warningCount[row] = problems.length - errors;
  }

  /** The print of the version served, if it was signed here; else empty. */
  signedPrintOf(row: RowId): string {
    return this.signedPrint.get(row) ?? '';
  }

  setSignedPrint(row: RowId, print: string): void {
    if (print === '') this.signedPrint.delete(row);
    else this.signedPrint.set(row, print);
  }

  peersOf(row: RowId): ZonePeers {
    return this.peers.get(row) ?? NO_PEERS;
  }

  setPeers(row: RowId, { primaries, alsoNotify }: ZonePeers): void {
    if (primaries.length + alsoNotify.length > 0) this.peers.set(row, { primaries, alsoNotify });
    else this.peers.delete(row);
  }

  rulesOf(row: RowId): ZoneRules {
    return this.rules.get(row) ?? NO_RULES;
  }

  setRules(row: RowId, rules: ZoneRules): void {
    if (rules !== NO_RULES) this.rules.set(row, rules);
    else this.rules.delete(row);
  }

  /** Files but the main file, as of the last attempt; prints are those of the version served. */
  includedOf(row: RowId): readonly LoadedFile[] {
    return this.included.get(row) ?? NO_FILES;
  }

  /** The main file at the last attempt, or `null` if it could not be read. */
  stampOf(row: RowId): FileStamp | null {
    const at = row * STAMP_WORDS;
    const size = this.stamp[at + 1]!;
    if (Number.isNaN(size)) return null;
    const { stamp } = this;
    return { inode: stamp[at]!, size, mtimeMs: stamp[at + 2]!, ctimeMs: stamp[at + 3]! };
  }

  /**
   * Notes the files that an attempt has read, the main file first.
   * @param isServed whether they are what is served from now on; if not, the former prints stay
   */
  setFiles(row: RowId, files: readonly LoadedFile[], isServed: boolean): void {
    this.changes++;
    this.touched[row] = 1;
    const at = row * STAMP_WORDS;
    const [main] = files;
    const stamp = main?.stamp ?? null;
    this.stamp[at] = stamp === null ? Number.NaN : stamp.inode;
    this.stamp[at + 1] = stamp === null ? Number.NaN : stamp.size;
    this.stamp[at + 2] = stamp === null ? Number.NaN : stamp.mtimeMs;
    this.stamp[at + 3] = stamp === null ? Number.NaN : stamp.ctimeMs;
    if (isServed && main !== undefined) this.print[row] = main.print;
    const former = this.includedOf(row);
    if (files.length <= 1) this.included.delete(row);
    else
      this.included.set(
        row,
        files.slice(1).map((file) => servedPrint(file, isServed, former)),
      );
  }

  /**
   * Has the files of a row read again, whatever their stamps say.
   * @param isForeign whether another program has made what is served of them
   */
  doubtFiles(row: RowId, isForeign: boolean): void {
    const at = row * STAMP_WORDS;
    // not as of a file that is missing: that is a stamp, too
    this.stamp[at] = Number.NaN;
    this.stamp[at + 1] = 0;
    this.isForeign[row] = isForeign ? 1 : 0;
    this.changes++;
  }

  private grow(): void {
    const size = this.state.length * 2;
    this.source = grown(this.source, new Uint16Array(size));
    this.kind = grown(this.kind, new Uint8Array(size));
    this.state = grown(this.state, new Uint8Array(size));
    this.serial = grown(this.serial, new Uint32Array(size));
    this.recordCount = grown(this.recordCount, new Uint32Array(size));
    this.errorCount = grown(this.errorCount, new Uint32Array(size));
    this.warningCount = grown(this.warningCount, new Uint32Array(size));
    this.attempts = grown(this.attempts, new Uint32Array(size));
    this.failures = grown(this.failures, new Uint32Array(size));
    this.isUnraised = grown(this.isUnraised, new Uint8Array(size));
    this.isForeign = grown(this.isForeign, new Uint8Array(size));
    this.signaturesEnd = grown(this.signaturesEnd, new Uint32Array(size));
    this.locations = grown(this.locations, new Int32Array(size));
    this.slot = grown(this.slot, new Int32Array(size));
    this.touched = grown(this.touched, new Uint8Array(size));
    this.loadedAt = grown(this.loadedAt, new Float64Array(size));
    this.triedAt = grown(this.triedAt, new Float64Array(size));
    this.stamp = grown(this.stamp, new Float64Array(size * STAMP_WORDS));
  }
}

function servedPrint(
  file: LoadedFile,
  isServed: boolean,
  former: readonly LoadedFile[],
): LoadedFile {
  if (isServed) return file;
  const print = former.find((one) => one.path === file.path)?.print ?? '';
  return { ...file, print };
}
