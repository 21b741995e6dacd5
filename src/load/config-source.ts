/**
 * A named.conf whose zones are served, followed with everything that it includes. A version without errors is taken as
 * a difference to what is in force; one with errors, or without more than half of the zones, is told and not taken.
 * Must not know: the syntax, how a zone is loaded.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CONFIG_QUIET_MS, LOGGED_PROBLEMS_MAX } from '../base/limits.js';
import type { Log } from '../base/log.js';
import { type Problem, problemLine } from '../base/problem.js';
import { type FileStamp, sameStamp, stampOf } from '../base/source.js';
import type { NamedConf } from '../config/named-types.js';
import { readConfigAside } from './config-reader.js';
import type { ConfiguredZone } from './configured-zone.js';
import type { ConfiguredZones } from './configured-zones.js';
import { gapTexts } from './named-gaps.js';
import type { Followed } from './watch.js';
import type { WatchPlan } from './watch-plan.js';
import { counted } from './zone-log.js';

/** What a reading has led to. */
export type ConfigReading =
  | { readonly ok: true; readonly added: number; readonly removed: number }
  /** What was in force before still is. */
  | { readonly ok: false; readonly text: string };

export type ConfigSourceOptions = {
  readonly path: string;
  /** The zones of a configuration, as the loader sees them. */
  readonly zonesOf: (conf: NamedConf) => readonly ConfiguredZone[];
  /** Obeys even if more than half of the zones are to go. */
  readonly allowMassRemoval: boolean;
  /** Called when the zones of a version are in force, before they are loaded. */
  readonly applied: () => void;
  /** Whether keys are defined elsewhere, so that unknown ones are no problem here. */
  readonly keysElsewhere: boolean;
  /** Called when a configuration has been taken on its own, without a command. */
  readonly taken: () => void;
};

export class ConfigSource implements Followed {
  readonly path: string;
  private readonly options: ConfigSourceOptions;
  private readonly zones: ConfiguredZones;
  private readonly log: Log;
  /** Of the last version that was read, taken or not. */
  private stamps = new Map<string, FileStamp | null>();
  /** Folders that a pattern of `include` looks into. */
  private folders: readonly string[] = [];
  private reading: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;
  /** Problems that were logged last: a reading that finds the same is not news. */
  private logged = '';

  constructor(options: ConfigSourceOptions, zones: ConfiguredZones, log: Log) {
    this.options = options;
    this.path = options.path;
    this.zones = zones;
    this.log = log;
  }

  /** Reads for the first time: whatever can be understood is taken, as there is nothing to lose. */
  async start(): Promise<NamedConf> {
    const conf = await this.readFiles();
    await this.zones.apply(this.options.zonesOf(conf), true);
    this.options.applied();
    return conf;
  }

  /** Reads anew, and takes it if it may be taken. One reading runs at a time. */
  read(force: boolean): Promise<ConfigReading> {
    const result = this.reading.then(() => this.readNow(force));
    this.reading = result.catch(() => {});
    return result;
  }

  stop(): void {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  // --- for those who watch

  cover(plan: WatchPlan): void {
    for (const path of this.stamps.keys()) plan.coverFile(path);
    for (const folder of this.folders) plan.coverDirectory(folder);
  }

  concerns(path: string): boolean {
    return this.stamps.has(path) || this.stamps.has(dirname(path));
  }

  /** A change is believed when it has been quiet for a while: an edit of several files is one change. */
  look(): void {
    if (this.stopped || !this.hasChanged()) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.read(false).then(({ ok }) => {
        if (ok) this.options.taken();
      });
    }, CONFIG_QUIET_MS);
  }

  private hasChanged(): boolean {
    for (const [path, stamp] of this.stamps) if (!isSame(stamp, anyStampAt(path))) return true;
    return false;
  }

  // --- reading

  private async readFiles(): Promise<NamedConf> {
    const before = new Map([...this.stamps.keys()].map((path) => [path, anyStampAt(path)]));
    const read = await readConfigAside(this.path);
    const conf = this.options.keysElsewhere ? withoutKeyProblems(read) : read;
    const globs = conf.globs.map((path) => [path, before.get(path) ?? anyStampAt(path)] as const);
    this.stamps = new Map([
      ...conf.files.map(({ path, stamp }) => [path, stamp] as const),
      ...globs,
    ]);
    this.folders = conf.globs;
    this.logProblems(conf);
    return conf;
  }

  private async readNow(force: boolean): Promise<ConfigReading> {
    const conf = await this.readFiles();
    const [first] = conf.problems.filter(({ severity }) => severity === 'error');
    if (conf.errorCount > 0) {
      const more = conf.errorCount > 1 ? ` (and ${conf.errorCount - 1} more)` : '';
      const why = first === undefined ? 'it has errors' : problemLine(first);
      return this.refuse(`${why}${more}; the former configuration stays in force`);
    }
    const { added, removed, refused, former } = await this.zones.apply(
      this.options.zonesOf(conf),
      force || this.options.allowMassRemoval,
    );
    if (refused > 0) {
      return this.refuse(
        `${refused} of ${counted(former, 'zone')} would go at once: nothing is changed ` +
          '(rediscover --force or allow-mass-removal lets them go)',
      );
    }
    this.options.applied();
    this.log.info(
      'config.taken',
      { file: this.path, added, removed },
      `${this.path}: taken, ${added} new, ${removed} removed`,
    );
    return { ok: true, added, removed };
  }

  private refuse(text: string): ConfigReading {
    this.log.error('config.refused', { file: this.path }, `${this.path}: not taken: ${text}`);
    return { ok: false, text };
  }

  private logProblems(conf: NamedConf): void {
    const { problems, errorCount, warningCount } = conf;
    const gaps = gapTexts(conf);
    const text = [...problems.map(problemLine), ...gaps].join('\n');
    if (text === this.logged) return;
    this.logged = text;
    for (const gap of gaps)
      this.log.warn('config.gap', { file: this.path }, `${this.path}: ${gap}`);
    const shown = [...problems].sort((a, b) => rank(a) - rank(b)).slice(0, LOGGED_PROBLEMS_MAX);
    for (const problem of shown) {
      const { severity, file, line, column, code } = problem;
      const level = severity === 'error' ? 'error' : 'warn';
      this.log[level]('config.problem', { file, line, column, code }, problemLine(problem));
    }
    const more = errorCount + warningCount - shown.length;
    if (more > 0) {
      const hint = `${this.path}: ${more} more, see hotzone serve --check-config`;
      this.log.warn('config.problems', { file: this.path, more }, hint);
    }
  }
}

function withoutKeyProblems(conf: NamedConf): NamedConf {
  const problems = conf.problems.filter(({ code }) => code !== 'CONFIG_KEY_UNKNOWN');
  const warningCount = conf.warningCount - (conf.problems.length - problems.length);
  return { ...conf, problems, warningCount };
}

function rank({ severity }: Problem): number {
  return severity === 'error' ? 0 : 1;
}

/** Of a file or of a directory; `null` if there is neither. */
function anyStampAt(path: string): FileStamp | null {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats === undefined ? null : stampOf(stats);
  } catch {
    return null;
  }
}

function isSame(a: FileStamp | null, b: FileStamp | null): boolean {
  return a === null || b === null ? a === b : sameStamp(a, b);
}
