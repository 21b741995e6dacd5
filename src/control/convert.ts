/**
 * `hotzone convert`: reads tinydns `data` or data.cdb, whichever a file is, and writes what it holds in another format.
 * All or nothing: with an error nothing is written, unless what has errors may be left out. Exit codes: 0 written,
 * 1 errors, 2 called wrongly. Must not know: the command line's syntax, what any format looks like.
 */
import { errorText } from '../base/errors.js';
import { PROBLEMS_MAX } from '../base/limits.js';
import { ProblemList, problemLine } from '../base/problem.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { replaceFile } from '../base/replace-file.js';
import { placeOf, readSource, type Source } from '../base/source.js';
import { counted } from '../load/zone-log.js';
import { CdbReader, CdbWriter } from '../parse/cdb.js';
import { isCode } from '../parse/include.js';
import { parseTinydns } from '../parse/tinydns.js';
import { readTinydnsCdb, TinydnsCdbSink } from '../parse/tinydns-cdb.js';
import { TinydnsDataSink } from '../parse/tinydns-data-sink.js';
import type { TinydnsDialect } from '../parse/tinydns-kinds.js';
import type { Refuse, TinydnsSink } from '../parse/tinydns-sink.js';
import { printable } from './report-text.js';

export type ConvertFormat = 'cdb' | 'data';

export type ConvertOptions = {
  /** Files, whose records are written one file after the other. */
  readonly inputs: readonly string[];
  readonly to: ConvertFormat;
  /** The file to write; `null` or `-` is standard output, to which only text goes. */
  readonly output: string | null;
  /** Whose kinds of lines `data` may have. */
  readonly dialect: TinydnsDialect;
  /** Whether what has errors, or cannot be said in the other format, is left out with a warning. */
  readonly lossy: boolean;
};

export type ConvertStreams = {
  readonly stdout: { write(octets: Uint8Array): unknown };
  readonly stderr: { write(text: string): unknown };
};

const EXIT_ERRORS = 1;
const EXIT_USAGE = 2;
const STDOUT = '-';
/** Others may read it: a server that reads it hardly runs as the user who made it. */
const OUTPUT_MODE = 0o644;

/** What becomes the file. */
type Output = {
  readonly sink: TinydnsSink & { readonly recordCount: number; readonly locationCount: number };
  /** @returns the file's octets; `null` if they are too many */
  finish(): Uint8Array | null;
};

type FormatRow = {
  readonly isText: boolean;
  readonly read: (
    source: Source,
    sink: TinydnsSink,
    problems: ProblemList,
    options: ConvertOptions,
  ) => void;
  readonly open: (refuse: Refuse) => Output;
};

/** Formats that are read and written. */
const FORMATS: Readonly<Record<ConvertFormat, FormatRow>> = {
  cdb: { isText: false, read: readCdb, open: openCdb },
  data: { isText: true, read: readData, open: openData },
};

/** Codes of files that cannot be read, by the system's. */
const READ_FAULTS: readonly (readonly [system: string, code: ProblemCode])[] = [
  ['EFBIG', 'FILE_TOO_LARGE'],
  ['ESTALE', 'FILE_CHANGED'],
];

/** Converts files into one. @returns the exit code */
export async function runConvert(
  options: ConvertOptions,
  streams: ConvertStreams,
): Promise<number> {
  const wrong = usageFault(options);
  if (wrong !== null) {
    streams.stderr.write(`error: ${wrong}\n`);
    return EXIT_USAGE;
  }
  const run = new ConvertRun(options);
  for (const path of options.inputs) run.readFile(path);
  const octets = run.finish();
  for (const problem of run.problems.items) {
    streams.stderr.write(`${printable(problemLine(problem))}\n`);
  }
  const fault = octets === null ? null : write(octets, options.output, streams);
  if (fault !== null) streams.stderr.write(`error: ${printable(fault)}\n`);
  const isWritten = octets !== null && fault === null;
  streams.stderr.write(`${run.summary(isWritten)}\n`);
  return isWritten ? 0 : EXIT_ERRORS;
}

function usageFault({ inputs, to, output }: ConvertOptions): string | null {
  if (inputs.length === 0) return 'no file to convert';
  const isStdout = output === null || output === STDOUT;
  return isStdout && !FORMATS[to].isText ? `${to} is not text: say where it goes` : null;
}

class ConvertRun {
  readonly problems: ProblemList;
  private readonly options: ConvertOptions;
  private readonly output: Output;
  /** Where a record of the input at hand stands, for people. */
  private refuseAt: Refuse = () => {};

  constructor(options: ConvertOptions) {
    this.options = options;
    this.problems = new ProblemList(false, PROBLEMS_MAX, options.lossy);
    this.output = FORMATS[options.to].open((file, offset, why) => this.refuseAt(file, offset, why));
  }

  readFile(path: string): void {
    const source = this.open(path);
    if (source === null) return;
    const { isText, read } = FORMATS[formatOf(source)];
    this.refuseAt = (_file, offset, why) => this.refuse(source, isText, offset, why);
    this.attempt(() => read(source, this.output.sink, this.problems, this.options));
  }

  /** @returns what is to be written, or `null` if there are errors */
  finish(): Uint8Array | null {
    if (this.problems.errorCount > 0) return null;
    const octets = this.attempt(() => this.output.finish());
    if (octets === null && this.problems.errorCount === 0) {
      this.addTooLarge(`more than a ${this.options.to} can hold`);
    }
    return octets;
  }

  summary(isWritten: boolean): string {
    const { recordCount, locationCount } = this.output.sink;
    const { errorCount, warningCount, items } = this.problems;
    const hidden = errorCount + warningCount - items.length;
    const counts = [
      counted(recordCount, 'record'),
      counted(locationCount, 'location'),
      counted(errorCount, 'error'),
      counted(warningCount, 'warning'),
    ].join(', ');
    return `${counts}${hidden > 0 ? ` (${hidden} not shown)` : ''}${isWritten ? '' : '; nothing written'}`;
  }

  /** @returns what `work` gives, or `null`, with a problem told, if memory does not suffice for it */
  private attempt<Result>(work: () => Result): Result | null {
    try {
      return work();
    } catch (error) {
      // What the engine throws for memory that it cannot get.
      if (!(error instanceof RangeError)) throw error;
      this.addTooLarge(errorText(error));
      return null;
    }
  }

  private addTooLarge(text: string): void {
    this.add(this.options.output ?? STDOUT, 'CONVERT_TOO_LARGE', text);
  }

  private open(path: string): Source | null {
    try {
      return readSource(path);
    } catch (error) {
      const fault = READ_FAULTS.find(([system]) => isCode(error, system));
      this.add(path, fault?.[1] ?? 'FILE_UNREADABLE', errorText(error));
      return null;
    }
  }

  private refuse(source: Source, isText: boolean, offset: number, why: string): void {
    if (!this.problems.wants('CONVERT_INEXPRESSIBLE')) {
      this.problems.skip('CONVERT_INEXPRESSIBLE');
      return;
    }
    const place = isText ? placeOf(source, offset) : { line: 0, column: 0 };
    const text = isText ? why : `entry at octet ${offset}: ${why}`;
    const at = { file: source.path, ...place, length: 1 };
    this.problems.add('CONVERT_INEXPRESSIBLE', at, text);
  }

  private add(file: string, code: ProblemCode, text: string): void {
    this.problems.add(code, { file, line: 0, column: 0, length: 1 }, text);
  }
}

// --- formats ----------------------------------------------------------------------------------------------

function openCdb(refuse: Refuse): Output {
  const writer = new CdbWriter();
  return { sink: new TinydnsCdbSink(writer, refuse), finish: () => writer.finish() };
}

function openData(refuse: Refuse): Output {
  const sink = new TinydnsDataSink(refuse);
  return { sink, finish: () => sink.finish() };
}

/** By name or by content: a damaged data.cdb is told to be damaged, not to be bad text. */
function formatOf({ path, octets, length }: Source): ConvertFormat {
  const isCdb = path.endsWith('.cdb') || new CdbReader(octets, length).fault === null;
  return isCdb ? 'cdb' : 'data';
}

function readCdb(source: Source, sink: TinydnsSink, problems: ProblemList): void {
  readTinydnsCdb(source, sink, problems);
}

function readData(
  source: Source,
  sink: TinydnsSink,
  problems: ProblemList,
  { dialect }: ConvertOptions,
): void {
  const mtimeSeconds = Math.floor((source.stamp?.mtimeMs ?? 0) / 1000);
  parseTinydns(source, sink, problems, { dialect, mtimeSeconds });
}

// --- output -----------------------------------------------------------------------------------------------

/** @returns why it could not be written; `null` if it is */
function write(
  octets: Uint8Array,
  output: string | null,
  { stdout }: ConvertStreams,
): string | null {
  if (output === null || output === STDOUT) {
    stdout.write(octets);
    return null;
  }
  try {
    replaceFile(output, octets, OUTPUT_MODE);
    return null;
  } catch (error) {
    return `cannot write ${output}: ${errorText(error)}`;
  }
}
