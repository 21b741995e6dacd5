/**
 * What the schedule of secondary zones is made of, and what it is asked for. Must not know: how any of it works.
 */
import type { Log } from '../base/log.js';
import type { ZoneLoads } from '../load/zone-loads.js';
import type { ZoneSet } from '../load/zone-set.js';
import type { SecondaryState } from '../store/secondary-state.js';
import type { NotifyClock } from '../transport/notify.js';
import type { TsigKey } from '../wire/tsig-key.js';
import type { ProbeOrder, ProbeReply } from './soa-probe.js';
import type { ExchangeBounds } from './tcp-exchange.js';
import type { ZoneTransfers } from './transfer-threads.js';
import type { BaseImage } from './zone-differences.js';

/** Keeps what outlives the process; what it throws is told, and the zones go on. */
export type SecondaryMemory = {
  get(apex: Uint8Array): SecondaryState | null;
  set(apex: Uint8Array, state: SecondaryState): void;
  forget(apex: Uint8Array): void;
};

export type SecondaryParts = {
  readonly zones: ZoneSet;
  readonly loads: ZoneLoads;
  /** The version that is served; null if there is none. */
  readonly held: (apex: Uint8Array) => BaseImage | null;
  /** The key of this name, in lower case without final dot. */
  readonly keyNamed: (name: string) => TsigKey | null;
  /** Whether an access list has judged who sends NOTIFY for a zone; else only its primaries may. */
  readonly isNotifyJudged: (apex: Uint8Array) => boolean;
  readonly memory: SecondaryMemory | null;
  readonly log: Log;
  /** How zones are checked, as those of files are, and how much a primary may send for one. */
  readonly rules: {
    readonly strict: boolean;
    readonly ignoreBroken: boolean;
    readonly nsec3IterationsMax: number;
    readonly octetsMax: number;
  };
};

/** What tests put in the place of the real thing. */
export type SecondaryOptions = {
  /** `now` is ms since 1970. */
  readonly clock?: NotifyClock;
  /** From 0 to 1. */
  readonly chance?: () => number;
  readonly probe?: (order: ProbeOrder) => Promise<ProbeReply>;
  readonly transfers?: ZoneTransfers;
  readonly exchange?: Partial<ExchangeBounds>;
};

export type RetrieveRequest =
  | { readonly kind: 'queued'; readonly primary: string }
  | { readonly kind: 'unknown' }
  /** It is no secondary zone, or has no primary. */
  | { readonly kind: 'unfit' };
