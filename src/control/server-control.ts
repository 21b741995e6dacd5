/**
 * What the commands of the control channel may see and do of the running server: the one door between them. Everything
 * here is told in plain values, ready to print. Must not know: commands, their words, sockets.
 */
import type { Problem } from '../base/problem.js';
import type { SignatureState } from '../dnssec/signature-time.js';
import type { SigningFacts } from '../load/signing-order.js';
import type { ZoneState } from '../load/zone.js';
import type { QueuedTransfer, SecondaryStatus } from '../transfer/secondary-status.js';

export type ZoneKind = 'native' | 'primary' | 'secondary';

/** A file of a zone, as of the last attempt to load it. */
export type ZoneFile = {
  readonly path: string;
  /** Its change time in ms since 1970; `null` if it could not be read. */
  readonly ctimeMs: number | null;
};

/** One configured zone at one moment. */
export type ZoneView = {
  /** Stays the same while the server runs. */
  readonly id: number;
  /** The apex without final dot; the root is `.`; the file's path while no name is known. */
  readonly name: string;
  readonly kind: ZoneKind;
  /** The main file, as the configuration names it. */
  readonly path: string;
  /** The main file first, then every $INCLUDE. */
  readonly files: readonly ZoneFile[];
  readonly state: ZoneState;
  /** Of what is served; 0 if nothing is. */
  readonly serial: number;
  readonly recordCount: number;
  /** Ms since 1970 of the version served; `null` if there is none. */
  readonly loadedAt: number | null;
  /** Ms since 1970 of the last attempt to load; `null` before the first. */
  readonly triedAt: number | null;
  /** Of the last attempt. */
  readonly problems: readonly Problem[];
  readonly errorCount: number;
  readonly warningCount: number;
  /** `address` or `address:port` or `[address]:port`. */
  readonly primaries: readonly string[];
  readonly alsoNotify: readonly string[];
  /** Of the last NOTIFY that was sent for the zone; 0 if there was none. */
  readonly notifiedSerial: number;
  /** Of a secondary zone: where it stands with its primaries; `null` of others. */
  readonly transfer: SecondaryStatus | null;
  /** Of a signed zone that is served: when the first of its signatures ends, in ms since 1970; `null` of others. */
  readonly signatures: { readonly endMs: number; readonly state: SignatureState } | null;
  /** Whether a command added it, rather than the configuration. */
  readonly isAdded: boolean;
  /** The catalog that it was consumed from, and the groups that it has there; `null` for none. */
  readonly membership: { readonly catalog: string; readonly groups: readonly string[] } | null;
  /** What signing has led to; `null` of a zone that is not signed here. */
  readonly signing: SigningFacts | null;
};

/** What became of one zone that was to be reloaded; `null` if there is no such zone. */
export type ReloadedZone = { readonly name: string; readonly zone: ZoneView | null };

export type Rediscovery =
  | {
      readonly ok: true;
      readonly rejected: number;
      readonly added: number;
      readonly removed: number;
    }
  /** The former configuration stays in force. */
  | { readonly ok: false; readonly text: string };

export type AddedZone =
  | { readonly kind: 'added'; readonly zone: ZoneView }
  | { readonly kind: 'known' }
  | { readonly kind: 'failed'; readonly text: string };

/** What a zone's secondaries, or a primary, were asked for. */
export type TransferRequest =
  | { readonly kind: 'queued' }
  | { readonly kind: 'unknown' }
  /** The zone is of a kind that this cannot be asked of. */
  | { readonly kind: 'unfit' }
  | { readonly kind: 'failed'; readonly text: string };

/** Says how far a long command has come, for those who watch it. */
export type Progress = (text: string) => void;

/** Names are as the user writes them, with or without final dot. */
export type ServerControl = {
  readonly version: string;
  /** Ms since 1970. */
  readonly startedAt: number;
  zones(): Iterable<ZoneView>;
  zone(name: string): ZoneView | null;
  /** Loads these zones now, changed or not; resolves when all have been tried. */
  reloadNow(names: readonly string[], progress: Progress): Promise<readonly ReloadedZone[]>;
  /** Has every zone loaded anew, soon. */
  reload(): void;
  /** Reads the configuration anew. @param force obeys even if more than half of the zones are to go */
  rediscover(force: boolean): Promise<Rediscovery>;
  /** Adds a zone that survives restarts. @param path absolute */
  addZone(name: string, path: string): Promise<AddedZone>;
  notify(name: string): TransferRequest;
  /** @returns zones that were queued, and zones that could have been */
  notifyAll(): { readonly queued: number; readonly total: number };
  /** @param host an IP address, with a port or not */
  notifyHost(name: string, host: string): TransferRequest;
  /** @param host an IP address; `null` for the zone's first primary. @returns with `queued`, whom it is asked of */
  retrieve(name: string, host: string | null): TransferRequest & { readonly primary?: string };
  /** Transfers that wait or are under way. */
  transferQueue(): readonly QueuedTransfer[];
  /** Everything that is counted, by PowerDNS's names where it has one. */
  statistics(): ReadonlyMap<string, number>;
  /** What was seen how often of late, most often first. */
  ring(name: RingName): readonly (readonly [key: string, count: number])[];
  /** @returns whether there is such a setting that may be changed while the server runs */
  set(name: string, value: string): boolean;
  /** The settings in force as a settings file. @param changedOnly leaves out what has its default */
  currentConfig(changedOnly: boolean): string;
  /** Ends the server, soon. */
  quit(): void;
};

export type RingName = 'qtypes' | 'respsizes' | 'remotes';
