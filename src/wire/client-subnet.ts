/**
 * The client subnet option (RFC 7871 §6): for whose network a resolver asks, and in the reply for which networks the
 * answer holds. Must not know: locations, which answer is meant for whom.
 */
import { EDNS_OPTION_SUBNET } from './constants.js';
import { copyOctets, readU16, writeU16 } from './octets.js';

const FAMILY_NONE = 0;
const FAMILY_IP4 = 1;
const FAMILY_IP6 = 2;
/** Code, length, family, and two prefix lengths. */
const HEAD_OCTETS = 8;
const OPTION_HEAD_OCTETS = 4;

/** One option, reused from query to query. */
export class ClientSubnet {
  /** Whether the query at hand has one that is well formed. */
  present = false;
  /** Leading bits of `address` that were told. */
  sourceBits = 0;
  /** 4 or 16 octets, with zeros where nothing was told. */
  address: Uint8Array;
  private readonly ip4 = new Uint8Array(4);
  private readonly ip6 = new Uint8Array(16);
  private family = FAMILY_NONE;

  constructor() {
    this.address = this.ip4;
  }

  // === hot path

  /**
   * Takes a query's option, whose code is at `offset`; its extent has been checked.
   * @returns whether it is well formed: RFC 7871 §6 wants exactly the octets that the prefix needs and no bit beyond
   * it, §7.2.1 a known family. No family goes with no bits: §7.1.2.
   */
  read(octets: Uint8Array, offset: number): boolean {
    const length = readU16(octets, offset + 2);
    if (length < HEAD_OCTETS - OPTION_HEAD_OCTETS) return false;
    const family = readU16(octets, offset + 4);
    const bits = octets[offset + 6]!;
    const bitsMax = family === FAMILY_IP4 ? 32 : family === FAMILY_IP6 ? 128 : 0;
    if (family > FAMILY_IP6 || bits > bitsMax || octets[offset + 7] !== 0) return false;
    const count = (bits + 7) >>> 3;
    if (length !== HEAD_OCTETS - OPTION_HEAD_OCTETS + count) return false;
    const address = family === FAMILY_IP6 ? this.ip6 : this.ip4;
    for (let i = 0; i < address.length; i++) {
      address[i] = i < count ? octets[offset + HEAD_OCTETS + i]! : 0;
    }
    const spare = count * 8 - bits;
    if (spare > 0 && (address[count - 1]! & ((1 << spare) - 1)) !== 0) return false;
    this.present = true;
    this.family = family;
    this.sourceBits = bits;
    this.address = address;
    return true;
  }

  /** Octets of the option in a reply. */
  octets(): number {
    return HEAD_OCTETS + ((this.sourceBits + 7) >>> 3);
  }

  /** Writes the option as it came, with the scope that the answer has. @returns the offset after it */
  write(octets: Uint8Array, offset: number, scopeBits: number): number {
    const count = (this.sourceBits + 7) >>> 3;
    writeU16(octets, offset, EDNS_OPTION_SUBNET);
    writeU16(octets, offset + 2, HEAD_OCTETS - OPTION_HEAD_OCTETS + count);
    writeU16(octets, offset + 4, this.family);
    octets[offset + 6] = this.sourceBits;
    octets[offset + 7] = scopeBits;
    copyOctets(this.address, 0, octets, offset + HEAD_OCTETS, count);
    return offset + HEAD_OCTETS + count;
  }
}
