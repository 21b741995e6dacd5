/**
 * The files that a named.conf is made of: `include` with patterns, bounded in depth and number, cycles refused. Keeps
 * what was read and looked for, for the watcher. Must not know: statements other than `include`.
 */
import { realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { errorText } from '../base/errors.js';
import { CONFIG_FILES_MAX, INCLUDE_DEPTH_MAX } from '../base/limits.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { type FileStamp, readSource, type Source } from '../base/source.js';
import { expandPattern, isPattern } from './named-glob.js';
import { type NamedReport, quoted, type Spot } from './named-report.js';

export class ConfigFiles {
  /** By absolute path; `null` for what could not be read. */
  readonly stamps = new Map<string, FileStamp | null>();
  /** Directories that patterns look into, absolute. */
  readonly folders = new Set<string>();
  /** What relative file names start at, absolute; `null` until the options say so. */
  directory: string | null = null;
  private readonly report: NamedReport;
  /** Real paths of the files being read, outermost first. */
  private readonly open: string[] = [];
  private opened = 0;

  constructor(report: NamedReport) {
    this.report = report;
  }

  /** Reads the main file; says so if that cannot be read. */
  readMain(path: string, read: (source: Source) => void): void {
    this.readFile(path, read, (text) => this.report.addFile('CONFIG_FILE', path, text));
  }

  /** Reads the files that `include` names, one after the other. */
  include(text: string, spot: Spot, read: (source: Source) => void): void {
    const from = this.directory ?? dirname(spot.source.path);
    const path = isAbsolute(text) ? text : join(from, text);
    const fault = (code: ProblemCode, why: string) => this.report.add(code, spot, why);
    if (this.open.length > INCLUDE_DEPTH_MAX) {
      fault('CONFIG_INCLUDE_DEPTH', `includes nested more than ${INCLUDE_DEPTH_MAX} deep`);
      return;
    }
    const { paths, folders, faults } = isPattern(text)
      ? expandPattern(path)
      : { paths: [path], folders: [], faults: [] };
    for (const folder of folders) this.folders.add(resolve(folder));
    for (const why of faults) fault('CONFIG_INCLUDE', `cannot look for ${text}: ${why}`);
    if (paths.length + faults.length === 0)
      fault('CONFIG_INCLUDE_NONE', `no file matches ${quoted(text)}`);
    for (const each of paths) {
      if (++this.opened > CONFIG_FILES_MAX) {
        fault('CONFIG_FILES', `more than ${CONFIG_FILES_MAX} files`);
        return;
      }
      if (this.isOpen(each)) fault('CONFIG_INCLUDE_CYCLE', 'the file includes itself');
      else this.readFile(each, read, (why) => fault('CONFIG_INCLUDE', why));
    }
  }

  private isOpen(path: string): boolean {
    try {
      return this.open.includes(realpathSync(path));
    } catch {
      return false;
    }
  }

  private readFile(
    path: string,
    read: (source: Source) => void,
    fault: (text: string) => void,
  ): void {
    let source: Source;
    try {
      // Opening a pipe would wait for its writer.
      if (!statSync(path).isFile()) throw new Error('not a regular file');
      source = readSource(path);
      this.open.push(realpathSync(path));
    } catch (error) {
      this.stamps.set(resolve(path), null);
      fault(`cannot read ${path}: ${errorText(error)}`);
      return;
    }
    this.stamps.set(resolve(path), source.stamp);
    read(source);
    this.open.pop();
  }
}
