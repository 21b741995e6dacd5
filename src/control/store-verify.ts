/**
 * `hotzone store verify`: reads all that a store has on disk and tells what is not as it was written, whether a server
 * has the store or not. Exit codes: 0 no errors, 1 errors, 2 called wrongly.
 * Must not know: the command line's syntax, how files are read.
 */
import { ServerError } from '../base/errors.js';
import { counted } from '../load/zone-log.js';
import { imagePath } from '../store/image-folder.js';
import { ImageParts, type StoredPart } from '../store/image-parts.js';
import { storePaths } from '../store/store-folder.js';
import { readStore, type StoreSnapshot } from '../store/store-snapshot.js';
import { checkImages, type ImageCheck, unreferredFiles } from './image-check.js';
import { printable } from './report-text.js';
import {
  EXIT_FAILED,
  onStore,
  type StoreFormat,
  type StorePlace,
  type StoreStreams,
  writeJson,
} from './store-place.js';

export type StoreFault = {
  /** A warning is about what does no harm. */
  readonly severity: 'error' | 'warning';
  /** Stable, in capitals. */
  readonly code: string;
  readonly file: string;
  /** Octets of the file before what is wrong; null: the whole. */
  readonly offset: number | null;
  readonly text: string;
};

export type StoreVerifyOptions = StorePlace & { readonly format: StoreFormat };

type Verified = {
  readonly store: StoreSnapshot;
  readonly images: ImageCheck;
  readonly partCount: number;
  readonly faults: readonly StoreFault[];
};

const isImages = (table: string): boolean => table === 'images';

/** Checks a store. @returns the exit code */
export function runStoreVerify(
  options: StoreVerifyOptions,
  streams: StoreStreams,
): Promise<number> {
  return onStore(options, streams, (folder) => {
    const foreign = foreignFault(folder);
    if (foreign !== null) return tell(options.format, streams, folder, [foreign], null);
    const verified = verify(folder);
    return tell(options.format, streams, folder, verified.faults, verified);
  });
}

/** What is wrong before anything of the store can be read. @throws ServerError if there is no store */
function foreignFault(folder: string): StoreFault | null {
  try {
    readStore(folder, () => false);
    return null;
  } catch (error) {
    if (!(error instanceof ServerError) || error.code !== 'STORE_FOREIGN') throw error;
    const { data, format } = storePaths(folder);
    const text = error.message.replace(`${data}: `, '');
    return { severity: 'error', code: error.code, file: format, offset: null, text };
  }
}

function verify(folder: string): Verified {
  const paths = storePaths(folder);
  const store = readStore(folder, isImages, () => true);
  const { parts, unreadable } = new ImageParts(store).all();
  const images = checkImages(paths.images, parts);
  const faults: StoreFault[] = store.faults.map(({ text, at, isValue }) => {
    const code = isValue ? 'STORE_VALUE' : 'STORE_FILE';
    return { severity: 'error', code, file: paths.data, offset: at, text };
  });
  faults.push(...(store.owner === 0 ? images.faults : lasting(folder, images)));
  if (unreadable > 0) {
    const text = `${counted(unreadable, 'part')} of images in another layout: their zones are loaded anew`;
    faults.push({ ...NOTE, code: 'IMAGE_LAYOUT', file: paths.data, text });
  }
  // a server writes a file first, and then what refers to it
  if (store.owner === 0 && store.faults.length === 0) {
    for (const { number, octets } of unreferredFiles(paths.images, parts)) {
      const file = imagePath(paths.images, number);
      const text = `nothing refers to this file, ${octets} octets: hotzone store compact removes it`;
      faults.push({ ...NOTE, code: 'IMAGE_UNREFERRED', file, text });
    }
  }
  return { store, images, partCount: parts.length, faults };
}

const NOTE = { severity: 'warning', offset: null } as const;

/** A server may have given up a part while its file was looked at. What a file holds does not change. */
function lasting(folder: string, { faults }: ImageCheck): StoreFault[] {
  if (faults.length === 0) return [];
  const { parts } = new ImageParts(readStore(folder, isImages)).all();
  const living = new Set(parts.map(identity));
  return faults.filter((fault) => fault.parts.some((part) => living.has(identity(part))));
}

function identity({ file, part, from, to, checksum }: StoredPart): string {
  return [file, part, from, to, checksum].join();
}

function tell(
  format: StoreFormat,
  streams: StoreStreams,
  folder: string,
  faults: readonly StoreFault[],
  verified: Verified | null,
): number {
  const errors = faults.filter(({ severity }) => severity === 'error').length;
  if (format === 'json') writeJson(streams, documentOf(folder, faults, errors, verified));
  else {
    for (const fault of faults) streams.stdout.write(`${printable(faultLine(fault))}\n`);
    const counts = `${counted(errors, 'error')}, ${counted(faults.length - errors, 'warning')}`;
    streams.stdout.write(`${printable(summary(folder, verified))}: ${counts}\n`);
  }
  return errors > 0 ? EXIT_FAILED : 0;
}

function faultLine({ file, offset, severity, text, code }: StoreFault): string {
  return `${file}${offset === null ? '' : `:${offset}`}: ${severity}: ${text} [${code}]`;
}

function summary(folder: string, verified: Verified | null): string {
  if (verified === null) return folder;
  const { store, images, partCount } = verified;
  const rows = Object.values(store.stats().rows).reduce((sum, count) => sum + count, 0);
  const moved =
    store.owner !== 0 && !store.file.isWhole ? ' (in use: free pages not compared)' : '';
  return (
    `${folder}: ${counted(rows, 'value')}${moved}, ${counted(images.zones, 'zone')} in ` +
    `${counted(partCount, 'part')} of ${counted(images.files, 'image file')}`
  );
}

function documentOf(
  folder: string,
  faults: readonly StoreFault[],
  errors: number,
  verified: Verified | null,
): object {
  const facts =
    verified === null
      ? {}
      : {
          process: verified.store.owner === 0 ? null : verified.store.owner,
          rows: verified.store.stats().rows,
          freePagesCompared: verified.store.file.isWhole,
          images: {
            files: verified.images.files,
            parts: verified.partCount,
            zones: verified.images.zones,
            octets: verified.images.octets,
          },
        };
  const warnings = faults.length - errors;
  return {
    version: 1,
    path: folder,
    errors,
    warnings,
    ...facts,
    faults: faults.map(({ severity, code, file, offset, text }) => ({
      severity,
      code,
      file,
      offset,
      message: text,
    })),
  };
}
