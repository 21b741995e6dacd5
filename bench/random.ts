/**
 * A seeded source of numbers, so that zones and queries are the same on every machine.
 * Must not know: what is made of the numbers.
 */

/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** An integer from 0 to `count` - 1. */
  below(count: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((((t ^ (t >>> 14)) >>> 0) * count) / 0x1_0000_0000) | 0;
  }

  /** Whether something of `percent` happens. */
  chance(percent: number): boolean {
    return this.below(1000) < percent * 10;
  }

  hex(octets: number): string {
    let text = '';
    for (let i = 0; i < octets; i++) text += this.below(256).toString(16).padStart(2, '0');
    return text.toUpperCase();
  }

  ip4(): string {
    return `${1 + this.below(223)}.${this.below(256)}.${this.below(256)}.${1 + this.below(254)}`;
  }

  ip6(): string {
    return `2001:db8:${this.below(65536).toString(16)}:${this.below(65536).toString(16)}::${1 + this.below(9)}`;
  }
}
