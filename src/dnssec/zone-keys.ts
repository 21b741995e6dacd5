/**
 * The DNSKEY records at a zone's apex (RFC 4034 §2), found by what an RRSIG says of its key. Tags are no more than
 * hints: several keys may have the same one. Must not know: signatures, what is wrong with a key.
 */
import type { KeyObject } from 'node:crypto';
import { TYPE_DNSKEY } from '../wire/constants.js';
import type { Zone } from '../zone/zone.js';
import { publicKey } from './algorithms.js';
import { apexRecords, rdataOf } from './apex-records.js';
import {
  KEY_AT,
  KEY_FLAG_REVOKE,
  KEY_FLAG_ZONE,
  KEY_PROTOCOL,
  keyFields,
  keyTag,
} from './key-record.js';

export type ZoneKey = {
  /** In the zone's columns. */
  readonly record: number;
  readonly flags: number;
  readonly algorithm: number;
  readonly tag: number;
  /** Whether its flags and protocol let it sign the zone (RFC 4034 §2.1.1, §2.1.2). */
  readonly isZoneKey: boolean;
  /** Its owner has given it up; it signs the DNSKEY RRset alone (RFC 5011 §2.1). */
  readonly isRevoked: boolean;
};

export class ZoneKeys {
  readonly all: readonly ZoneKey[];
  private readonly zone: Zone;
  private readonly objects = new Map<ZoneKey, KeyObject | null>();

  constructor(zone: Zone) {
    const keys: ZoneKey[] = [];
    for (const record of apexRecords(zone, TYPE_DNSKEY)) {
      const rdata = rdataOf(zone, record);
      const { flags, protocol, algorithm } = keyFields(rdata, 0);
      keys.push({
        record,
        flags,
        algorithm,
        tag: keyTag(rdata, 0, rdata.length),
        isZoneKey: protocol === KEY_PROTOCOL && (flags & KEY_FLAG_ZONE) !== 0,
        isRevoked: (flags & KEY_FLAG_REVOKE) !== 0,
      });
    }
    this.zone = zone;
    this.all = keys;
  }

  /**
   * The next key that may have made a signature of an RRset.
   * @param from index in `all` to look from
   * @returns its index, or -1
   */
  find(algorithm: number, tag: number, type: number, from = 0): number {
    const { all } = this;
    for (let i = from; i < all.length; i++) {
      const key = all[i]!;
      if (key.tag !== tag || key.algorithm !== algorithm || !key.isZoneKey) continue;
      if (!key.isRevoked || type === TYPE_DNSKEY) return i;
    }
    return -1;
  }

  /** The key for node:crypto, made once; `null` if its algorithm is not supported or its octets are no key. */
  object(key: ZoneKey): KeyObject | null {
    const known = this.objects.get(key);
    if (known !== undefined) return known;
    const made = publicKey(key.algorithm, rdataOf(this.zone, key.record).subarray(KEY_AT));
    this.objects.set(key, made);
    return made;
  }
}
