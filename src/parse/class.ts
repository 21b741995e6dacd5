/**
 * Class mnemonics of master files: RFC 1035 §3.2.4, `CLASSnnn` of RFC 3597 §5. Must not know: records.
 */
import { CLASS_ANY, CLASS_CH, CLASS_HS, CLASS_IN, CLASS_NONE } from '../wire/constants.js';

const CLASSES: readonly (readonly [string, number])[] = [
  ['IN', CLASS_IN],
  ['CH', CLASS_CH],
  ['CHAOS', CLASS_CH],
  ['HS', CLASS_HS],
  ['HESIOD', CLASS_HS],
  ['NONE', CLASS_NONE],
  ['ANY', CLASS_ANY],
];

/** Code of the class that the word from `start` to `stop` names, in any case; -1 if it names none. */
export function classFromOctets(octets: Uint8Array, start: number, stop: number): number {
  const length = stop - start;
  // nearly every class of nearly every file
  if (length === 2 && (octets[start]! | 0x20) === 0x69 && (octets[start + 1]! | 0x20) === 0x6e) {
    return CLASS_IN;
  }
  if (length > 10) return -1;
  const text = Buffer.from(octets.subarray(start, stop)).toString('latin1').toUpperCase();
  for (const [mnemonic, code] of CLASSES) if (mnemonic === text) return code;
  const digits = /^CLASS(\d{1,5})$/.exec(text)?.[1];
  return digits !== undefined && Number(digits) <= 65535 ? Number(digits) : -1;
}

/** `IN`, or `CLASSnnn` for a class without mnemonic. */
export function classText(code: number): string {
  return CLASSES.find((row) => row[1] === code)?.[0] ?? `CLASS${code}`;
}
