/**
 * How a zone is signed, as plain data under BIND's words (dnssec-policy of BIND 9.18, RFC 6781 §3, RFC 7583 §3.2), and
 * the policies that need not be written down. Durations are seconds. Must not know: syntax, keys, zones.
 */

/** What a key of a policy signs: all, keys, or the rest. */
export type KeyRole = 'csk' | 'ksk' | 'zsk';

export type KeySpec = {
  readonly role: KeyRole;
  readonly algorithm: number;
  /** Of an RSA key. */
  readonly bits: number;
  /** `null`: unlimited. A key that is older should be rolled over. */
  readonly lifetime: number | null;
};

export type Nsec3Spec = {
  readonly iterations: number;
  readonly optOut: boolean;
  readonly saltOctets: number;
};

/** Made of plain values: it crosses a thread border. */
export type SigningPolicy = {
  readonly name: string;
  readonly keys: readonly KeySpec[];
  /** `null`: NSEC. */
  readonly nsec3: Nsec3Spec | null;
  /** From making a signature to its expiration, at most. */
  readonly signaturesValidity: number;
  readonly signaturesValidityDnskey: number;
  /** A signature is made anew when it has no more than this left. */
  readonly signaturesRefresh: number;
  /** Signatures made together expire within this time. */
  readonly signaturesJitter: number;
  readonly dnskeyTtl: number;
  readonly publishSafety: number;
  readonly retireSafety: number;
  /** Key files are deleted so long after the key has left the zone; `null`: never. */
  readonly purgeKeys: number | null;
  readonly zonePropagationDelay: number;
  readonly maxZoneTtl: number;
  readonly parentDsTtl: number;
  readonly parentPropagationDelay: number;
  /** Digest types of CDS records, RFC 4034 §5.1.3; none: no CDS records. */
  readonly cdsDigests: readonly number[];
  readonly cdnskey: boolean;
  /** Hash algorithm of a ZONEMD record, RFC 8976 §2.2.3; `null`: none is made. */
  readonly zonemd: number | null;
  /** The zone is on its way out of DNSSEC: CDS and CDNSKEY ask the parent to forget its keys, RFC 8078 §4. */
  readonly leaves: boolean;
};

const HOUR = 3600;
const DAY = 24 * HOUR;

/** RFC 8624 §3.1: what should be used for new keys. */
export const DEFAULT_ALGORITHM = 13;
/** RFC 6781 §3.4.2. */
export const DEFAULT_RSA_BITS = 2048;

/** BIND's `default`: one key that signs all, and the times that policies have where they say nothing. */
export const DEFAULT_POLICY: SigningPolicy = {
  name: 'default',
  keys: [{ role: 'csk', algorithm: DEFAULT_ALGORITHM, bits: DEFAULT_RSA_BITS, lifetime: null }],
  nsec3: null,
  signaturesValidity: 14 * DAY,
  signaturesValidityDnskey: 14 * DAY,
  signaturesRefresh: 5 * DAY,
  signaturesJitter: 12 * HOUR,
  dnskeyTtl: HOUR,
  publishSafety: HOUR,
  retireSafety: HOUR,
  purgeKeys: 90 * DAY,
  zonePropagationDelay: 300,
  maxZoneTtl: DAY,
  parentDsTtl: DAY,
  parentPropagationDelay: HOUR,
  cdsDigests: [2],
  cdnskey: true,
  zonemd: null,
  leaves: false,
};

/** BIND's `insecure`: signed as long as there are keys, while the parent is asked to forget them. */
export const INSECURE_POLICY: SigningPolicy = {
  ...DEFAULT_POLICY,
  name: 'insecure',
  keys: [],
  leaves: true,
};

/** By name, the policies that are there without being written down; `none` is the third, and no policy. */
export const BUILT_IN_POLICIES: ReadonlyMap<string, SigningPolicy> = new Map([
  ['default', DEFAULT_POLICY],
  ['insecure', INSECURE_POLICY],
]);

/** The name that says that a zone is not signed here. */
export const NO_POLICY = 'none';

/** How one zone is signed; shared by zones alike, and made of plain values. */
export type ZoneSigning = {
  readonly policy: SigningPolicy;
  /** Absolute path of the folder that holds the zone's keys. */
  readonly keyFolder: string;
};
