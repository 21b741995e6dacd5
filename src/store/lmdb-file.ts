/**
 * Reads a file of LMDB page by page and tells whether it is whole: meta pages, every tree, the list of free pages, and
 * the checksum of every value. LMDB maps its file into memory and believes what it finds there, so a file that was cut
 * or changed ends the process with a signal instead of an error. Therefore nobody else opens it before this has read
 * it. A file that a server writes to is read, too: when its pages have moved on (lmdb-pages.ts), reading begins again
 * at the newest state, behind the last row that was read. The form is in lmdb-form.ts.
 * Must not know: what the tables and values mean.
 */
import { closeSync, openSync } from 'node:fs';
import { STORE_READ_TRIES_MAX } from '../base/transfer-limits.js';
import { viewOfOctets } from '../wire/octets.js';
import { Damage, NO_TREE, type Tree, tableOf } from './lmdb-form.js';
import { LmdbPages } from './lmdb-pages.js';
import { LmdbWalk } from './lmdb-tree.js';
import { openValue } from './sealed-value.js';

export type LmdbFault = {
  /** What is wrong, in a few words. */
  readonly text: string;
  /** Octets of the file before it. */
  readonly at: number;
  /** Whether it is no more than one value. */
  readonly isValue: boolean;
};

/** Who reads a file: is told of all that is found. */
export type LmdbReader = {
  /** Whether a table is to be read. */
  wants(table: string): boolean;
  /** A row with a good checksum, each table's in order. Key and value may be kept. */
  row(table: string, key: Uint8Array, value: Uint8Array): void;
  /** Reading goes on where that makes sense. */
  fault(fault: LmdbFault): void;
};

export type LmdbTable = { readonly name: string; readonly rows: number; readonly pages: number };

export type LmdbSummary = {
  readonly octets: number;
  readonly pageOctets: number;
  /** Pages that are not free, of what was read. */
  readonly usedPages: number;
  /** As the newest state has them, read or not. */
  readonly tables: readonly LmdbTable[];
  /** Whether all of one state was read and found good, so that also the use of every page is known. */
  readonly isWhole: boolean;
};

/**
 * Checks a file that nobody writes to.
 * @returns the summary, or in a few words what is wrong; an empty file is sound
 * @throws the system's error if the file cannot be read
 */
export function checkLmdbFile(path: string): LmdbSummary | string {
  try {
    return read(path, STRICT, false);
  } catch (error) {
    if (error instanceof Damage) return error.message;
    throw error;
  }
}

const STRICT: LmdbReader = {
  wants: () => true,
  row: () => {},
  fault: ({ text, at }) => {
    throw new Damage(text, at);
  },
};

/**
 * Reads a file that a server may be writing to; an empty one has no tables.
 * @throws the system's error if the file cannot be read, and what the reader throws
 */
export function readLmdbFile(path: string, reader: LmdbReader): LmdbSummary {
  return read(path, reader, true);
}

function read(path: string, reader: LmdbReader, isShared: boolean): LmdbSummary {
  const fd = openSync(path, 'r');
  try {
    return new FileReading(new LmdbPages(fd, isShared), reader, isShared).run();
  } finally {
    closeSync(fd);
  }
}

class FileReading {
  private readonly pages: LmdbPages;
  private readonly reader: LmdbReader;
  private readonly triesMax: number;
  private tables = new Map<string, Tree>();
  private isWhole = true;
  /** The last fault. */
  private told = '';
  /** The last transaction whose free pages were read. */
  private freedBy = 0n;

  constructor(pages: LmdbPages, reader: LmdbReader, isShared: boolean) {
    this.pages = pages;
    this.reader = reader;
    this.triesMax = isShared ? STORE_READ_TRIES_MAX : 1;
  }

  run(): LmdbSummary {
    if (this.pages.octets > 0) {
      try {
        this.begin();
        this.readAll();
      } catch (error) {
        this.tell(error);
      }
    }
    const { octets, pageOctets, usedPages } = this.pages;
    const tables = [...this.tables.values()].map(({ name, counts }) => {
      const [branches = 0, leaves = 0, overflow = 0, rows = 0] = counts;
      return { name, rows, pages: branches + leaves + overflow };
    });
    return { octets, pageOctets, usedPages, tables, isWhole: this.isWhole };
  }

  private readAll(): void {
    this.readFree();
    for (const name of [...this.tables.keys()]) {
      if (this.reader.wants(name)) this.readTable(name);
      else this.isWhole = false;
    }
    if (this.isWhole) this.pages.assertLength();
  }

  /** Finds the newest state and its tables: while there is writing, that may take some tries. */
  private begin(): void {
    for (let tries = 1; ; tries++) {
      try {
        this.pages.begin();
        this.tables = this.readTables();
        return;
      } catch (error) {
        if (!(error instanceof Damage) || tries >= this.triesMax) throw error;
        this.move();
      }
    }
  }

  private move(): void {
    this.pages.hasMoved = true;
    this.isWhole = false;
  }

  private readTables(): Map<string, Tree> {
    const tables = new Map<string, Tree>();
    new LmdbWalk(this.pages, this.pages.meta.main, (key, value, at) => {
      const table = tableOf(key, value, at);
      tables.set(table.name, table);
    }).run();
    return tables;
  }

  private readFree(): void {
    const { free } = this.pages.meta;
    try {
      new LmdbWalk(this.pages, free, (key, value, at) => this.markFree(key, value, at)).run();
    } catch (error) {
      if (error instanceof Damage && this.pages.isOver()) this.move();
      else this.tell(error);
    }
  }

  private readTable(name: string): void {
    let passed: Uint8Array = new Uint8Array(0);
    for (let tries = 1; ; tries++) {
      const take = (key: Uint8Array, sealed: Uint8Array, at: number): void =>
        this.takeRow(name, key, sealed, at);
      const walk = new LmdbWalk(this.pages, this.tables.get(name) ?? NO_TREE, take, passed);
      try {
        walk.run();
        return;
      } catch (error) {
        const isMoved = error instanceof Damage && this.pages.isOver();
        if (walk.passed !== passed) tries = 1;
        if (!isMoved || tries >= this.triesMax) {
          this.tell(error);
          return;
        }
        passed = walk.passed;
        this.move();
        this.begin();
      }
    }
  }

  private takeRow(name: string, key: Uint8Array, sealed: Uint8Array, at: number): void {
    const value = openValue(name, key, sealed);
    if (value !== null) {
      this.reader.row(name, key, value);
      return;
    }
    this.isWhole = false;
    this.reader.fault({ text: `a value of table ${name} has a wrong checksum`, at, isValue: true });
  }

  private markFree(key: Uint8Array, value: Uint8Array, at: number): void {
    const view = viewOfOctets(value);
    if (key.length !== 8 || value.length < 8 || value.length % 8 !== 0) {
      throw new Damage('the list of free pages has a wrong form', at);
    }
    const transaction = viewOfOctets(key).getBigUint64(0, true);
    // with another one LMDB takes pages too early, or twice
    if (transaction <= this.freedBy || transaction > this.pages.meta.transaction) {
      throw new Damage('the list of free pages is out of order', at);
    }
    this.freedBy = transaction;
    const count = Number(view.getBigUint64(0, true));
    if (count > value.length / 8 - 1) throw new Damage('the list of free pages is cut short', at);
    for (let i = 1; i <= count; i++) {
      const entry = view.getBigInt64(8 * i, true);
      if (entry === 0n) continue;
      if (entry > 0n) this.pages.free(entry, 1n, at);
      else if (i === count) throw new Damage('the list of free pages is cut short', at);
      else this.pages.free(view.getBigInt64(8 * ++i, true), -entry, at);
    }
  }

  private tell(error: unknown): void {
    if (!(error instanceof Damage)) throw error;
    this.isWhole = false;
    const { message: text, at } = error;
    // every tree of a file that was cut ends where the file does
    if (this.told === `${at} ${text}`) return;
    this.reader.fault({ text, at, isValue: false });
    this.told = `${at} ${text}`;
  }
}
