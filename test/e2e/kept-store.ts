/**
 * What a server has kept of its zones, changed from outside while no server runs: as another program would have
 * written it, or another time. Must not know: what is tested with it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { DelayedWrites } from '../../src/store/delayed-writes.js';
import { ImageFiles } from '../../src/store/image-files.js';
import {
  type ImagePart,
  ImageParts,
  type StoredPart,
  type StoredZone,
} from '../../src/store/image-parts.js';
import { SecondaryStates } from '../../src/store/secondary-state.js';
import { openStore, type Store } from '../../src/store/store.js';
import { name } from '../support/zones.js';

async function withStore<Result>(folder: string, work: (store: Store) => Result): Promise<Result> {
  const store = openStore(folder);
  try {
    return work(store);
  } finally {
    await store.close();
  }
}

export function zonesOf(part: StoredPart): StoredZone[] {
  const zones: StoredZone[] = [];
  for (let at = part.first, left = part.count; left > 0; at = part.next(at), left--) {
    zones.push(part.zone(at));
  }
  return zones;
}

/** All parts in the store of a folder. */
export function keptParts(folder: string): Promise<ImagePart[]> {
  return withStore(folder, (store) => new ImageParts(store).all().parts.map(plain));
}

function plain(part: StoredPart): ImagePart {
  const { file, part: number, from, to, checksum, program } = part;
  return { file, part: number, from, to, checksum, program, zones: zonesOf(part) };
}

/** Main files of the zones that are kept, by their last names, sorted. */
export async function keptFiles(folder: string): Promise<string[]> {
  const parts = await keptParts(folder);
  return parts
    .flatMap(({ zones }) => zones.map(({ files }) => files[0]?.path.split('/').at(-1) ?? ''))
    .sort();
}

/** Puts other parts into the store. */
export function putParts(folder: string, parts: readonly ImagePart[]): Promise<void> {
  return withStore(folder, (store) => new ImageParts(store).put(parts));
}

/**
 * Has the images be those of another program, which answered with other octets of the same number.
 * @param former text in the images
 */
export async function asOfOtherProgram(
  folder: string,
  former: string,
  next: string,
): Promise<void> {
  const files = new ImageFiles(join(folder, 'images'));
  const parts = (await keptParts(folder)).map((part) => {
    const path = files.path(part.file);
    const octets = readFileSync(path);
    for (let at = octets.indexOf(former); at >= 0; at = octets.indexOf(former, at)) {
      octets.write(next, at, 'latin1');
    }
    writeFileSync(path, octets);
    const checksum = crc32(octets.subarray(part.from, part.to));
    return { ...part, checksum, program: (part.program + 1) >>> 0 };
  });
  await putParts(folder, parts);
}

/** Lets the time of a secondary zone run out. */
export function expireKept(folder: string, zone: string): Promise<void> {
  return withStore(folder, (store) => {
    const writes = new DelayedWrites(store);
    const states = new SecondaryStates(writes);
    const apex = name(`${zone}.`);
    const state = states.get(apex);
    if (state === null) throw new Error(`nothing is known of ${zone}`);
    states.set(apex, { ...state, expiresAt: Date.now() - 1000 });
    writes.close();
  });
}
