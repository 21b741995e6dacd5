/**
 * Zones, keys and access lists for tests of the service for other servers, and the service over them: with what it was
 * asked to transfer and told by NOTIFY.
 */
import assert from 'node:assert/strict';
import type { Log } from '../../src/base/log.js';
import { AccessList } from '../../src/config/access-list.js';
import { LocalNetworks } from '../../src/config/local-networks.js';
import type { MatchElement } from '../../src/config/named-types.js';
import { Engine, type EngineOptions } from '../../src/engine/process.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import type { TransferQuery, ZonePolicy } from '../../src/transfer/seams.js';
import { PeerService } from '../../src/transfer/service.js';
import type { QueryHandlers } from '../../src/transport/deferred.js';
import { nameText } from '../../src/wire/name-text.js';
import { type TsigKey, TsigKeyring } from '../../src/wire/tsig-key.js';
import { nameOctets } from '../peers/message.js';
import { compileText, name, tableIn } from './zones.js';

/** May ask for everything. */
export const KEY: TsigKey = {
  name: nameOctets('key.test'),
  algorithm: 'hmac-sha256',
  secret: Buffer.from('a secret of some octets, more or less'),
  macOctets: 32,
};
/** Is known, and may do nothing. */
export const POOR_KEY: TsigKey = { ...KEY, name: nameOctets('poor.test') };
/** Is not known. */
export const NO_KEY: TsigKey = { ...KEY, name: nameOctets('nobody.test') };
/** Has a known name and the wrong secret. */
export const WRONG_KEY: TsigKey = { ...KEY, secret: Buffer.from('guessed') };

const TEXT = (count: number): string =>
  Array(count)
    .fill(`"${'x'.repeat(99)}"`)
    .join(' ');

/** Every zone has this text. */
export const ZONE_TEXT = `$TTL 60
@ SOA ns hm 5 2 3 4 5
@ NS ns
ns A 192.0.2.1
www A 192.0.2.2
here CNAME www
far CNAME www.closed.test.
big TXT ${TEXT(4)}
huge TXT ${TEXT(40)}
to-huge CNAME huge
`;

type Access = 'key' | '127.0.0.1' | 'any';
type ZoneRow = {
  readonly query?: Access;
  readonly transfer?: Access;
  readonly notify?: Access;
  /** Of the reply to NOTIFY. */
  readonly rcode?: number;
};

/** Each zone, and who may what with it. */
export const ZONES: Readonly<Record<string, ZoneRow>> = {
  'open.test': { transfer: 'any', rcode: 9 },
  'never.test': {},
  'closed.test': { query: 'key', transfer: 'key' },
  'local.test': { query: '127.0.0.1', transfer: '127.0.0.1', notify: '127.0.0.1' },
  'second.test': { notify: 'key', rcode: 0 },
};

function element(access: Access): MatchElement {
  if (access === 'any') return { kind: 'any', negated: false };
  if (access === 'key') return { kind: 'key', negated: false, name: 'key.test' };
  return { kind: 'prefix', negated: false, address: access, bits: 32 };
}

function listOf(access: Access | undefined): AccessList {
  return new AccessList(access === undefined ? [] : [element(access)], new LocalNetworks([]));
}

/** Why a NOTIFY was taken. */
export type Notified = {
  readonly apex: string;
  readonly from: string;
  readonly serial: number | null;
  readonly key: string | null;
};

/** Questions that are remembered, so that a flood of them is not. */
const ANSWERED_MAX = 1000;

export class PeerZones {
  readonly engine: Engine;
  readonly service: PeerService;
  /** For transports. */
  readonly handlers: QueryHandlers;
  readonly store = new ZoneStore();
  readonly transfers: TransferQuery[] = [];
  readonly notifications: Notified[] = [];
  /** Name, type and response code of each question. */
  readonly answered: string[] = [];

  constructor(options: EngineOptions, log: Log, now: () => number) {
    const table = tableIn(this.store);
    const policies = new Map<string, ZonePolicy>();
    for (const [apex, row] of Object.entries(ZONES)) {
      const octets = name(`${apex}.`);
      this.store.set(octets, null);
      this.store.restrict(octets, row.query !== undefined);
      this.store.set(octets, compileText(`${apex}.`, ZONE_TEXT));
      policies.set(nameText(octets, 0), {
        allowTransfer: listOf(row.transfer),
        allowQuery: row.query === undefined ? null : listOf(row.query),
        allowNotify: row.notify === undefined ? null : listOf(row.notify),
      });
    }
    this.engine = new Engine(table, { ...options, defers: true });
    this.service = new PeerService({
      engine: new Engine(table, { ...options, defers: false }),
      keyring: () => new TsigKeyring([KEY, POOR_KEY]),
      policyOf: (apex) => {
        const policy = policies.get(nameText(apex, 0));
        assert.ok(policy !== undefined, `asked for ${nameText(apex, 0)}`);
        return policy;
      },
      table,
      out: { begin: (query) => this.transfers.push(query) },
      notify: {
        notified: (apex, from, serial, keyName) => {
          const key = keyName === null ? null : nameText(keyName, 0);
          const text = nameText(apex, 0);
          this.notifications.push({ apex: text, from: from.join('.'), serial, key });
          return ZONES[text.slice(0, -1)]?.rcode ?? 9;
        },
        unknown: () => 9,
      },
      log,
      now,
      answered: ({ qtype, rcode }, request) => {
        if (this.answered.length === ANSWERED_MAX) this.answered.length = 0;
        this.answered.push(`${nameText(request, 12)} ${qtype} ${rcode}`);
      },
    });
    this.handlers = {
      answer: (...args) => this.engine.processQuery(...args),
      defer: this.service.handle,
    };
  }
}
