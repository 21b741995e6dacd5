/**
 * `hotzone store compact`: gives disk space back that a store does not need, while no server has it.
 * Exit codes: 0 done, 1 not done, 2 called wrongly. Must not know: the command line's syntax, how it is done.
 */
import { rmSync } from 'node:fs';
import { errorText, ServerError } from '../base/errors.js';
import { counted } from '../load/zone-log.js';
import { imagePath } from '../store/image-folder.js';
import { ImageParts } from '../store/image-parts.js';
import { openExistingStore, type Store } from '../store/store.js';
import { compactStore } from '../store/store-compaction.js';
import { storePaths } from '../store/store-folder.js';
import { unreferredFiles } from './image-check.js';
import { printable } from './report-text.js';
import {
  onStore,
  type StoreFormat,
  type StorePlace,
  type StoreStreams,
  writeJson,
} from './store-place.js';

export type StoreCompactOptions = StorePlace & { readonly format: StoreFormat };

/** Makes a store as small as it can be. @returns the exit code */
export function runStoreCompact(
  options: StoreCompactOptions,
  streams: StoreStreams,
): Promise<number> {
  return onStore(options, streams, async (folder) => {
    const store = openExistingStore(folder);
    try {
      // first what makes room for the copy
      const removed = removeUnreferred(store, folder);
      const { before, after } = await compactStore(store, folder);
      const { data } = storePaths(folder);
      const { files, octets } = removed;
      if (options.format === 'json') {
        writeJson(streams, { version: 1, path: data, before, after, removed: { files, octets } });
      } else {
        streams.stdout.write(
          `${printable(data)}: ${before} octets before, ${after} after; ` +
            `${counted(files, 'image file')} removed, ${octets} octets\n`,
        );
      }
      return 0;
    } finally {
      await store.close();
    }
  });
}

/**
 * Removes the files of images that nothing refers to, of a store that nobody else has.
 * @throws ServerError STORE_FAILED
 */
export function removeUnreferred(
  store: Store,
  folder: string,
): { readonly files: number; readonly octets: number } {
  const { images } = storePaths(folder);
  const { parts, unreadable } = new ImageParts(store).all();
  // of a layout that is not known it cannot be said which files it needs
  if (unreadable > 0) return { files: 0, octets: 0 };
  try {
    const gone = unreferredFiles(images, parts);
    for (const { number } of gone) rmSync(imagePath(images, number), { force: true });
    return { files: gone.length, octets: gone.reduce((sum, file) => sum + file.octets, 0) };
  } catch (error) {
    throw new ServerError('STORE_FAILED', `${images}: ${errorText(error)}`, error);
  }
}
