/**
 * Entries of D. J. Bernstein's constant database as they stand in the file, found without its hash tables: a second
 * opinion on the reader of the program.
 */

/** Octets of the header: 256 pairs of a table's position and its slots. */
const HEADER_OCTETS = 2048;

/** Keys and values in hexadecimal, in the order of the file. */
export function dumpCdb(octets: Buffer): (readonly [key: string, value: string])[] {
  const tables = Array.from({ length: 256 }, (_, i) => octets.readUInt32LE(i * 8));
  const end = Math.min(...tables);
  const entries: (readonly [string, string])[] = [];
  for (let at = HEADER_OCTETS; at < end; ) {
    const keyAt = at + 8;
    const valueAt = keyAt + octets.readUInt32LE(at);
    const next = valueAt + octets.readUInt32LE(at + 4);
    entries.push([octets.toString('hex', keyAt, valueAt), octets.toString('hex', valueAt, next)]);
    at = next;
  }
  return entries;
}
