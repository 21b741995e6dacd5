/**
 * Which TTL a record has: its own, else $TTL's, else the last one given, else the SOA's minimum (RFC 1035 §5.1,
 * RFC 2308 §4; the order is BIND's). Shared by a file and what it includes. Must not know: tokens, types.
 */
import { TTL_MAX } from '../base/limits.js';

/** No TTL: none was given, or none is to be had. */
export const TTL_NONE = -1;

export class TtlRule {
  /** Of the last $TTL. */
  default = TTL_NONE;
  /** Given on the record at hand. */
  own = TTL_NONE;
  private last = TTL_NONE;

  // === hot path

  /** The TTL of the record at hand, or TTL_NONE. */
  settle(): number {
    if (this.own !== TTL_NONE) {
      this.last = this.own;
      return this.own;
    }
    return this.default !== TTL_NONE ? this.default : this.last;
  }

  // === end of hot path

  /** The SOA's minimum stands in; later records have it too. */
  settleBySoa(minimum: number): number {
    this.last = Math.min(minimum, TTL_MAX);
    return this.last;
  }
}
