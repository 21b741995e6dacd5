/**
 * `hotzone check`: reads zones as the server would and tells what is wrong with them, without serving anything.
 * Exit codes: 0 no errors, 1 errors, 2 called wrongly.
 * Must not know: the command line's syntax, how problems are laid out.
 */
import { basename, resolve } from 'node:path';
import { errorText, ServerError } from '../base/errors.js';
import { fileProblem, wholeFile } from '../base/problem.js';
import { PROBLEM_CODES, type ProblemCode } from '../base/problem-codes.js';
import { type Source, sourceFromOctets } from '../base/source.js';
import type { VerifyProgress } from '../dnssec/verify-signatures.js';
import { type LoadRequest, type ReadZone, readZone } from '../load/load-zone.js';
import { listZoneFiles, openSource } from '../load/rescan.js';
import { validateZone } from '../load/validate-zone.js';
import { isDataFileName, zoneOfFileName } from '../load/zone-files.js';
import { TYPE_SOA } from '../wire/constants.js';
import { nameFromText, nameText } from '../wire/name-text.js';
import { readU32 } from '../wire/octets.js';
import { findRrset, type Zone } from '../zone/zone.js';
import { zoneLines } from '../zone/zone-text.js';
import { checkDataFile } from './check-data.js';
import type { CheckedZone, Reporter } from './checked-zone.js';
import { showProgress } from './progress.js';
import { JsonReporter } from './report-json.js';
import { SarifReporter } from './report-sarif.js';
import { TextReporter } from './report-text.js';

export type CheckFormat = 'text' | 'json' | 'sarif';

export type CheckOptions = {
  /** Apex of the one zone that is checked, as the user wrote it; `null`: by file name or SOA. */
  readonly origin: string | null;
  readonly format: CheckFormat;
  /** Whether zones without errors are written out, in canonical form. */
  readonly print: boolean;
  readonly strict: boolean;
  readonly includeOutside: boolean;
  /** Whether an error that spoils one record only is a warning, as where broken records are ignored. */
  readonly ignoreBroken: boolean;
  /** Whether the signatures of signed zones are verified. */
  readonly signatures: boolean;
  /** Days before its end from which on a signature is told of. */
  readonly signatureWarningDays: number;
  /** Seconds since 1970 that times of signatures are compared with; without it, the clock's. */
  readonly nowSeconds?: number;
};

export type CheckStreams = {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Whether a person looks at where problems go: they are shown with the line they stand in. */
  readonly terminal: boolean;
  readonly colour: boolean;
  /** Whether a person looks at standard error and is shown how far a long check has come. */
  readonly progress: boolean;
};

const EXIT_ERRORS = 1;
const EXIT_USAGE = 2;
const STDIN = '-';
/** Octets gathered before they are written. */
const CHUNK_OCTETS = 1 << 16;

/** Checks files and directories in turn. @returns the exit code */
export async function runCheck(
  paths: readonly string[],
  options: CheckOptions,
  streams: CheckStreams,
): Promise<number> {
  const origin = options.origin === null ? null : nameFromText(options.origin);
  const wrong = usageFault(paths, options, origin);
  if (wrong !== null) {
    streams.stderr.write(`error: ${wrong}\n`);
    return EXIT_USAGE;
  }
  const out = options.print ? streams.stderr : streams.stdout;
  const reporter = reporterFor(options.format, out, streams);
  const run = new CheckRun(options, origin, streams, reporter);
  for (const path of paths) {
    if (path === STDIN) await run.checkInput();
    else await run.checkPath(path);
  }
  reporter.end();
  return run.errorCount > 0 ? EXIT_ERRORS : 0;
}

function usageFault(
  paths: readonly string[],
  options: CheckOptions,
  origin: Uint8Array | null,
): string | null {
  if (options.origin !== null && origin === null) return `not a domain name: ${options.origin}`;
  if (options.origin !== null && paths.length !== 1) return '--origin goes with one file';
  if (paths.includes(STDIN) && origin === null) return 'standard input needs --origin';
  return null;
}

function reporterFor(
  format: CheckFormat,
  out: { write(text: string): unknown },
  { terminal, colour }: CheckStreams,
): Reporter {
  if (format === 'json') return new JsonReporter(out);
  if (format === 'sarif') return new SarifReporter(out);
  return new TextReporter(out, { excerpts: terminal, colour });
}

class CheckRun {
  errorCount = 0;
  private readonly options: CheckOptions;
  private readonly origin: Uint8Array | null;
  private readonly streams: CheckStreams;
  private readonly reporter: Reporter;
  /** The file that has each apex. */
  private readonly fileOfApex = new Map<string, string>();

  constructor(
    options: CheckOptions,
    origin: Uint8Array | null,
    streams: CheckStreams,
    reporter: Reporter,
  ) {
    this.options = options;
    this.origin = origin;
    this.streams = streams;
    this.reporter = reporter;
  }

  async checkInput(): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.streams.stdin) chunks.push(chunk);
    const main = sourceFromOctets('<stdin>', Buffer.concat(chunks));
    await this.checkFile(main.path, process.cwd(), main);
  }

  /** Checks a file, or every file of a directory that `serve` would take for a zone. */
  async checkPath(path: string): Promise<void> {
    try {
      const source = await openSource(path);
      const { files, fault } = await listZoneFiles(source);
      if (fault !== null) this.reportPath(path, 'FILE_UNREADABLE', fault);
      else if (files.length === 0) this.reportPath(path, 'FILES_NONE', 'no zone file in here');
      for (const file of files) await this.checkFile(file, source.root);
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      this.reportPath(path, 'FILE_UNREADABLE', errorText(error.cause));
    }
  }

  private async checkFile(path: string, root: string, main?: Source): Promise<void> {
    if (this.origin === null && isDataFileName(basename(path))) this.checkData(path);
    else await this.checkZoneFile(path, root, main);
  }

  private checkData(path: string): void {
    for (const { checked, present } of checkDataFile(path, this.options)) {
      this.report(checked);
      const zone = this.options.print && checked.errorCount === 0 ? present() : null;
      if (zone !== null) this.printZone(zone);
    }
  }

  private async checkZoneFile(path: string, root: string, main?: Source): Promise<void> {
    const named = zoneOfFileName(basename(path));
    const request: LoadRequest = {
      path,
      origin: this.origin ?? named.origin,
      originCertain: this.origin !== null || named.certain,
      root,
      includeOutside: this.options.includeOutside,
      strict: this.options.strict,
      ignoreBroken: this.options.ignoreBroken,
      validate: true,
    };
    const read = readZone(request, main);
    await this.validate(path, read);
    if (read.zone !== null) this.noteApex(path, read);
    this.report(checkedZone(path, read));
    if (this.options.print && read.zone !== null && read.problems.errorCount === 0) {
      this.printZone(read.zone);
    }
  }

  private async validate(path: string, read: ReadZone): Promise<void> {
    const { signatures, signatureWarningDays, nowSeconds } = this.options;
    const progress: VerifyProgress = { done: 0, total: 0 };
    const isShown = signatures && this.streams.progress;
    const hide = isShown ? showProgress(`${basename(path)}: signatures`, () => progress) : () => {};
    const options = {
      signatures,
      nowSeconds: nowSeconds ?? Math.floor(Date.now() / 1000),
      warningDays: signatureWarningDays,
    };
    try {
      await validateZone(read, options, progress);
    } finally {
      hide();
    }
  }

  private noteApex(path: string, { zone, problems }: ReadZone): void {
    const name = zone === null ? '' : apexText(zone);
    const key = name.toLowerCase();
    const first = this.fileOfApex.get(key);
    if (first === undefined) this.fileOfApex.set(key, path);
    else if (resolve(first) !== resolve(path)) {
      const at = wholeFile(path);
      problems.add('ZONE_DUPLICATE', at, `${first} defines ${name}, too`);
    }
  }

  private printZone(zone: Zone): void {
    let chunk = '';
    for (const line of zoneLines(zone)) {
      chunk += `${line}\n`;
      if (chunk.length < CHUNK_OCTETS) continue;
      this.streams.stdout.write(chunk);
      chunk = '';
    }
    this.streams.stdout.write(chunk);
  }

  private reportPath(file: string, code: ProblemCode, text: string): void {
    const severity = this.options.strict ? 'error' : PROBLEM_CODES[code].severity;
    const problem = fileProblem(code, severity, file, text);
    const errorCount = severity === 'error' ? 1 : 0;
    this.report({
      file,
      name: null,
      serial: null,
      recordCount: 0,
      problems: [problem],
      errorCount,
      warningCount: 1 - errorCount,
      sources: [],
    });
  }

  private report(checked: CheckedZone): void {
    this.errorCount += checked.errorCount;
    this.reporter.zone(checked);
  }
}

function checkedZone(file: string, { zone, problems, sources }: ReadZone): CheckedZone {
  const place = new Map(sources.sources.map((source, index) => [source.path, index]));
  const items = [...problems.items].sort(
    (a, b) =>
      (place.get(a.file) ?? 0) - (place.get(b.file) ?? 0) || a.line - b.line || a.column - b.column,
  );
  return {
    file,
    name: zone === null ? null : apexText(zone),
    serial: zone === null ? null : serialOf(zone),
    recordCount: zone === null ? 0 : zone.recordCount,
    problems: items,
    errorCount: problems.errorCount,
    warningCount: problems.warningCount,
    sources: sources.sources,
  };
}

function apexText(zone: Zone): string {
  return nameText(zone.names.octets, zone.names.offsets[zone.apex]!);
}

function serialOf(zone: Zone): number | null {
  const rrset = findRrset(zone, zone.apex, TYPE_SOA);
  if (rrset < 0) return null;
  const record = zone.rrsetRecordFirst[rrset]!;
  // the serial and four periods are the last 20 octets, RFC 1035 §3.3.13
  return readU32(zone.rdata, zone.recordRdata[record]! + zone.recordLength[record]! - 20);
}
