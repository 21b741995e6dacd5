/**
 * The C library of this process, where Node.js does not lead to it. The one file that imports koffi. A call with a
 * wrong address or length is a memory fault: callers assert theirs. Must not know: what is called, and why.
 */
import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';
import { errorText } from './errors.js';

/** Those whose numbers and structures are what callers here believe: 64 bits, little-endian. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64', 'riscv64', 'loong64'];

type Koffi = typeof import('koffi');

export type CLibrary = Pick<Koffi, 'address' | 'errno' | 'view'> & {
  /** A function by its C prototype. @throws Error if the library has none of that name */
  readonly func: ReturnType<Koffi['load']>['func'];
};

let loaded: CLibrary | null = null;

/**
 * The C library, bound to this thread with the first call.
 * @throws Error that says why there is none
 */
export function cLibrary(): CLibrary {
  loaded ??= load();
  return loaded;
}

function load(): CLibrary {
  const { platform, arch } = process;
  if (platform !== 'linux' || !ARCHITECTURES.includes(arch)) {
    throw new Error(`not made for ${platform} on ${arch}`);
  }
  try {
    // With import this would be a promise, which those who take in messages cannot wait for.
    const koffi: Koffi = createRequire(import.meta.url)('koffi');
    const library = koffi.load(null);
    return {
      func: library.func.bind(library),
      errno: koffi.errno,
      address: koffi.address,
      view: koffi.view,
    };
  } catch (error) {
    const reason = errorText(error).split('\n')[0] ?? '';
    throw new Error(`koffi does not load: ${reason}`, { cause: error });
  }
}

/** `EPERM` for 1, and so on. */
export function systemErrorName(errno: number): string {
  return getSystemErrorName(-errno);
}
