/**
 * Addresses as text, spelled as inet_ntop spells them: RFC 5952, with the last 32 bits as a dotted quad where they are
 * an embedded IPv4 address. Must not know: what the addresses are for.
 */
import { readU16 } from './octets.js';

/** Dotted quad of four octets. */
export function ip4Text(octets: Uint8Array): string {
  return octets.join('.');
}

/** Sixteen octets by RFC 5952 §4: the longest run of zero groups, of two or more, becomes `::`. */
export function ip6Text(octets: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => readU16(octets, 2 * i));
  let gap = 0;
  let gapLength = 1;
  for (let start = 0; start < 8; start++) {
    let stop = start;
    while (stop < 8 && groups[stop] === 0) stop++;
    if (stop - start > gapLength) {
      gap = start;
      gapLength = stop - start;
    }
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  const embedded = gap === 0 && (gapLength === 6 || (gapLength === 5 && groups[5] === 0xffff));
  if (embedded) return `::${gapLength === 5 ? 'ffff:' : ''}${ip4Text(octets.subarray(12, 16))}`;
  return gapLength < 2 ? text(0, 8) : `${text(0, gap)}::${text(gap + gapLength, 8)}`;
}
