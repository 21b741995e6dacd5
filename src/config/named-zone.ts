/**
 * The `zone` statement of named.conf: which zones there are, of which kind, from which file, and who may ask for them.
 * Must not know: views, what loads the zones.
 */
import { resolve } from 'node:path';
import { NAME_OCTETS_MAX } from '../base/limits.js';
import { placeOf } from '../base/source.js';
import { FOLD } from '../wire/name.js';
import { nameFromText, nameText } from '../wire/name-text.js';
import {
  CHECK_LEVELS,
  type DefaultsDraft,
  type SharedDraft,
  sharedRows,
  valueRow,
} from './named-choices.js';
import { BOOLEANS, Cursor, readChoice } from './named-cursor.js';
import type { AclTable } from './named-match.js';
import { quoted, type Spot } from './named-report.js';
import type { AnyScope, Rows } from './named-scope.js';
import { readServers, type ServerNode, type ServerTable } from './named-servers.js';
import type { Block, Statement } from './named-tree.js';
import type { CheckNames, MatchList, NamedZone, RemoteServer } from './named-types.js';
import type { ZoneSigning } from './signing-policy.js';

/** What a view says of all its zones, resolved once. */
export type ViewDefaults = {
  readonly draft: DefaultsDraft;
  readonly alsoNotify: readonly RemoteServer[] | null;
  readonly allowTransfer: MatchList | null;
  readonly allowQuery: MatchList | null;
  readonly allowNotify: MatchList | null;
};

export type ZoneDraft = SharedDraft & {
  readonly name: Uint8Array;
  readonly spot: Spot;
  kind: NamedZone['kind'] | null;
  /** Tells a type that was refused, or is of no zone for us, from none. */
  hasType: boolean;
  file: string | null;
  primaries: ServerNode[] | null;
  primariesSpot: Spot | null;
  ixfrFromDifferences: boolean | null;
  checkNames: CheckNames | null;
  inlineSigning: 'yes' | 'no' | null;
};

const KINDS = {
  native: 'native',
  primary: 'primary',
  master: 'primary',
  secondary: 'secondary',
  slave: 'secondary',
} as const;

/** Types of zones that are no zones of an authoritative server, or not by themselves. */
const OTHER_TYPES: Readonly<Record<string, string>> = {
  hint: 'nothing is resolved here',
  forward: 'nothing is resolved here',
  stub: 'nothing is resolved here',
  'static-stub': 'nothing is resolved here',
  redirect: 'nothing is resolved here',
  'delegation-only': 'nothing is resolved here',
  mirror: 'zones are not validated here',
};

const CLASSES: Readonly<Record<string, 'in' | 'other'>> = {
  in: 'in',
  class1: 'in',
  ch: 'other',
  chaos: 'other',
  class3: 'other',
  hs: 'other',
  hesiod: 'other',
  class4: 'other',
};

/** Every statement of a zone that is honoured; all others of BIND are rows of named-ignored.ts. */
export const ZONE_ROWS: Rows<ZoneDraft> = {
  ...sharedRows<ZoneDraft>(),
  type: { read: readType },
  'in-view': {
    read: (cursor, zone) => {
      zone.hasType = true;
      return readOtherType(cursor, nameText(zone.name, 0));
    },
  },
  file: valueRow(
    (cursor) => cursor.word('a file name'),
    (to: ZoneDraft, value) => {
      to.file = value.text === '' ? null : value.text;
    },
  ),
  primaries: { read: readPrimaries },
  masters: { read: readPrimaries },
  'ixfr-from-differences': valueRow(
    (cursor) => readChoice<'yes' | 'no'>(cursor, BOOLEANS),
    (to: ZoneDraft, value) => {
      to.ixfrFromDifferences = value === 'yes';
    },
  ),
  'check-names': valueRow(
    (cursor) => readChoice<CheckNames>(cursor, CHECK_LEVELS),
    (to: ZoneDraft, value) => {
      to.checkNames = value;
    },
  ),
  'inline-signing': valueRow(
    (cursor) => readChoice<'yes' | 'no'>(cursor, BOOLEANS),
    (to: ZoneDraft, value) => {
      to.inlineSigning = value;
    },
  ),
};

function readType(cursor: Cursor, zone: ZoneDraft): boolean {
  zone.hasType = true;
  const part = cursor.peek();
  if (part !== undefined && part.kind !== 'block' && isOtherType('type', part.text)) {
    return readOtherType(cursor, nameText(zone.name, 0));
  }
  zone.kind = readChoice<NamedZone['kind']>(cursor, KINDS);
  return zone.kind !== null;
}

function readPrimaries(cursor: Cursor, zone: ZoneDraft): boolean {
  const name = cursor.statement.parts[0];
  if (name === undefined) return false;
  if (zone.primariesSpot !== null) {
    cursor.fault(
      'CONFIG_REPEATED',
      name,
      "'primaries' and 'masters' are the same; the first counts",
    );
    return false;
  }
  zone.primariesSpot = cursor.spot(name);
  zone.primaries = readServers(cursor);
  return zone.primaries !== null;
}

/** `zone NAME [ CLASS ] { … }`; `null` if it is left out, which was reported then. */
export function readZone(cursor: Cursor, scope: AnyScope): ZoneDraft | null {
  const name = cursor.word('the name of a zone');
  if (name === null) return null;
  const isOurs = readClass(cursor, `the zone ${quoted(name.text)}`);
  const block = cursor.block();
  if (block === null || !isOurs) return null;
  const otherType = otherTypeOf(block);
  if (otherType !== null) {
    readOtherType(new Cursor(otherType, cursor.report), name.text);
    return null;
  }
  const octets = nameFromText(name.text);
  if (octets === null) {
    const text = `the name of the zone, ${quoted(name.text)}, is not a domain name`;
    return cursor.fault('CONFIG_ZONE_NAME', name, text);
  }
  const zone: ZoneDraft = {
    alsoNotify: null,
    allowTransfer: null,
    allowQuery: null,
    allowNotify: null,
    notify: null,
    serialUpdateMethod: null,
    masterfileFormat: null,
    dnssecPolicy: null,
    keyDirectory: null,
    name: octets,
    spot: cursor.spot(name),
    kind: null,
    hasType: false,
    file: null,
    primaries: null,
    primariesSpot: null,
    ixfrFromDifferences: null,
    checkNames: null,
    inlineSigning: null,
  };
  scope.inner('zone', ZONE_ROWS, zone).read(block.statements);
  return zone;
}

/** Whether an optional class is IN; says so if it is not. */
export function readClass(cursor: Cursor, what: string): boolean {
  const part = cursor.peek();
  if (part === undefined || part.kind === 'block') return true;
  cursor.index++;
  const lower = part.text.toLowerCase();
  const zoneClass = Object.hasOwn(CLASSES, lower) ? CLASSES[lower] : undefined;
  if (zoneClass === undefined) {
    cursor.fault('CONFIG_VALUE', part, `${quoted(part.text)} is no class: ${what} is left out`);
  } else if (zoneClass === 'other') {
    cursor.fault('CONFIG_ZONE_CLASS', part, `only class IN is served: ${what} is left out`);
  }
  return zoneClass === 'in';
}

/** The statement that says that this is no zone for us; what else stands in it need not be looked at then. */
function otherTypeOf(block: Block): Statement | null {
  const found = block.statements.find(({ parts: [first, value] }) => {
    if (first?.kind !== 'word' || value === undefined || value.kind === 'block') return false;
    return isOtherType(first.text, value.text);
  });
  return found ?? null;
}

function isOtherType(keyword: string, value: string): boolean {
  const lower = keyword.toLowerCase();
  if (lower === 'type') return Object.hasOwn(OTHER_TYPES, value.toLowerCase());
  return lower === 'in-view';
}

/** Reads one of these, and says that the zone is left out. */
function readOtherType(cursor: Cursor, zoneText: string): boolean {
  const value = cursor.word('a name');
  if (value === null) return false;
  const type = value.text.toLowerCase();
  const [shown, reason] = Object.hasOwn(OTHER_TYPES, type)
    ? [`type '${type}'`, OTHER_TYPES[type]]
    : ["'in-view'", 'only the zones of one view are served'];
  const text = `the zone ${quoted(zoneText)} is left out, ${shown}: ${reason}`;
  cursor.fault('CONFIG_ZONE_TYPE', value, text);
  return true;
}

const scratch = Buffer.alloc(NAME_OCTETS_MAX);

/** The apex without case, for finding zones of the same name. */
export function zoneKey(name: Uint8Array): string {
  for (let i = 0; i < name.length; i++) scratch[i] = FOLD[name[i]!]!;
  return scratch.toString('latin1', 0, name.length);
}

/** The zone, with what its view says of all zones where it says nothing itself. */
export function zoneOf(
  draft: ZoneDraft,
  kind: NamedZone['kind'],
  view: ViewDefaults | null,
  directory: string,
  { acls, servers }: { readonly acls: AclTable; readonly servers: ServerTable },
  signing: ZoneSigning | null,
): NamedZone {
  const { source, start } = draft.spot;
  const { line, column } = placeOf(source, start);
  const text = nameText(draft.name, 0);
  const defaults = view?.draft ?? null;
  return {
    name: draft.name,
    text: text === '.' ? text : text.slice(0, -1),
    kind,
    file: draft.file === null ? null : resolve(directory, draft.file),
    primaries: kind === 'secondary' ? (servers.resolve(draft.primaries) ?? []) : [],
    alsoNotify: servers.resolve(draft.alsoNotify) ?? view?.alsoNotify ?? null,
    allowTransfer: acls.resolve(draft.allowTransfer) ?? view?.allowTransfer ?? null,
    allowQuery: acls.resolve(draft.allowQuery) ?? view?.allowQuery ?? null,
    allowNotify: acls.resolve(draft.allowNotify) ?? view?.allowNotify ?? null,
    notify: draft.notify ?? defaults?.notify ?? null,
    serialUpdateMethod: draft.serialUpdateMethod ?? defaults?.serialUpdateMethod ?? null,
    ixfrFromDifferences: draft.ixfrFromDifferences ?? differences(defaults, kind),
    checkNames: draft.checkNames ?? checkNames(defaults, kind),
    signing,
    place: { file: source.path, line, column },
  };
}

function differences(view: DefaultsDraft | null, kind: NamedZone['kind']): boolean | null {
  const mode = view?.ixfrFromDifferences ?? null;
  if (mode === null) return null;
  return mode === 'yes' || mode === (kind === 'secondary' ? 'secondary' : 'primary');
}

function checkNames(view: DefaultsDraft | null, kind: NamedZone['kind']): CheckNames | null {
  if (view === null) return null;
  return kind === 'secondary' ? view.checkNamesSecondary : view.checkNamesPrimary;
}
