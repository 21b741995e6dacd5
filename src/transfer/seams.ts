/**
 * The seams between the service for other servers and those who do its work: transfers out, NOTIFY taken in, and what a
 * zone's configuration permits. Types only. Must not know: how any of it is done.
 */
import type { AccessList } from '../config/access-list.js';
import type { ReplyStream } from '../transport/deferred.js';
import type { TsigVerdict } from '../wire/tsig.js';

/** Who may do what with a zone. */
export type ZonePolicy = {
  readonly allowTransfer: AccessList;
  /** `null`: everybody may ask, and the zone is not restricted in the zone table. */
  readonly allowQuery: AccessList | null;
  /** With the zone's primaries in it; `null` leaves it to the NotifyTaker. */
  readonly allowNotify: AccessList | null;
};

/** A transfer that was asked for, and is permitted. */
export type TransferQuery = {
  /** The whole query, with its TSIG record; replies copy id, RD and question from it. */
  readonly request: Uint8Array;
  /** Of a zone in the zone table, though it may never have loaded. Lower case wire octets. */
  readonly apex: Uint8Array;
  /** AXFR comes over TCP only. */
  readonly kind: 'axfr' | 'ixfr';
  /** IXFR: what the client has, of the SOA in the authority section; else 0. */
  readonly serial: number;
  /** 4 or 16 octets. */
  readonly client: Uint8Array;
  readonly port: number;
  /** Whether replies have an OPT record. */
  readonly edns: boolean;
  /** Of a signed request that was found good; replies are signed then. */
  readonly verdict: TsigVerdict | null;
  /** Over UDP, its `octetsMax` is what the client can take, OPT and TSIG records included. */
  readonly reply: ReplyStream;
};

export type TransferOut = {
  /** Answers, or refuses what cannot be answered, and ends the replies. Does not throw. */
  begin(query: TransferQuery): void;
};

export type NotifyTaker = {
  /**
   * A primary says that a zone has changed, and may say so.
   * @param apex lower case wire octets, of a zone in the zone table
   * @param from the address, 4 or 16 octets
   * @param serial that the primary has; `null`: none told
   * @param keyName of the key that signed, lower case; `null`: not signed
   * @returns the rcode of the reply
   */
  notified(
    apex: Uint8Array,
    from: Uint8Array,
    serial: number | null,
    keyName: Uint8Array | null,
  ): number;
  /** The same of a zone that is not in the table. @returns the rcode of the reply */
  unknown(apex: Uint8Array, from: Uint8Array, keyName: Uint8Array | null): number;
};
