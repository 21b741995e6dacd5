/**
 * One zone of a tinydns file to a published form: build, check, compile. If its records depend on the client's location
 * or on the time, it is built once for each of them (index/variants.ts); of the times to come the next few.
 * Must not know: the file's format, other zones.
 */
import { errorText } from '../base/errors.js';
import {
  PROBLEMS_MAX,
  ZONE_SPANS_MAX,
  ZONE_SPANS_OCTETS_MAX,
  ZONE_VARIANTS_MAX,
} from '../base/limits.js';
import { type Problem, ProblemList, wholeFile } from '../base/problem.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { compileZone, type ImageRoom } from '../index/compile.js';
import { VariantWriter } from '../index/variants.js';
import { type Locate, ZoneBuilder } from '../zone/builder.js';
import { checkZone } from '../zone/check.js';
import { checkPassedWildcards } from '../zone/check-passed.js';
import type { Moment } from '../zone/data-feed.js';
import type { ZoneConditions, ZoneNumber } from '../zone/data-zones.js';
import { INTAKE_RECORDS_MAX, Intake, type TakenRecords } from '../zone/intake.js';
import type { Zone } from '../zone/zone.js';
import { serialOf } from './load-zone.js';
import { type DataFile, type DataRules, placeInFile } from './tinydns-file.js';

/** What a zone has become. */
export type LoadedDataZone = {
  /** `null` if it cannot be served. */
  readonly image: SharedArrayBuffer | null;
  readonly problems: readonly Problem[];
  readonly errorCount: number;
  readonly warningCount: number;
  /** Of the version for clients of no location, or the first there is. */
  readonly serial: number;
  readonly recordCount: number;
  /** Unix second from which a later load's image is needed; `null` if this one holds until the file changes. */
  readonly dueAt: number | null;
};

/** A span of time in which a zone does not change by itself, by its first second. */
type Span = { readonly from: number; readonly moment: number };

const PLAIN: Moment = { location: 0, second: 0 };
const RDATA_OCTETS_EXPECTED = 16;

/** One for all loads of a thread: a zone lives until it is compiled. */
const smallIntake = new Intake();

/** Loads zones of one file, one after the other. */
export class DataZoneLoader {
  private readonly file: DataFile;
  private readonly rules: DataRules;
  private readonly nowSeconds: number;
  private readonly locate: Locate;
  private problems = new ProblemList();
  /** Texts of problems of the zone at hand: its versions share most of them. */
  private readonly told = new Set<string>();
  private hasFacts = false;
  private serial = 0;
  private recordCount = 0;

  constructor(file: DataFile, rules: DataRules, nowSeconds: number) {
    this.file = file;
    this.rules = rules;
    this.nowSeconds = nowSeconds;
    this.locate = (_, position) => placeInFile(file, position);
  }

  /** @param room takes the image if it fits; without it, or else, the image gets memory of its own */
  load(zone: ZoneNumber, room: ImageRoom | null): LoadedDataZone {
    this.problems = new ProblemList(this.rules.strict);
    this.told.clear();
    this.hasFacts = false;
    this.serial = 0;
    this.recordCount = 0;
    for (const problem of this.file.problemsOf.get(zone) ?? []) this.problems.take(problem);
    const conditions = this.file.zones.conditions(zone);
    const made =
      conditions === null
        ? { image: this.loadPlain(zone, room), dueAt: null }
        : this.loadVariants(zone, conditions, room);
    const { errorCount, warningCount, items } = this.problems;
    return {
      image: errorCount === 0 ? made.image : null,
      problems: items.slice(0, PROBLEMS_MAX),
      errorCount,
      warningCount,
      serial: this.serial,
      recordCount: this.recordCount,
      // a version that is not served needs no other after it
      dueAt: errorCount === 0 ? made.dueAt : null,
    };
  }

  /** The zone as it is now for clients of no location; only until the next call. `null` if there is none for them. */
  present(zone: ZoneNumber): Zone | null {
    return this.build(zone, { location: 0, second: this.nowSeconds });
  }

  private loadPlain(zone: ZoneNumber, room: ImageRoom | null): SharedArrayBuffer | null {
    const built = this.build(zone, PLAIN);
    if (built === null || this.problems.errorCount > 0) return null;
    const { asTinydns } = this.rules;
    return this.attempt(() => compileZone(built, room, { tinydns: asTinydns }));
  }

  private loadVariants(
    zone: ZoneNumber,
    conditions: ZoneConditions,
    room: ImageRoom | null,
  ): { image: SharedArrayBuffer | null; dueAt: number | null } {
    const locations = [0, ...conditions.locations];
    const { spans, dueAt } = this.spansOf(zone, conditions);
    if (locations.length * spans.length > ZONE_VARIANTS_MAX) {
      const count = `${conditions.locations.length} locations`;
      this.addWhole('TINYDNS_VARIANTS', `records for ${count} in one zone, too many`);
      return { image: null, dueAt: null };
    }
    const writer = new VariantWriter(this.nowSeconds, { tinydns: this.rules.asTinydns });
    const image = this.attempt(() => {
      for (const location of locations) {
        for (const { from, moment } of spans) {
          const built = this.build(zone, { location, second: moment });
          if (this.problems.errorCount > 0) return null;
          writer.add(location, from, built);
        }
      }
      return writer.finish(room);
    });
    return { image, dueAt };
  }

  /** The present span and those after it that a version is made for now. */
  private spansOf(
    zone: ZoneNumber,
    { changes, locations }: ZoneConditions,
  ): { spans: Span[]; dueAt: number | null } {
    const now = this.nowSeconds;
    const passed = changes.filter((change) => change <= now);
    const ahead = changes.slice(passed.length);
    const octets = this.file.zones.octets(zone) * (locations.length + 1) * ZONE_SPANS_MAX;
    const most = octets > ZONE_SPANS_OCTETS_MAX ? 1 : ZONE_SPANS_MAX - 1;
    const made = ahead.slice(0, most);
    const spans = [
      { from: passed.at(-1) ?? 0, moment: now },
      ...made.map((change) => ({ from: change, moment: change })),
    ];
    const isLast = made.length === ahead.length;
    return { spans, dueAt: isLast ? null : (made.at(-1) ?? null) };
  }

  /** @returns `null` if there is no such zone at that moment, or if it has errors */
  private build(zone: ZoneNumber, moment: Moment): Zone | null {
    const taken = this.take(zone, moment);
    if (taken === null) return null;
    const options = {
      apex: this.file.zones.apex(zone),
      // the first SOA is the zone's own, be it all that there is
      apexCertain: false,
      ownTtls: this.rules.asTinydns,
    };
    const problems = new ProblemList(this.rules.strict);
    const built = new ZoneBuilder(taken, options, problems, this.locate).build();
    this.takeProblems(problems, false);
    if (built === null) return null;
    const found = new ProblemList(this.rules.strict);
    checkZone(built, found, this.locate);
    if (!this.rules.asTinydns) checkPassedWildcards(built, found, this.locate);
    // what makes a BIND zone unfit to load is served by tinydns: here it is told, and served, too
    this.takeProblems(found, !this.rules.strict);
    this.noteFacts(built);
    return built;
  }

  /** The zone's records at a moment; `null` if it is no zone then. */
  private take(zone: ZoneNumber, moment: Moment): TakenRecords | null {
    const { zones } = this.file;
    const sole = zones.sole();
    if (sole !== null) return sole;
    const count = zones.recordCount(zone);
    const intake =
      count > INTAKE_RECORDS_MAX ? new Intake(count, count * RDATA_OCTETS_EXPECTED) : smallIntake;
    return zones.fill(intake, zone, moment, this.nowSeconds) ? intake : null;
  }

  private noteFacts(zone: Zone): void {
    if (this.hasFacts) return;
    this.hasFacts = true;
    this.serial = serialOf(zone);
    this.recordCount = zone.recordCount;
  }

  private takeProblems({ items }: ProblemList, asWarnings: boolean): void {
    for (const problem of items) {
      const { severity, line, code, text } = problem;
      const key = `${line} ${code} ${text}`;
      if (this.told.has(key)) continue;
      this.told.add(key);
      const isDemoted = asWarnings && severity === 'error';
      this.problems.take(isDemoted ? { ...problem, severity: 'warning' } : problem);
    }
  }

  private attempt(work: () => SharedArrayBuffer | null): SharedArrayBuffer | null {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.addWhole('ZONE_TOO_LARGE', errorText(error));
      return null;
    }
  }

  private addWhole(code: ProblemCode, text: string): void {
    const at = wholeFile(this.file.source.path);
    this.problems.add(code, at, text);
  }
}
