/**
 * The serial of a zone that has been compiled and not been published yet: set to another in each image of it.
 * RFC 1035 §3.3.13. Must not know: what serials mean.
 */
import {
  HEADER_WORDS,
  IMAGE_LINK_COUNT,
  IMAGE_MAGIC,
  IMAGE_NODE_COUNT,
  IMAGE_RRSET_COUNT,
  IMAGE_SERIAL,
  IMAGE_SLOT_COUNT,
  IMAGE_SOA,
  LINK_WORDS,
  NODE_WORDS,
  RRSET_LENGTH,
  RRSET_OFFSET,
  RRSET_WORDS,
} from './image.js';
import { VARIED_FORMAT, variantWords } from './variants.js';

/** Octets from the serial to the end of an SOA's RDATA. */
const SERIAL_OCTETS_FROM_END = 20;

/** Sets the serial of the image, or of the images, at `offset` octets of a buffer that nobody reads yet. */
export function setImageSerial(buffer: SharedArrayBuffer, offset: number, serial: number): void {
  const words = new Int32Array(buffer);
  const at = offset >>> 2;
  if (words[at + IMAGE_MAGIC] !== VARIED_FORMAT) {
    setOne(words, at, serial);
    return;
  }
  for (const image of variantWords(words, at)) setOne(words, image, serial);
}

function setOne(words: Int32Array, at: number, serial: number): void {
  words[at + IMAGE_SERIAL] = serial;
  const rrsetsAt =
    at + HEADER_WORDS + words[at + IMAGE_SLOT_COUNT]! + words[at + IMAGE_NODE_COUNT]! * NODE_WORDS;
  const linksAt = rrsetsAt + words[at + IMAGE_RRSET_COUNT]! * RRSET_WORDS;
  const arenaAt = (linksAt + words[at + IMAGE_LINK_COUNT]! * LINK_WORDS) * 4;
  const soa = rrsetsAt + words[at + IMAGE_SOA]! * RRSET_WORDS;
  const end = arenaAt + words[soa + RRSET_OFFSET]! + words[soa + RRSET_LENGTH]!;
  new DataView(words.buffer).setUint32(end - SERIAL_OCTETS_FROM_END, serial);
}
