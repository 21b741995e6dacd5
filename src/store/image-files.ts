/**
 * The files that hold images beside the store, each with the octets of one segment of memory, from the first on. What a
 * file holds does not change any more; it only gets longer, up to the segment's end. Which octets of which file mean
 * what stands in the store (image-parts.ts), so that a file without a mention there is garbage, whatever is in it.
 * Nothing is forced to disk: octets that a power failure loses do not have the checksum that the store has of them.
 *
 *     FOLDER/00000001.img    number 1; numbers are used once
 *
 * Must not know: images, zones, who reads the segments.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { WRITE_OCTETS_MAX } from '../base/limits.js';
import { type MappedMemory, mapFile } from '../base/memory.js';
import { imageNumber, imagePath } from './image-folder.js';

export class ImageFiles {
  readonly folder: string;
  private last = 0;

  /**
   * Makes the folder if it is missing.
   * @throws the system's error
   */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) this.skipTo(imageNumber(name));
  }

  /** The number of a file that there has never been. */
  newNumber(): number {
    return ++this.last;
  }

  /** Numbers up to this one have been used, though the files may be gone. */
  skipTo(number: number): void {
    this.last = Math.max(this.last, number);
  }

  path(number: number): string {
    return imagePath(this.folder, number);
  }

  /** Numbers of all files, in no order. @throws the system's error */
  list(): number[] {
    const numbers = readdirSync(this.folder).map(imageNumber);
    return numbers.filter((number) => number > 0 && this.octetsIn(number) !== null);
  }

  /** Octets of a file, or null if it is not there. @throws the system's error */
  octetsIn(number: number): number | null {
    const stats = statSync(this.path(number), QUIETLY);
    return stats?.isFile() ? stats.size : null;
  }

  /**
   * Writes octets at their place, of a file that is made if it is missing, as is the folder; not what that is in.
   * @param octets must not change until this resolves
   * @throws the system's error; what is there before `at` stays
   */
  async write(number: number, octets: Uint8Array, at: number): Promise<void> {
    const file = await this.openForWriting(number);
    try {
      for (let done = 0; done < octets.length; ) {
        const length = Math.min(octets.length - done, WRITE_OCTETS_MAX);
        const { bytesWritten } = await file.write(octets, done, length, at + done);
        done += bytesWritten;
      }
    } finally {
      await file.close();
    }
  }

  /** Maps the first octets of a file. @throws Error of the system, or if there are fewer */
  map(number: number, octets: number): MappedMemory {
    return mapFile(this.path(number), octets);
  }

  /**
   * Reads the first octets of a file into memory of the process.
   * @throws the system's error, or Error if there are fewer
   */
  async read(number: number, into: Uint8Array): Promise<void> {
    const file = await open(this.path(number), 'r');
    try {
      for (let done = 0; done < into.length; ) {
        const length = Math.min(into.length - done, WRITE_OCTETS_MAX);
        const { bytesRead } = await file.read(into, done, length, done);
        if (bytesRead === 0) throw new Error(`${this.path(number)} has only ${done} octets`);
        done += bytesRead;
      }
    } finally {
      await file.close();
    }
  }

  /** A file that is not there is fine. @throws the system's error */
  remove(number: number): void {
    rmSync(this.path(number), { force: true });
  }

  /** Opens a file, made if need be, without cutting it. */
  private async openForWriting(number: number): Promise<FileHandle> {
    const path = this.path(number);
    try {
      return await open(path, 'r+');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      if (!existsSync(this.folder)) mkdirSync(this.folder, { mode: 0o700 });
      return await open(path, 'wx+', 0o600);
    }
  }
}

const QUIETLY = { throwIfNoEntry: false } as const;
