/**
 * The outermost statements of named.conf and those of views: everything that is defined there is collected in a draft.
 * Must not know: what is served in the end.
 */
import { placeOf } from '../base/source.js';
import {
  DEFAULTS_DRAFT,
  type DefaultsDraft,
  defaultsRows,
  readMatch,
  valueRow,
} from './named-choices.js';
import { BOOLEANS, type Cursor, readChoice } from './named-cursor.js';
import { type KeyDraft, KeyTable } from './named-keys.js';
import { AclTable, isBuiltIn, type MatchNode } from './named-match.js';
import { newOptions, OPTION_ROWS, type OptionsDraft } from './named-options.js';
import { PolicyTable } from './named-policy.js';
import type { NamedReport, Spot } from './named-report.js';
import type { AnyScope, Rows } from './named-scope.js';
import { readServers, ServerTable } from './named-servers.js';
import type { Word } from './named-tree.js';
import { readClass, readZone, type ZoneDraft } from './named-zone.js';

export type ViewDraft = DefaultsDraft & {
  readonly name: string;
  readonly spot: Spot;
  readonly keys: KeyTable;
  matchClients: MatchNode[] | null;
  matchDestinations: MatchNode[] | null;
  matchRecursiveOnly: boolean;
  readonly zones: ZoneDraft[];
};

/** All that a configuration has defined. */
export type ConfDraft = {
  readonly options: OptionsDraft;
  readonly keys: KeyTable;
  readonly acls: AclTable;
  readonly servers: ServerTable;
  readonly policies: PolicyTable;
  readonly zones: ZoneDraft[];
  readonly views: Map<string, ViewDraft>;
};

export function newConf(report: NamedReport): ConfDraft {
  const keys = new KeyTable(report);
  return {
    options: newOptions(),
    keys,
    acls: new AclTable(keys, report),
    servers: new ServerTable(keys, report),
    policies: new PolicyTable(),
    zones: [],
    views: new Map(),
  };
}

const KEY_ROWS: Rows<KeyDraft> = {
  algorithm: valueRow(
    (cursor) => cursor.word('an algorithm'),
    (to: KeyDraft, value) => {
      to.algorithm = value;
    },
  ),
  secret: valueRow(
    (cursor) => cursor.word('a secret'),
    (to: KeyDraft, value) => {
      to.secret = value;
    },
  ),
};

const VIEW_ROWS: Rows<ViewDraft> = {
  ...defaultsRows<ViewDraft>(),
  zone: { read: addZone, many: true },
  key: { read: addKey, many: true },
  'match-clients': valueRow(readMatch, (to: ViewDraft, value) => {
    to.matchClients = value;
  }),
  'match-destinations': valueRow(readMatch, (to: ViewDraft, value) => {
    to.matchDestinations = value;
  }),
  'match-recursive-only': valueRow(
    (cursor) => readChoice<'yes' | 'no'>(cursor, BOOLEANS),
    (to: ViewDraft, value) => {
      to.matchRecursiveOnly = value === 'yes';
    },
  ),
};

/** Every outermost statement that is honoured; all others of BIND are rows of named-ignored.ts. */
export const TOP_ROWS: Rows<ConfDraft> = {
  options: { read: readOptions },
  acl: { read: addAcl, many: true },
  key: { read: addKey, many: true },
  zone: { read: addZone, many: true },
  view: { read: addView, many: true },
  primaries: { read: addServers, many: true },
  masters: { read: addServers, many: true },
  'remote-servers': { read: addServers, many: true },
  'dnssec-policy': {
    read: (cursor, conf, scope) => conf.policies.read(cursor, scope),
    many: true,
  },
};

function readOptions(cursor: Cursor, conf: ConfDraft, scope: AnyScope): boolean {
  const block = cursor.block();
  if (block === null) return false;
  scope.inner('options', OPTION_ROWS, conf.options).read(block.statements);
  return true;
}

function addAcl(cursor: Cursor, conf: ConfDraft): boolean {
  const name = cursor.word('the name of an ACL');
  const nodes = name === null ? null : readMatch(cursor);
  if (name === null || nodes === null) return false;
  if (isBuiltIn(name.text)) {
    cursor.fault('CONFIG_REPEATED', name, 'this ACL has a meaning of its own');
    return true;
  }
  const earlier = conf.acls.define(name.text, nodes, cursor.spot(name));
  if (earlier !== null) repeated(cursor, name, 'the ACL', earlier);
  return true;
}

function addServers(cursor: Cursor, conf: ConfDraft): boolean {
  const name = cursor.word('the name of a list');
  const nodes = name === null ? null : readServers(cursor);
  if (name === null || nodes === null) return false;
  const earlier = conf.servers.define(name.text, nodes, cursor.spot(name));
  if (earlier !== null) repeated(cursor, name, 'the list', earlier);
  return true;
}

function repeated(cursor: Cursor, name: Word, what: string, earlier: Spot): void {
  const { line } = placeOf(earlier.source, earlier.start);
  const where = `${earlier.source.path}:${line}`;
  cursor.fault('CONFIG_REPEATED', name, `${what} is already defined at ${where}, which counts`);
}

function addKey<Target extends { readonly keys: KeyTable }>(
  cursor: Cursor,
  target: Target,
  scope: AnyScope,
): boolean {
  const name = cursor.word('the name of a key');
  const block = name === null ? null : cursor.block();
  if (name === null || block === null) return false;
  const draft: KeyDraft = { algorithm: null, secret: null };
  scope.inner('key', KEY_ROWS, draft).read(block.statements);
  target.keys.define(cursor, name, draft);
  return true;
}

function addZone<Target extends { readonly zones: ZoneDraft[] }>(
  cursor: Cursor,
  target: Target,
  scope: AnyScope,
): boolean {
  const zone = readZone(cursor, scope);
  if (zone === null) return cursor.statement.parts[cursor.index - 1]?.kind === 'block';
  target.zones.push(zone);
  return true;
}

function addView(cursor: Cursor, conf: ConfDraft, scope: AnyScope): boolean {
  const name = cursor.word('the name of a view');
  if (name === null) return false;
  const isOurs = readClass(cursor, `the view '${name.text}'`);
  const block = cursor.block();
  if (block === null || !isOurs) return block !== null;
  const earlier = conf.views.get(name.text);
  if (earlier !== undefined) {
    repeated(cursor, name, 'the view', earlier.spot);
    return true;
  }
  const view: ViewDraft = {
    ...DEFAULTS_DRAFT,
    name: name.text,
    spot: cursor.spot(name),
    keys: conf.keys,
    matchClients: null,
    matchDestinations: null,
    matchRecursiveOnly: false,
    zones: [],
  };
  conf.views.set(view.name, view);
  scope.inner('view', VIEW_ROWS, view).read(block.statements);
  return true;
}
