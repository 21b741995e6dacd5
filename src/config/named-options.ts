/**
 * The `options` of named.conf: the draft and the table of the honoured ones. Must not know: zones, views.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  DEFAULTS_DRAFT,
  type DefaultsDraft,
  defaultsRows,
  readMatch,
  valueRow,
} from './named-choices.js';
import {
  BOOLEANS,
  type Cursor,
  readChoice,
  readGiven,
  readNumber,
  readPort,
  readPortNumber,
} from './named-cursor.js';
import type { AclTable, MatchNode } from './named-match.js';
import type { AnyScope, Rows } from './named-scope.js';
import type { ServerTable } from './named-servers.js';
import type { Given, ListenOn, NamedOptions } from './named-types.js';

type ListenDraft = { readonly port: number | null; readonly nodes: readonly MatchNode[] };

type Minimal = NonNullable<NamedOptions['minimalResponses']>;

export type OptionsDraft = DefaultsDraft & {
  port: number | null;
  listenOn: ListenDraft[] | null;
  listenOnV6: ListenDraft[] | null;
  pidFile: Given | null;
  version: Given | null;
  hostname: Given | null;
  serverId: Given | null;
  minimalResponses: Minimal | null;
  maxUdpSize: number | null;
};

export function newOptions(): OptionsDraft {
  return {
    ...DEFAULTS_DRAFT,
    port: null,
    listenOn: null,
    listenOnV6: null,
    pidFile: null,
    version: null,
    hostname: null,
    serverId: null,
    minimalResponses: null,
    maxUdpSize: null,
  };
}

const MINIMAL = {
  ...BOOLEANS,
  'no-auth': 'no-auth',
  'no-auth-recursive': 'no-auth-recursive',
} as const;

/** Every option that is honoured; all others of BIND are rows of named-ignored.ts. */
export const OPTION_ROWS: Rows<OptionsDraft> = {
  ...defaultsRows<OptionsDraft>(),
  directory: { read: readDirectory },
  port: valueRow(readPortNumber, (to: OptionsDraft, value) => {
    to.port = value;
  }),
  'listen-on': { read: (cursor, to) => readListenOn(cursor, to, 'listenOn'), many: true },
  'listen-on-v6': { read: (cursor, to) => readListenOn(cursor, to, 'listenOnV6'), many: true },
  'pid-file': valueRow(readGiven, (to: OptionsDraft, value) => {
    to.pidFile = value;
  }),
  version: valueRow(readGiven, (to: OptionsDraft, value) => {
    to.version = value;
  }),
  hostname: valueRow(readGiven, (to: OptionsDraft, value) => {
    to.hostname = value;
  }),
  'server-id': valueRow(readGiven, (to: OptionsDraft, value) => {
    to.serverId = value;
  }),
  'minimal-responses': valueRow(
    (cursor) => readChoice<Minimal>(cursor, MINIMAL),
    (to: OptionsDraft, value) => {
      to.minimalResponses = value;
    },
  ),
  'max-udp-size': valueRow(
    (cursor) => readNumber(cursor),
    (to: OptionsDraft, value) => {
      to.maxUdpSize = value;
    },
  ),
};

/** As in BIND it counts at once, for the `include`s after it. */
function readDirectory(cursor: Cursor, _: OptionsDraft, scope: AnyScope): boolean {
  const word = cursor.word('a directory');
  if (word === null) return false;
  const path = resolve(word.text);
  scope.files.directory = path;
  if (!isDirectory(path)) {
    cursor.fault('CONFIG_DIRECTORY', word, 'there is no such directory');
  }
  return true;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** `[ port N ] [ tls T ] [ http H ] { … }` */
function readListenOn(
  cursor: Cursor,
  target: OptionsDraft,
  field: 'listenOn' | 'listenOnV6',
): boolean {
  const port = readPort(cursor);
  if (port === false) return false;
  let stream: string | null = null;
  for (const name of ['tls', 'http']) {
    if (!cursor.takeWord(name)) continue;
    const value = cursor.word('a name');
    if (value === null) return false;
    if (name === 'http' || value.text.toLowerCase() !== 'none') stream = name;
  }
  const at = cursor.peek();
  const nodes = readMatch(cursor);
  if (nodes === null || at === undefined) return false;
  if (stream !== null) {
    cursor.fault('CONFIG_UNSUPPORTED', at, `'${stream}' is not supported: nothing listens here`);
  } else {
    target[field] ??= [];
    target[field].push({ port, nodes });
  }
  return true;
}

/** To be called when all ACLs, keys and lists of servers are defined. */
export function resolveOptions(
  draft: OptionsDraft,
  directory: string | null,
  acls: AclTable,
  servers: ServerTable,
): NamedOptions {
  const listen = (list: ListenDraft[] | null): ListenOn[] | null =>
    list?.map(({ port, nodes }) => ({ port, elements: acls.resolve(nodes) ?? [] })) ?? null;
  const { masterfileFormat: _, dnssecPolicy: _policy, keyDirectory: _keys, ...plain } = draft;
  return {
    ...plain,
    directory,
    listenOn: listen(draft.listenOn),
    listenOnV6: listen(draft.listenOnV6),
    alsoNotify: servers.resolve(draft.alsoNotify),
    allowTransfer: acls.resolve(draft.allowTransfer),
    allowQuery: acls.resolve(draft.allowQuery),
    allowNotify: acls.resolve(draft.allowNotify),
  };
}
