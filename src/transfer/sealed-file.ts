/**
 * A sealed zone file (load/zone-seal.ts) that is written piece by piece under a temporary name, so that its text is
 * never in memory as a whole. Its seal's digest, made on the way, is its print's, too. Must not know: what is in the
 * text, who waits for it.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { PREFIX_OCTETS_MAX } from '../base/limits.js';
import { syncFolder, temporaryPath, writeAll } from '../base/replace-file.js';
import { readSource, stampOf } from '../base/source.js';
import { type FilePrint, PRINT_TAIL_OCTETS, printOf, printOfTail } from '../load/file-print.js';
import type { LoadedFile } from '../load/load-zone.js';
import { sealHead } from '../load/zone-seal.js';

const FILE_MODE = 0o644;
/** What stands for the digest until it is known. */
const NO_DIGEST = '0'.repeat(64);

/** A file that is on disk under its temporary name. Plain values: it crosses a thread border. */
export type WrittenFile = { readonly temporary: string; readonly print: FilePrint };

export class SealedFile {
  private readonly temporary: string;
  private readonly origin: string;
  private readonly digest = createHash('sha256');
  private fd: number;

  /**
   * Begins the file that is to be at `path`.
   * @param origin where the zone is from, on one line
   * @throws the system's error
   */
  constructor(path: string, origin: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.temporary = temporaryPath(path);
    this.origin = origin;
    this.fd = openSync(this.temporary, 'wx+', FILE_MODE);
    this.writeOrDrop(sealHead(origin, NO_DIGEST), null);
  }

  /** Adds a piece of the text. @throws the system's error; there is no file then */
  append(octets: Uint8Array): void {
    this.digest.update(octets);
    this.writeOrDrop(octets, null);
  }

  /** Seals the text and waits until it is on disk. @throws the system's error; there is no file then */
  finish(): WrittenFile {
    const { fd, temporary } = this;
    const seal = this.digest.digest('hex');
    this.writeOrDrop(sealHead(this.origin, seal), 0);
    try {
      fsyncSync(fd);
      const print = printOfSealed(fd, temporary, seal);
      this.close();
      return { temporary, print };
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  /** There is to be no such file. */
  drop(): void {
    this.close();
    rmSync(this.temporary, { force: true });
  }

  private writeOrDrop(octets: Uint8Array, position: number | null): void {
    try {
      writeAll(this.fd, octets, position);
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  private close(): void {
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
  }
}

/** Puts a file that is on disk in its place. @throws the system's error; the former file is as it was */
export function placeFile(path: string, { temporary, print }: WrittenFile): LoadedFile {
  renameSync(temporary, path);
  syncFolder(dirname(path));
  return { path, stamp: stampOf(statSync(path)), print };
}

function printOfSealed(fd: number, path: string, seal: string): FilePrint {
  const stamp = stampOf(fstatSync(fd));
  if (stamp.size <= PREFIX_OCTETS_MAX) return printOf(readSource(path), seal);
  const tail = new Uint8Array(PRINT_TAIL_OCTETS);
  readSync(fd, tail, 0, tail.length, stamp.size - tail.length);
  return printOfTail(stamp, tail, seal);
}
