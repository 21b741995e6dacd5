/**
 * Lists of servers: `primaries`, `masters`, `also-notify`, with ports, keys and names of other lists, which may be
 * defined after they are used. Must not know: which zones they are for.
 */
import { CONFIG_NESTING_MAX, REMOTE_SERVERS_MAX } from '../base/limits.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { looksLikeAddress, readServer } from './named-address.js';
import { Cursor, readPort } from './named-cursor.js';
import { type KeyTable, keyNameOf } from './named-keys.js';
import { type NamedReport, quoted, type Spot } from './named-report.js';
import type { RemoteServer } from './named-types.js';

/** A server, or the name of a list, before names are known. */
export type ServerNode =
  | {
      readonly kind: 'server';
      readonly server: RemoteServer;
      readonly spot: Spot;
      /** Of the key, if there is one. */
      readonly keySpot: Spot | null;
    }
  | { readonly kind: 'list'; readonly name: string; readonly spot: Spot };

/** `[ port N ] { … }`; `null` if that was wrong and reported. Wrong entries are left out. */
export function readServers(cursor: Cursor): ServerNode[] | null {
  const port = readPort(cursor);
  if (port === false) return null;
  const block = cursor.block();
  if (block === null) return null;
  return block.statements.flatMap((statement) => {
    const node = readEntry(new Cursor(statement, cursor.report, 0), port);
    return node === null ? [] : [node];
  });
}

function readEntry(cursor: Cursor, listPort: number | null): ServerNode | null {
  const word = cursor.word('an address or the name of a list');
  if (word === null) return null;
  const server = readServer(word.text);
  if (server === null) {
    if (looksLikeAddress(word.text)) {
      return cursor.fault('CONFIG_ADDRESS', word, `${quoted(word.text)} is no address`);
    }
    if (cursor.peek() !== undefined) return cursor.expected("';'");
    return { kind: 'list', name: word.text, spot: cursor.spot(word) };
  }
  const port = readPort(cursor);
  if (port === false) return null;
  let key: string | null = null;
  let keySpot: Spot | null = null;
  if (cursor.takeWord('key')) {
    const name = cursor.word('the name of a key');
    if (name === null) return null;
    key = keyNameOf(name.text);
    keySpot = cursor.spot(name);
  }
  if (cursor.takeWord('tls')) {
    const text = `TLS is not supported: ${quoted(word.text)} is left out`;
    return cursor.fault('CONFIG_UNSUPPORTED', word, text);
  }
  if (cursor.peek() !== undefined) return cursor.expected("';'");
  const { address } = server;
  return {
    kind: 'server',
    server: { address, port: port ?? server.port ?? listPort, key },
    spot: cursor.spot(word),
    keySpot,
  };
}

type ServerList = {
  readonly nodes: readonly ServerNode[];
  readonly spot: Spot;
  state: 'unread' | 'open' | 'resolved';
  servers: readonly RemoteServer[];
};

/** All named lists of servers. Names are compared without case. */
export class ServerTable {
  private readonly lists = new Map<string, ServerList>();
  private readonly keys: KeyTable;
  private readonly report: NamedReport;
  /** Lists being resolved, one within the other. */
  private depth = 0;

  constructor(keys: KeyTable, report: NamedReport) {
    this.keys = keys;
    this.report = report;
  }

  /** Where a list of this name was defined; `null` if it is new and is defined now. */
  define(name: string, nodes: readonly ServerNode[], spot: Spot): Spot | null {
    const known = this.lists.get(name.toLowerCase());
    if (known !== undefined) return known.spot;
    this.lists.set(name.toLowerCase(), { nodes, spot, state: 'unread', servers: [] });
    return null;
  }

  /** To be called when all lists and keys are defined. Keeps the order; the same server twice is left out. */
  resolve(nodes: readonly ServerNode[] | null): RemoteServer[] | null {
    if (nodes === null) return null;
    const servers = new Map<string, RemoteServer>();
    for (const node of nodes) {
      const added = node.kind === 'server' ? [node.server] : this.servers(node.name, node.spot);
      if (node.kind === 'server' && node.keySpot !== null) {
        this.keys.use(node.server.key ?? '', node.keySpot);
      }
      if (servers.size + added.length > REMOTE_SERVERS_MAX) {
        this.fault('CONFIG_LIST_SIZE', node.spot, `more than ${REMOTE_SERVERS_MAX} servers`);
        break;
      }
      for (const server of added) {
        servers.set(`${server.address} ${server.port} ${server.key}`, server);
      }
    }
    return [...servers.values()];
  }

  private servers(name: string, spot: Spot): readonly RemoteServer[] {
    const list = this.lists.get(name.toLowerCase());
    if (list === undefined) {
      return this.fault('CONFIG_LIST_UNKNOWN', spot, `no list of servers is named ${quoted(name)}`);
    }
    if (list.state === 'open') {
      return this.fault('CONFIG_LIST_CYCLE', spot, `the list ${quoted(name)} contains itself`);
    }
    if (list.state === 'unread') {
      if (this.depth >= CONFIG_NESTING_MAX) {
        const text = `lists nested more than ${CONFIG_NESTING_MAX} deep`;
        return this.fault('CONFIG_NESTING', spot, text);
      }
      this.depth++;
      list.state = 'open';
      list.servers = this.resolve(list.nodes) ?? [];
      list.state = 'resolved';
      this.depth--;
    }
    return list.servers;
  }

  private fault(code: ProblemCode, spot: Spot, text: string): readonly RemoteServer[] {
    this.report.add(code, spot, text);
    return [];
  }
}
