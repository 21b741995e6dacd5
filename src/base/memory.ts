/**
 * Memory that threads share: either a SharedArrayBuffer, or a file mapped into the process, whose pages are the
 * system's and cost nothing of their own (mmap(2)). A mapping stays until the main thread has collected every view of
 * it, and a while longer; a thread that is posted one must be done with it by then.
 * Must not know: what is in it.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { type CLibrary, cLibrary, systemErrorName } from './c-library.js';
import { UNMAP_DELAY_MS } from './limits.js';

/** A file in this process's address space, read-only. Plain values: may be posted to a thread. */
export type MappedMemory = { readonly address: bigint; readonly octets: number };

export type Memory = SharedArrayBuffer | MappedMemory;

// Of mmap(2)
const PROT_READ = 1;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

type MapCalls = {
  readonly mmap: (
    address: bigint,
    octets: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ) => bigint;
  readonly munmap: (address: bigint, octets: number) => number;
};

let calls: MapCalls | null = null;

function mapCalls(library: CLibrary): MapCalls {
  calls ??= {
    mmap: library.func('uintptr_t mmap(uintptr_t, size_t, int, int, int, int64_t)'),
    munmap: library.func('int munmap(uintptr_t, size_t)'),
  };
  return calls;
}

/** A view keeps its mapping. */
const mappingOf = new WeakMap<ArrayBufferLike, MappedMemory>();
const viewOf = new WeakMap<MappedMemory, WeakRef<ArrayBuffer>>();

const unwanted = new FinalizationRegistry<MappedMemory>(({ address, octets }) => {
  setTimeout(() => mapCalls(cLibrary()).munmap(address, octets), UNMAP_DELAY_MS).unref();
});

/** Whether files can be mapped here; if not, the reason. */
export function whyUnmappable(): string | null {
  try {
    mapCalls(cLibrary());
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Maps a file. Its octets must not be cut while it is mapped: that would end the process with a signal.
 * @param octets of it, from the first on; more than none
 * @throws Error of the system, or if the file is shorter
 */
export function mapFile(path: string, octets: number): MappedMemory {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    if (size < octets) throw new Error(`${path} has ${size} octets of ${octets}`);
    const library = cLibrary();
    const mapped = mapCalls(library).mmap(0n, octets, PROT_READ, MAP_SHARED, fd, 0);
    if (BigInt(mapped) === MAP_FAILED) {
      throw new Error(`mmap ${systemErrorName(library.errno())}, ${path}`);
    }
    const memory = { address: BigInt(mapped), octets };
    unwanted.register(memory, { ...memory });
    return memory;
  } finally {
    closeSync(fd);
  }
}

/** All octets of the memory, shared. Those of a mapping must not be written. */
export function bufferOf(memory: Memory): ArrayBufferLike {
  if (memory instanceof SharedArrayBuffer) return memory;
  const known = viewOf.get(memory)?.deref();
  if (known !== undefined) return known;
  const view = cLibrary().view(memory.address, memory.octets);
  mappingOf.set(view, memory);
  viewOf.set(memory, new WeakRef(view));
  return view;
}

export function octetsIn(memory: Memory): number {
  return memory instanceof SharedArrayBuffer ? memory.byteLength : memory.octets;
}
