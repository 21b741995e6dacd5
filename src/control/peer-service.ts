/**
 * Joins the service for other servers (transfer/service.ts) with what does its work here: signed queries are checked
 * with an empty keyring, nobody may transfer a zone, and no zone takes NOTIFY. Must not know: sockets.
 */
import type { Log } from '../base/log.js';
import { AccessList } from '../config/access-list.js';
import { LocalNetworks } from '../config/local-networks.js';
import { Engine, type EngineOptions } from '../engine/process.js';
import type { ZoneTable } from '../index/zone-table.js';
import type { NotifyTaker, TransferOut, ZonePolicy } from '../transfer/seams.js';
import { PeerService, type PeerServiceParts } from '../transfer/service.js';
import { RCODE_NOTAUTH } from '../wire/constants.js';
import { TsigKeyring } from '../wire/tsig-key.js';

const NO_KEYS = new TsigKeyring([]);
const FOR_NOBODY: ZonePolicy = {
  allowTransfer: new AccessList([], new LocalNetworks([])),
  allowQuery: null,
  allowNotify: null,
};
/** Nothing comes here, since nobody may. */
const NO_TRANSFERS: TransferOut = { begin: ({ reply }) => reply.end() };
const NO_SECONDARIES: NotifyTaker = { notified: () => RCODE_NOTAUTH };

/** @param options of the other engines; the service has one of its own */
export function peerService(
  table: ZoneTable,
  options: EngineOptions,
  log: Log,
  answered: PeerServiceParts['answered'],
): PeerService {
  return new PeerService({
    engine: new Engine(table, { ...options, defers: false }),
    keyring: () => NO_KEYS,
    policyOf: () => FOR_NOBODY,
    table,
    out: NO_TRANSFERS,
    notify: NO_SECONDARIES,
    log,
    now: () => Math.floor(Date.now() / 1000),
    answered,
  });
}
