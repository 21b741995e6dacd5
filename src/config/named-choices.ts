/**
 * The statements that options, views and zones share: drafts of them and the rows that read them. Must not know: the
 * statements that only one of these has.
 */
import { BOOLEANS, type Cursor, readChoice } from './named-cursor.js';
import { type MatchNode, readMatchList } from './named-match.js';
import type { Spot } from './named-report.js';
import type { AnyScope, StatementRow } from './named-scope.js';
import { readServers, type ServerNode } from './named-servers.js';
import type { CheckNames, FileFormat, NotifyMode, SerialUpdateMethod } from './named-types.js';

/** As read, before names are known; `null` if not given. */
export type SharedDraft = {
  alsoNotify: ServerNode[] | null;
  allowTransfer: MatchNode[] | null;
  allowQuery: MatchNode[] | null;
  allowNotify: MatchNode[] | null;
  notify: NotifyMode | null;
  serialUpdateMethod: SerialUpdateMethod | null;
  masterfileFormat: FileFormat | null;
  /** A name, or `none`. */
  dnssecPolicy: { readonly name: string; readonly spot: Spot } | null;
  keyDirectory: string | null;
};

/** What options and views say where a zone has a plain value. */
export type DefaultsDraft = SharedDraft & {
  ixfrFromDifferences: 'yes' | 'no' | 'primary' | 'secondary' | null;
  checkNamesPrimary: CheckNames | null;
  checkNamesSecondary: CheckNames | null;
};

export const DEFAULTS_DRAFT: DefaultsDraft = {
  alsoNotify: null,
  allowTransfer: null,
  allowQuery: null,
  allowNotify: null,
  notify: null,
  serialUpdateMethod: null,
  masterfileFormat: null,
  dnssecPolicy: null,
  keyDirectory: null,
  ixfrFromDifferences: null,
  checkNamesPrimary: null,
  checkNamesSecondary: null,
};

const NOTIFY_MODES = {
  ...BOOLEANS,
  explicit: 'explicit',
  'primary-only': 'primary-only',
  'master-only': 'primary-only',
} as const;

const SERIAL_METHODS = { increment: 'increment', date: 'date', unixtime: 'unixtime' } as const;

const FORMATS = { text: 'text', raw: 'raw', map: 'map' } as const;

export const CHECK_LEVELS = { fail: 'fail', warn: 'warn', ignore: 'ignore' } as const;

const CHECKED_ZONES = {
  primary: 'primary',
  master: 'primary',
  secondary: 'secondary',
  slave: 'secondary',
  response: 'response',
} as const;

const DIFFERENCES = {
  ...BOOLEANS,
  primary: 'primary',
  master: 'primary',
  secondary: 'secondary',
  slave: 'secondary',
} as const;

/** A row that reads one value. */
export function valueRow<Target, Value>(
  readValue: (cursor: Cursor) => Value | null,
  store: (target: Target, value: Value) => void,
): StatementRow<Target> {
  return {
    read: (cursor, target) => {
      const value = readValue(cursor);
      if (value !== null) store(target, value);
      return value !== null;
    },
  };
}

/** `{ address_match_element; … }` */
export function readMatch(cursor: Cursor): MatchNode[] | null {
  const block = cursor.block();
  return block === null ? null : readMatchList(block, cursor.report);
}

/** `[ port N ] [ transport T ] { … }`: nobody can come over another transport than TCP. */
function readTransferMatch(cursor: Cursor): MatchNode[] | null {
  let isPlain = true;
  for (;;) {
    const part = cursor.peek();
    if (part?.kind !== 'word') break;
    const isPort = cursor.takeWord('port');
    if (!isPort && !cursor.takeWord('transport')) break;
    const value = cursor.word('a value');
    if (value === null) return null;
    const isTcp = !isPort && value.text.toLowerCase() === 'tcp';
    if (!isPort && !isTcp) isPlain = false;
    if (isTcp) continue;
    const effect = isPort ? 'every port counts' : 'nobody matches this list';
    const name = isPort ? 'port' : 'transport';
    cursor.fault('CONFIG_UNSUPPORTED', part, `'${name}' is not supported here: ${effect}`);
  }
  const nodes = readMatch(cursor);
  return isPlain || nodes === null ? nodes : [];
}

/** Rows for a scope whose draft has all of SharedDraft. */
export function sharedRows<Target extends SharedDraft>() {
  return {
    'also-notify': valueRow<Target, ServerNode[]>(readServers, (to, value) => {
      to.alsoNotify = value;
    }),
    'allow-transfer': valueRow<Target, MatchNode[]>(readTransferMatch, (to, value) => {
      to.allowTransfer = value;
    }),
    'allow-query': valueRow<Target, MatchNode[]>(readMatch, (to, value) => {
      to.allowQuery = value;
    }),
    'allow-notify': valueRow<Target, MatchNode[]>(readMatch, (to, value) => {
      to.allowNotify = value;
    }),
    notify: valueRow<Target, NotifyMode>(
      (cursor) => readChoice(cursor, NOTIFY_MODES),
      (to, value) => {
        to.notify = value;
      },
    ),
    'serial-update-method': valueRow<Target, SerialUpdateMethod>(
      (cursor) => readChoice(cursor, SERIAL_METHODS),
      (to, value) => {
        to.serialUpdateMethod = value;
      },
    ),
    'masterfile-format': valueRow<Target, FileFormat>(
      (cursor) => readChoice(cursor, FORMATS),
      (to, value) => {
        to.masterfileFormat = value;
      },
    ),
    'dnssec-policy': valueRow<Target, { readonly name: string; readonly spot: Spot }>(
      readPolicyName,
      (to, value) => {
        to.dnssecPolicy = value;
      },
    ),
    'key-directory': valueRow<Target, string>(
      (cursor) => cursor.word('a directory')?.text ?? null,
      (to, value) => {
        to.keyDirectory = value;
      },
    ),
  };
}

function readPolicyName(cursor: Cursor): { readonly name: string; readonly spot: Spot } | null {
  const word = cursor.word('the name of a policy');
  return word === null ? null : { name: word.text, spot: cursor.spot(word) };
}

/** Rows for options and views. */
export function defaultsRows<Target extends DefaultsDraft>() {
  return {
    ...sharedRows<Target>(),
    'ixfr-from-differences': valueRow<Target, 'yes' | 'no' | 'primary' | 'secondary'>(
      (cursor) => readChoice(cursor, DIFFERENCES),
      (to, value) => {
        to.ixfrFromDifferences = value;
      },
    ),
    'check-names': { read: readCheckNames, many: true },
  } as const satisfies Readonly<Record<string, StatementRow<Target>>>;
}

/** `( primary | secondary | response ) ( fail | warn | ignore )` */
function readCheckNames(cursor: Cursor, target: DefaultsDraft, scope: AnyScope): boolean {
  const at = cursor.peek();
  const zones = readChoice(cursor, CHECKED_ZONES);
  const level = zones === null ? null : readChoice(cursor, CHECK_LEVELS);
  if (zones === null || level === null || at === undefined) return false;
  if (zones === 'response') {
    cursor.fault('CONFIG_UNSUPPORTED', at, 'there are no responses to check: nothing is resolved');
    return true;
  }
  const field = zones === 'primary' ? 'checkNamesPrimary' : 'checkNamesSecondary';
  if (target[field] !== null) {
    cursor.fault('CONFIG_REPEATED', at, `'check-names ${zones}' stands already in ${scope.name}`);
  } else target[field] = level;
  return true;
}
