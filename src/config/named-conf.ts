/**
 * Reads BIND's named.conf: zones, options, keys, and what is wrong, with file, line and column. What PowerDNS
 * spells otherwise is read, too. Must not know: what zones hold, who serves them, who prints problems.
 *
 * A warning never loses a zone that could be served, and an error loses no other zone than its own; whether a
 * configuration with errors is taken is for the caller to decide.
 */
import { resolve } from 'node:path';
import type { ProblemCode } from '../base/problem-codes.js';
import { placeOf } from '../base/source.js';
import { nameText } from '../wire/name-text.js';
import { ConfigFiles } from './named-files.js';
import { matchesEverybody } from './named-match.js';
import { resolveOptions } from './named-options.js';
import { NamedReport, quoted } from './named-report.js';
import { Scope } from './named-scope.js';
import { type ConfDraft, newConf, TOP_ROWS, type ViewDraft } from './named-top.js';
import { statementsOf } from './named-tree.js';
import type { NamedConf, NamedZone } from './named-types.js';
import { type ViewDefaults, type ZoneDraft, zoneKey, zoneOf } from './named-zone.js';
import { NO_POLICY, type ZoneSigning } from './signing-policy.js';

/**
 * Reads a configuration. Never throws for what is in files, or for files that are not there.
 * @param limitProblems of errors and of warnings that are kept; all are counted
 */
export function readNamedConf(path: string, limitProblems?: number): NamedConf {
  const report = new NamedReport(limitProblems);
  const files = new ConfigFiles(report);
  const conf = newConf(report);
  const scope = new Scope('top', TOP_ROWS, conf, { outer: null, files, report });
  files.readMain(path, (source) => scope.read(statementsOf(source, report)));
  const { directory } = files;
  const options = resolveOptions(conf.options, directory, conf.acls, conf.servers);
  const zones = new ZoneChooser(conf, report, directory ?? '').choose();
  const { items, errorCount, warningCount } = report.list;
  return {
    zones,
    options,
    keys: conf.keys.list(),
    policies: conf.policies.list(),
    problems: items,
    errorCount,
    warningCount,
    files: Array.from(files.stamps, ([path, stamp]) => ({ path, stamp })),
    globs: [...files.folders],
  };
}

/** Which of the zones that are defined are served, and how. */
class ZoneChooser {
  private readonly conf: ConfDraft;
  private readonly report: NamedReport;
  private readonly directory: string;
  private readonly zones: NamedZone[] = [];
  private readonly byName = new Map<string, ZoneDraft>();
  private readonly byFile = new Map<string, NamedZone>();

  constructor(conf: ConfDraft, report: NamedReport, directory: string) {
    this.conf = conf;
    this.report = report;
    this.directory = directory;
  }

  choose(): NamedZone[] {
    const { zones, views } = this.conf;
    const [first] = zones;
    if (first !== undefined && views.size > 0) {
      const text = 'with views, every zone must stand in one of them';
      this.report.add('CONFIG_ZONE_OUTSIDE', first.spot, text);
    }
    for (const zone of zones) this.add(zone, null);
    const view = this.servedView();
    if (view !== null) {
      const defaults = this.viewDefaults(view);
      for (const zone of view.zones) this.add(zone, defaults);
    }
    return this.zones;
  }

  /** The first view that matches everybody; says which are not served. */
  private servedView(): ViewDraft | null {
    const { acls } = this.conf;
    const views = [...this.conf.views.values()];
    const served = views.find(
      ({ matchClients, matchDestinations, matchRecursiveOnly }) =>
        !matchRecursiveOnly &&
        [matchClients, matchDestinations].every(
          (nodes) => nodes === null || matchesEverybody(acls.resolve(nodes) ?? []),
        ),
    );
    for (const view of views) {
      if (view === served) continue;
      const why = served === undefined ? '' : `, ${quoted(served.name)} is`;
      const lost = `zones left out: ${view.zones.length}`;
      const text = `the view ${quoted(view.name)} is not served${why}; ${lost}`;
      this.report.add('CONFIG_VIEW', view.spot, text);
    }
    const [first] = views;
    if (first !== undefined && served === undefined) {
      this.report.add('CONFIG_VIEW_NONE', first.spot, 'no view matches everybody');
    }
    return served ?? null;
  }

  private viewDefaults(draft: ViewDraft): ViewDefaults {
    const { acls, servers } = this.conf;
    return {
      draft,
      alsoNotify: servers.resolve(draft.alsoNotify),
      allowTransfer: acls.resolve(draft.allowTransfer),
      allowQuery: acls.resolve(draft.allowQuery),
      allowNotify: acls.resolve(draft.allowNotify),
    };
  }

  private add(draft: ZoneDraft, view: ViewDefaults | null): void {
    const kind = this.kindOf(draft);
    if (kind === null) return;
    const signing = this.signingOf(draft, kind, view);
    // unsigned it would be bogus where it has been signed
    if (signing === 'unknown') return;
    const zone = zoneOf(draft, kind, view, this.directory, this.conf, signing);
    this.checkStatements(draft, zone);
    if (!this.isNew(draft, zone) || !this.hasTextFile(draft, zone, view)) return;
    if (!this.ownsFile(draft, zone)) return;
    this.byName.set(zoneKey(zone.name), draft);
    this.zones.push(zone);
  }

  /** What the zone says, or its view, or the options; a policy that is not there is an error of the zone. */
  private signingOf(
    draft: ZoneDraft,
    kind: NamedZone['kind'],
    view: ViewDefaults | null,
  ): ZoneSigning | null | 'unknown' {
    const { options, policies } = this.conf;
    const given = draft.dnssecPolicy ?? view?.draft.dnssecPolicy ?? options.dnssecPolicy;
    const wants = given !== null && given.name !== NO_POLICY;
    if (draft.inlineSigning !== null && (draft.inlineSigning === 'yes') !== wants) {
      const text = wants
        ? "'inline-signing no' has no effect: zones are signed as they are loaded, files stay"
        : "'inline-signing' has no effect without a dnssec-policy";
      if (wants || draft.inlineSigning === 'yes') this.fault('CONFIG_IGNORED', draft, text);
    }
    if (given === null || !wants) return null;
    if (kind === 'secondary') {
      if (draft.dnssecPolicy === null) return null;
      const text = "'dnssec-policy' has no effect: a secondary zone is as its primary has it";
      this.report.add('CONFIG_IGNORED', given.spot, text);
      return null;
    }
    const policy = policies.find(given.name);
    if (policy === null) {
      const text = `no dnssec-policy is named ${quoted(given.name)}: ${quoted(nameText(draft.name, 0))} is left out`;
      this.report.add('CONFIG_POLICY_UNKNOWN', given.spot, text);
      return 'unknown';
    }
    const folder = draft.keyDirectory ?? view?.draft.keyDirectory ?? options.keyDirectory ?? '';
    return { policy, keyFolder: resolve(this.directory, folder) };
  }

  private kindOf(draft: ZoneDraft): NamedZone['kind'] | null {
    if (draft.kind !== null || draft.hasType) return draft.kind;
    this.fault('CONFIG_ZONE_NATIVE', draft, 'the zone has no type: native is taken');
    return 'native';
  }

  /** Statements that are missing, or mean nothing, for this kind of zone. */
  private checkStatements(draft: ZoneDraft, zone: NamedZone): void {
    const { kind } = zone;
    if (kind === 'secondary') {
      if (zone.primaries.length > 0) return;
      this.fault('CONFIG_ZONE_PRIMARIES', draft, 'the zone is secondary and has no primaries');
      return;
    }
    if (draft.primariesSpot !== null) {
      const text = `'primaries' has no meaning for a ${kind} zone`;
      this.report.add('CONFIG_ZONE_UNUSED', draft.primariesSpot, text);
    }
    if (draft.allowNotify !== null) {
      const text = `'allow-notify' has no meaning for a ${kind} zone`;
      this.fault('CONFIG_ZONE_UNUSED', draft, text);
    }
  }

  private isNew(draft: ZoneDraft, zone: NamedZone): boolean {
    const earlier = this.byName.get(zoneKey(zone.name));
    if (earlier === undefined) return true;
    const { source, start } = earlier.spot;
    const where = `${source.path}:${placeOf(source, start).line}`;
    const text = `the zone ${quoted(zone.text)} is already defined at ${where}, which counts`;
    this.fault('CONFIG_ZONE_DUPLICATE', draft, text);
    return false;
  }

  private hasTextFile(draft: ZoneDraft, zone: NamedZone, view: ViewDefaults | null): boolean {
    const format =
      draft.masterfileFormat ??
      view?.draft.masterfileFormat ??
      this.conf.options.masterfileFormat ??
      'text';
    if (format !== 'text') {
      const text = `the file of the zone ${quoted(zone.text)} is ${format}, not text: it is left out`;
      this.fault('CONFIG_ZONE_FORMAT', draft, text);
      return false;
    }
    if (zone.file !== null) return true;
    const name = quoted(zone.text);
    if (zone.kind === 'secondary') {
      const text = `the zone ${name} has no file: it is lost when the server stops`;
      this.fault('CONFIG_ZONE_UNSAVED', draft, text);
      return true;
    }
    this.fault('CONFIG_ZONE_FILE', draft, `the zone ${name} has no file: it is left out`);
    return false;
  }

  /** A secondary's file is overwritten by transfers, so it cannot be another zone's, too. */
  private ownsFile(draft: ZoneDraft, zone: NamedZone): boolean {
    if (zone.file === null) return true;
    const other = this.byFile.get(zone.file);
    if (other === undefined) {
      this.byFile.set(zone.file, zone);
      return true;
    }
    if (zone.kind !== 'secondary' && other.kind !== 'secondary') return true;
    const where = `${other.place.file}:${other.place.line}`;
    const text = `the zone at ${where} has the same file: ${quoted(zone.text)} is left out`;
    this.fault('CONFIG_ZONE_FILE', draft, text);
    return false;
  }

  private fault(code: ProblemCode, draft: ZoneDraft, text: string): void {
    this.report.add(code, draft.spot, text);
  }
}
