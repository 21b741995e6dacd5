/**
 * `hotzone convert`: reads zones and tinydns data in any of the formats of convert-formats.ts and writes what they
 * hold in another one. All or nothing: with an error nothing is written, unless what has errors may be left out. Exit
 * codes: 0 written, 1 errors, 2 called wrongly. Must not know: the command line's syntax, what any format looks like.
 */
import { assert, errorText } from '../base/errors.js';
import { PROBLEMS_MAX, ZONE_FILES_MAX } from '../base/limits.js';
import { ProblemList, problemLine, wholeFile } from '../base/problem.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { readSource, type Source } from '../base/source.js';
import { counted } from '../load/zone-log.js';
import { isCode } from '../parse/include.js';
import type { TinydnsDialect } from '../parse/tinydns-kinds.js';
import { nameFromText } from '../wire/name-text.js';
import { isFolder, STDOUT, writeFiles } from './convert-files.js';
import {
  type ConvertContext,
  type ConvertFormat,
  FORMATS,
  type Output,
  type OutputFile,
} from './convert-formats.js';
import { ConvertInputs } from './convert-inputs.js';
import { printable } from './report-text.js';

export type ConvertOptions = {
  /** Files, whose records are written one file after the other. */
  readonly inputs: readonly string[];
  /** Format of all inputs; `null`: by name and content of each. */
  readonly from: ConvertFormat | null;
  readonly to: ConvertFormat;
  /**
   * The file to write, or a folder for a file per zone; `null` or `-` is standard output, to which only text goes, and
   * of one zone.
   */
  readonly output: string | null;
  /** Apex of the one master file that is read, as the user wrote it; `null`: by file name or SOA. */
  readonly origin: string | null;
  /** Whose kinds of lines `data` may have. */
  readonly dialect: TinydnsDialect;
  /** Whether $INCLUDE may leave the folder of its file. */
  readonly includeOutside: boolean;
  /** Whether what has errors, or cannot be said in the other format, is left out with a warning. */
  readonly lossy: boolean;
};

export type ConvertStreams = {
  readonly stdout: { write(octets: Uint8Array): unknown };
  readonly stderr: { write(text: string): unknown };
};

const EXIT_ERRORS = 1;
const EXIT_USAGE = 2;

/** Codes of files that cannot be read, by the system's. */
const READ_FAULTS: readonly (readonly [system: string, code: ProblemCode])[] = [
  ['EFBIG', 'FILE_TOO_LARGE'],
  ['ESTALE', 'FILE_CHANGED'],
];

/** Converts files into one, or into one per zone. @returns the exit code */
export async function runConvert(
  options: ConvertOptions,
  streams: ConvertStreams,
): Promise<number> {
  const origin = options.origin === null ? null : nameFromText(options.origin);
  const wrong = usageFault(options, origin);
  if (wrong !== null) {
    streams.stderr.write(`error: ${wrong}\n`);
    return EXIT_USAGE;
  }
  const run = new ConvertRun(options, origin);
  for (const path of options.inputs) run.readFile(path);
  const files = run.finish();
  for (const problem of run.problems.items) {
    streams.stderr.write(`${printable(problemLine(problem))}\n`);
  }
  const fault = files === null ? null : write(files, options, streams);
  if (fault !== null) streams.stderr.write(`error: ${printable(fault)}\n`);
  const isWritten = files !== null && fault === null;
  streams.stderr.write(`${run.summary(isWritten)}\n`);
  return isWritten ? 0 : EXIT_ERRORS;
}

function usageFault(
  { inputs, to, output, origin }: ConvertOptions,
  originName: Uint8Array | null,
): string | null {
  if (inputs.length === 0) return 'no file to convert';
  if (origin !== null && originName === null) return `not a domain name: ${origin}`;
  if (origin !== null && inputs.length > 1) return '--origin goes with one file';
  const isStdout = output === null || output === STDOUT;
  return isStdout && !rowOf(to).isText ? `${to} is not text: say where it goes` : null;
}

function rowOf(format: ConvertFormat): (typeof FORMATS)[number] {
  const row = FORMATS.find((candidate) => candidate.format === format);
  assert(row !== undefined, `the format ${format} has a row`);
  return row;
}

class ConvertRun {
  readonly problems: ProblemList;
  private readonly options: ConvertOptions;
  private readonly inputs = new ConvertInputs();
  private readonly context: ConvertContext;
  private readonly output: Output;

  constructor(options: ConvertOptions, origin: Uint8Array | null) {
    const { lossy, dialect, includeOutside } = options;
    this.options = options;
    this.problems = new ProblemList(false, PROBLEMS_MAX, lossy);
    this.context = {
      inputs: this.inputs,
      problems: this.problems,
      refuse: (file, offset, why) => this.refuse(file, offset, why),
      lossy,
      nowSeconds: Math.floor(Date.now() / 1000),
      read: { origin, includeOutside, dialect },
    };
    this.output = rowOf(options.to).open(this.context);
  }

  readFile(path: string): void {
    const source = this.open(path);
    if (source === null) return;
    this.inputs.begin();
    const { from } = this.options;
    const row = from === null ? FORMATS.find(({ isIt }) => isIt(source)) : rowOf(from);
    this.attempt(() => row?.read(source, this.output, this.context));
  }

  /** @returns what is to be written, or `null` if there are errors */
  finish(): readonly OutputFile[] | null {
    if (this.problems.errorCount > 0) return null;
    const files = this.attempt(() => this.output.finish());
    if (this.problems.errorCount > 0) return null;
    if (files === null) this.add('CONVERT_TOO_LARGE', `more than a ${this.options.to} can hold`);
    else if (files.length === 1 || (files.length > 1 && !this.isOneFile())) return files;
    else this.add('CONVERT_ZONES', zonesFault(files.length));
    return null;
  }

  summary(isWritten: boolean): string {
    const { errorCount, warningCount, items } = this.problems;
    const hidden = errorCount + warningCount - items.length;
    const counts = [
      ...this.output.counts().map(([count, noun]) => counted(count, noun)),
      counted(errorCount, 'error'),
      counted(warningCount, 'warning'),
    ].join(', ');
    return `${counts}${hidden > 0 ? ` (${hidden} not shown)` : ''}${isWritten ? '' : '; nothing written'}`;
  }

  /** Whether all goes into one file. */
  private isOneFile(): boolean {
    const { to, output } = this.options;
    return folderFor(to, output) === null;
  }

  /** @returns what `work` gives, or `null`, with a problem told, if memory does not suffice for it */
  private attempt<Result>(work: () => Result): Result | null {
    try {
      return work();
    } catch (error) {
      // What the engine throws for memory that it cannot get.
      if (!(error instanceof RangeError)) throw error;
      this.add('CONVERT_TOO_LARGE', errorText(error));
      return null;
    }
  }

  private open(path: string): Source | null {
    if (this.inputs.count >= ZONE_FILES_MAX) {
      this.add('FILES_TOO_MANY', `more than ${ZONE_FILES_MAX} files`, path);
      return null;
    }
    try {
      return readSource(path);
    } catch (error) {
      const fault = READ_FAULTS.find(([system]) => isCode(error, system));
      this.add(fault?.[1] ?? 'FILE_UNREADABLE', errorText(error), path);
      return null;
    }
  }

  /** Hears of what the format written cannot hold. */
  private refuse(file: number, offset: number, why: string): void {
    if (!this.problems.wants('CONVERT_INEXPRESSIBLE')) {
      this.problems.skip('CONVERT_INEXPRESSIBLE');
      return;
    }
    const number = this.inputs.base + file;
    const at = { ...this.inputs.locate(number, offset), length: 1 };
    this.problems.add('CONVERT_INEXPRESSIBLE', at, this.inputs.textAt(number, offset, why));
  }

  /** Reports a problem of a whole file, the output unless another one is given. */
  private add(code: ProblemCode, text: string, file: string = this.options.output ?? STDOUT): void {
    this.problems.add(code, wholeFile(file), text);
  }
}

function zonesFault(count: number): string {
  if (count === 0) return 'there is no zone in the input';
  return `${count} zones: with -o FOLDER/ each of them gets a file of its own`;
}

/** The folder that gets a file per zone; `null` if there is one file for all. */
function folderFor(to: ConvertFormat, output: string | null): string | null {
  if (output === null || output === STDOUT || rowOf(to).suffix === null) return null;
  return isFolder(output) ? output : null;
}

/** @returns why it could not be written; `null` if it is */
function write(
  files: readonly OutputFile[],
  { output, to }: ConvertOptions,
  { stdout }: ConvertStreams,
): string | null {
  if (output !== null && output !== STDOUT) {
    const folder = folderFor(to, output);
    return writeFiles(files, output, folder === null ? null : rowOf(to).suffix);
  }
  for (const { octets } of files) stdout.write(octets);
  return null;
}
