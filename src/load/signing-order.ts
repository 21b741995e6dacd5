/**
 * What a load is told so that it can sign its zone, and what it tells of that: plain values, which cross a thread's
 * border. Must not know: how a zone is signed, when it is loaded.
 */
import type { ZoneSigning } from '../config/signing-policy.js';
import type { KeyState } from '../dnssec/key-times.js';
import type { SerialMethod, ServedSerial } from './serials.js';

/** How zones are signed whose names come from their files. */
export type SigningRules = {
  /** `null`: as the file has it. */
  readonly all: ZoneSigning | null;
  /** Zones that are signed otherwise, by name in lower case with final dot. */
  readonly zones: Readonly<Record<string, ZoneSigning | null>>;
};

export type SigningOrder = {
  readonly rules: SigningRules;
  /** What the zone was served with last; `null` if that was nothing, or if its name is not known yet. */
  readonly former: ServedSerial | null;
  readonly method: SerialMethod;
  /** Folder of the signatures that are kept; `null`: none are. */
  readonly keptFolder: string | null;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
};

/** A key as status tells of it. */
export type KeyFacts = {
  readonly tag: number;
  readonly algorithm: number;
  /** What it signs at this moment. */
  readonly signsKeys: boolean;
  readonly signsZone: boolean;
  readonly isSep: boolean;
  readonly state: KeyState;
};

/** What signing has led to. */
export type SigningFacts = {
  readonly policy: string;
  /** Stands for all that the version is but its serial. */
  readonly print: string;
  /** Milliseconds since 1970: when to sign again, and when the first signature expires. */
  readonly dueAtMs: number;
  readonly expiresAtMs: number;
  /** Signatures in all, and those that were made anew. */
  readonly signatures: number;
  readonly made: number;
  readonly keys: readonly KeyFacts[];
};

/** Whether rules sign any zone at all. */
export function signsAny({ all, zones }: SigningRules): boolean {
  return all !== null || Object.values(zones).some((signing) => signing !== null);
}
