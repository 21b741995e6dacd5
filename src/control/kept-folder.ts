/**
 * Where the images of zones are kept, and whether there are any. Must not know: what is in them.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export function keptFolder(stateDir: string): string {
  return join(stateDir, 'store', 'images');
}

/** A look that costs nothing: without images a start does not wait for the store. */
export function hasKeptImages(stateDir: string): boolean {
  try {
    return readdirSync(keptFolder(stateDir)).length > 0;
  } catch {
    return false;
  }
}
