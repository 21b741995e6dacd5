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
  private own = TTL_NONE;
  private last = TTL_NONE;

  // === hot path

  /** A record begins, which has no TTL of its own yet. */
  begin(): void {
    this.own = TTL_NONE;
  }

  /** The record at hand has this one. Those behind it may inherit it, whatever else is wrong with the record. */
  give(ttl: number): void {
    this.own = ttl;
    this.last = ttl;
  }

  /** Whether the record at hand has one of its own. */
  isGiven(): boolean {
    return this.own !== TTL_NONE;
  }

  /** The TTL of the record at hand, or TTL_NONE. */
  settle(): number {
    if (this.own !== TTL_NONE) return this.own;
    return this.default !== TTL_NONE ? this.default : this.last;
  }

  // === end of hot path

  /** The SOA's minimum stands in; later records have it too. */
  settleBySoa(minimum: number): number {
    this.last = Math.min(minimum, TTL_MAX);
    return this.last;
  }

  /** The record at hand has one that cannot be read: an earlier one is not what later records mean to inherit. */
  forget(): void {
    this.last = TTL_NONE;
  }
}
