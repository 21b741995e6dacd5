/**
 * What the main thread and a transfer thread say to each other: a zone to be had from a primary one way, the new
 * version or why there is none the other way. Plain values. Must not know: who does either.
 */
import type { Problem } from '../base/problem.js';
import type { ZonePeer } from '../load/configured-zone.js';
import type { LoadedFile } from '../load/load-zone.js';
import type { TsigKey } from '../wire/tsig-key.js';
import type { ExchangeBounds } from './tcp-exchange.js';
import type { TransferFault } from './transfer-faults.js';
import type { XfrBounds } from './xfr-reader.js';
import type { BaseImage } from './zone-differences.js';

export type TransferJob = {
  readonly apex: Uint8Array;
  /** The zone's file, absolute. */
  readonly path: string;
  readonly primary: ZonePeer;
  readonly key: TsigKey | null;
  /** What is served now, for IXFR; null to have the zone whole, whatever its serial. */
  readonly held: { readonly serial: number; readonly base: BaseImage } | null;
  /** How the zone is checked, as zones of files are. */
  readonly strict: boolean;
  readonly ignoreBroken: boolean;
  /** NSEC3 with more iterations is not used. */
  readonly nsec3IterationsMax: number;
  readonly exchange: ExchangeBounds;
  readonly bounds: XfrBounds;
};

/** What a transfer took, or has taken so far. */
export type TransferCost = {
  readonly messages: number;
  /** Of all messages. */
  readonly octets: number;
  /** Of all messages. */
  readonly records: number;
  readonly ms: number;
};

/** Seconds, as the SOA says. */
export type SoaTimes = {
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
};

export type TransferredZone = {
  readonly kind: 'zone';
  readonly form: 'axfr' | 'ixfr';
  readonly image: SharedArrayBuffer;
  readonly serial: number;
  readonly recordCount: number;
  readonly times: SoaTimes;
  /** As in LoadResult. */
  readonly signaturesEnd: number;
  readonly file: LoadedFile;
  /** Warnings only. */
  readonly problems: readonly Problem[];
  readonly warningCount: number;
};

export type TransferOutcome =
  | TransferredZone
  /** The primary has nothing newer. */
  | { readonly kind: 'current'; readonly serial: number }
  | {
      readonly kind: 'failed';
      readonly fault: TransferFault;
      readonly problems: readonly Problem[];
    };

/** What a thread says of a transfer that takes long, until it replies. */
export type TransferProgress = { readonly kind: 'progress'; readonly cost: TransferCost };

export type TransferReply = {
  readonly kind: 'reply';
  readonly outcome: TransferOutcome;
  readonly cost: TransferCost;
  /** What the primary said of its own time left (RFC 7314); null if nothing. */
  readonly expireSeconds: number | null;
  /** Why differences were not taken and the zone was had whole; null if it was not so. */
  readonly fallback: string | null;
};
