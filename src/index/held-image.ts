/**
 * A version of a zone that somebody holds for longer than a packet: a transfer sends it, two are compared. Its memory
 * stays for as long as that, whatever is published meanwhile: segments are dropped, but never written twice at one
 * place. Must not know: which version is served, where zones come from.
 */
import { bufferOf, type Memory } from '../base/memory.js';
import { ZoneImage } from './image.js';
import { ENDING_NONE, type Ending } from './zone-index.js';

/**
 * One image in shared memory; its octets never change and stay as long as somebody in the main thread has this. Plain
 * values: may be posted to a thread, which the main thread must outlast with its own.
 */
export type HeldImage = {
  readonly memory: Memory;
  readonly offset: number;
  /** Present if others, or the same client at another time, may see another image: see variants.ts. */
  readonly variant?: { readonly ending: Ending; readonly baseSeconds: number };
};

/** A window over a held image. */
export function openHeld({ memory, offset, variant }: HeldImage): ZoneImage {
  const buffer = bufferOf(memory);
  const image = new ZoneImage();
  const words = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
  image.attach(words, new Uint8Array(buffer), offset);
  image.ending = variant?.ending ?? ENDING_NONE;
  image.baseSeconds = variant?.baseSeconds ?? 0;
  return image;
}
