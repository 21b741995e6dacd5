/**
 * The files that a conversion reads, numbered through, so that a record of any of them can be told with its place.
 * Must not know: what is in them.
 */
import { placeOf, type Source } from '../base/source.js';
import type { Locate } from '../zone/builder.js';

export class ConvertInputs {
  /** Number of the first file of the input at hand: what its reader calls file 0. */
  base = 0;
  private readonly files: { readonly source: Source; readonly isText: boolean }[] = [];

  get count(): number {
    return this.files.length;
  }

  /** Goes on with the next input, whose files are still to be added. */
  begin(): void {
    this.base = this.files.length;
  }

  /** @param isText whether offsets are those of lines */
  add(source: Source, isText: boolean): void {
    this.files.push({ source, isText });
  }

  /** Path, line and column; line 0 for entries of a database. */
  readonly locate: Locate = (file, offset) => {
    const found = this.files[file];
    if (found === undefined) return { file: '', line: 0, column: 0 };
    const { source, isText } = found;
    return { file: source.path, ...(isText ? placeOf(source, offset) : { line: 0, column: 0 }) };
  };

  /** What is wrong with something at an offset, which is said as well where there are no lines. */
  textAt(file: number, offset: number, text: string): string {
    return this.files[file]?.isText === false ? `entry at octet ${offset}: ${text}` : text;
  }
}
