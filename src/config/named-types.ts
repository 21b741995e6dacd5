/**
 * What a named.conf says, as plain data: the result of named-conf.ts. Names of ACLs and of server lists are resolved,
 * file names are absolute. Must not know: the syntax of named.conf.
 */
import type { Problem } from '../base/problem.js';
import type { FileStamp } from '../base/source.js';
import type { TsigAlgorithm } from '../wire/tsig-key.js';
import type { SigningPolicy, ZoneSigning } from './signing-policy.js';

/** Where something is defined. Line and column (octets) from 1. */
export type ConfigPlace = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
};

/** A server to transfer from or to notify. */
export type RemoteServer = {
  readonly address: string;
  /** `null`: the port of DNS, or of a setting. */
  readonly port: number | null;
  /** Name of the TSIG key, lower case, no final dot. */
  readonly key: string | null;
};

/**
 * One element of an address match list. The first that matches decides, negated ones refuse, and who matches none is
 * refused. What cannot be understood is resolved to refuse: an element that permits is left out, one that refuses
 * becomes `any` negated.
 */
export type MatchElement =
  | {
      readonly kind: 'prefix';
      readonly negated: boolean;
      readonly address: string;
      readonly bits: number;
    }
  | { readonly kind: 'any' | 'none' | 'localhost' | 'localnets'; readonly negated: boolean }
  | { readonly kind: 'key'; readonly negated: boolean; readonly name: string }
  | { readonly kind: 'list'; readonly negated: boolean; readonly elements: MatchList };

export type MatchList = readonly MatchElement[];

/** An answer to a question about the server: as given, left to the host's name, or refused. */
export type Given =
  | { readonly kind: 'none' }
  | { readonly kind: 'hostname' }
  | { readonly kind: 'text'; readonly text: string };

export type NotifyMode = 'yes' | 'no' | 'explicit' | 'primary-only';
/** What a new version's serial is raised by. */
export type SerialUpdateMethod = 'increment' | 'date' | 'unixtime';
export type CheckNames = 'fail' | 'warn' | 'ignore';
export type FileFormat = 'text' | 'raw' | 'map';

export type NamedZone = {
  /** Wire octets of the apex, case as written. */
  readonly name: Uint8Array;
  /** The name without its final dot; `.` for the root. */
  readonly text: string;
  readonly kind: 'native' | 'primary' | 'secondary';
  /** Absolute; `null` for a secondary that keeps its zone in memory only. */
  readonly file: string | null;
  /** Empty but for secondaries. */
  readonly primaries: readonly RemoteServer[];
  /** `null` in these: as the options say. What the served view says is filled in. */
  readonly alsoNotify: readonly RemoteServer[] | null;
  readonly allowTransfer: MatchList | null;
  readonly allowQuery: MatchList | null;
  readonly allowNotify: MatchList | null;
  readonly notify: NotifyMode | null;
  readonly serialUpdateMethod: SerialUpdateMethod | null;
  readonly ixfrFromDifferences: boolean | null;
  readonly checkNames: CheckNames | null;
  /** How it is signed; `null`: as its file has it. */
  readonly signing: ZoneSigning | null;
  readonly place: ConfigPlace;
};

export type ListenOn = { readonly port: number | null; readonly elements: MatchList };

/** The honoured options; each is `null` if it is not given. */
export type NamedOptions = {
  /** Absolute. */
  readonly directory: string | null;
  readonly port: number | null;
  readonly listenOn: readonly ListenOn[] | null;
  readonly listenOnV6: readonly ListenOn[] | null;
  readonly pidFile: Given | null;
  readonly version: Given | null;
  readonly hostname: Given | null;
  readonly serverId: Given | null;
  readonly minimalResponses: 'yes' | 'no' | 'no-auth' | 'no-auth-recursive' | null;
  readonly maxUdpSize: number | null;
  readonly alsoNotify: readonly RemoteServer[] | null;
  readonly allowTransfer: MatchList | null;
  readonly allowQuery: MatchList | null;
  readonly allowNotify: MatchList | null;
  readonly notify: NotifyMode | null;
  readonly serialUpdateMethod: SerialUpdateMethod | null;
  readonly ixfrFromDifferences: 'yes' | 'no' | 'primary' | 'secondary' | null;
  readonly checkNamesPrimary: CheckNames | null;
  readonly checkNamesSecondary: CheckNames | null;
};

export type NamedKey = {
  /** Lower case, no final dot. */
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  /** Bits that the digest is cut to, RFC 8945 §5.2.2.1; `null` for none. */
  readonly digestBits: number | null;
  /** Base64. Never part of a problem. */
  readonly secret: string;
  readonly place: ConfigPlace;
};

export type NamedConf = {
  /** Zones that can be served, in the order of their definition, also if there are errors elsewhere. */
  readonly zones: readonly NamedZone[];
  readonly options: NamedOptions;
  readonly keys: readonly NamedKey[];
  /** Those that are defined here. */
  readonly policies: readonly SigningPolicy[];
  readonly problems: readonly Problem[];
  /** All of them; `problems` is bounded. */
  readonly errorCount: number;
  readonly warningCount: number;
  /** Every file that was read or looked for; without a stamp if it could not be read. */
  readonly files: readonly { readonly path: string; readonly stamp: FileStamp | null }[];
  /** Directories that a pattern of `include` looks into: new files there count. */
  readonly globs: readonly string[];
};
