/**
 * The C library where Node.js does not lead to it: sockets that are read in batches, and how memory is kept. A call
 * with a wrong length is a memory fault: callers assert theirs. Linux on 64 bits, little-endian.
 * Must not know: batches, what a datagram says.
 */
import { type CLibrary, cLibrary, systemErrorName } from '../base/c-library.js';
import { assert, errorText, ServerError } from '../base/errors.js';

export type Family = 4 | 6;

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM_CLOEXEC = 0x80002;
const SHUT_RD = 0;

/** A socket option: level and number. */
export type SocketOption = readonly [level: number, option: number];

export const SO_SNDBUF: SocketOption = [1, 7];
export const SO_RCVBUF: SocketOption = [1, 8];
export const SO_REUSEPORT: SocketOption = [1, 15];
export const SO_RCVTIMEO: SocketOption = [1, 20];
export const SO_SNDTIMEO: SocketOption = [1, 21];
export const IP_PKTINFO: SocketOption = [0, 8];
export const IP_MTU_DISCOVER: SocketOption = [0, 10];
export const IPV6_MTU_DISCOVER: SocketOption = [41, 23];
export const IPV6_V6ONLY: SocketOption = [41, 26];
export const IPV6_RECVPKTINFO: SocketOption = [41, 49];

/** Octets kept for a socket's name; the longest has 28. */
const SOCKET_NAME_OCTETS_MAX = 32;
/** Of mallopt(3). */
const M_MMAP_THRESHOLD = -3;

export type Libc = {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly setsockopt: (
    fd: number,
    level: number,
    option: number,
    value: Uint8Array,
    length: number,
  ) => number;
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly getsockname: (fd: number, address: Uint8Array, length: Uint8Array) => number;
  readonly inet_pton: (family: number, text: string, octets: Uint8Array) => number;
  readonly if_nametoindex: (name: string) => number;
  readonly shutdown: (fd: number, how: number) => number;
  readonly close: (fd: number) => number;
  readonly recvmmsg: (
    fd: number,
    headers: number,
    count: number,
    flags: number,
    timeout: number,
  ) => number;
  readonly sendmmsg: (fd: number, headers: number, count: number, flags: number) => number;
  readonly mallopt: (parameter: number, value: number) => number;
  /** The last call's error. */
  readonly errno: () => number;
  readonly addressOf: (memory: ArrayBuffer) => bigint;
};

/**
 * Binds this thread to the C library.
 * @throws ServerError `BATCH_UNAVAILABLE`, which says why
 */
export async function loadSystemCalls(): Promise<SystemCalls> {
  try {
    return bind(cLibrary());
  } catch (error) {
    throw new ServerError('BATCH_UNAVAILABLE', errorText(error), error);
  }
}

function bind(library: CLibrary): SystemCalls {
  return new SystemCalls({
    socket: library.func('int socket(int, int, int)'),
    setsockopt: library.func('int setsockopt(int, int, int, void *, uint)'),
    bind: library.func('int bind(int, void *, uint)'),
    getsockname: library.func('int getsockname(int, void *, void *)'),
    inet_pton: library.func('int inet_pton(int, str, void *)'),
    if_nametoindex: library.func('uint if_nametoindex(str)'),
    shutdown: library.func('int shutdown(int, int)'),
    close: library.func('int close(int)'),
    recvmmsg: library.func('int recvmmsg(int, uintptr_t, uint, int, uintptr_t)'),
    sendmmsg: library.func('int sendmmsg(int, uintptr_t, uint, int)'),
    mallopt: ifThere(() => library.func('int mallopt(int, int)')),
    errno: library.errno,
    addressOf: library.address,
  });
}

/** glibc has it, other C libraries do not need it. */
function ifThere(find: () => Libc['mallopt']): Libc['mallopt'] {
  try {
    return find();
  } catch {
    return () => 0;
  }
}

/** What sockets need besides batches. A call that fails throws an Error such as `bind EADDRINUSE`. */
export class SystemCalls {
  /** For MessageBatch. */
  readonly libc: Libc;

  constructor(libc: Libc) {
    this.libc = libc;
  }

  openSocket(family: Family): number {
    return this.checked(
      'socket',
      this.libc.socket(family === 4 ? AF_INET : AF_INET6, SOCK_DGRAM_CLOEXEC, 0),
    );
  }

  setNumber(fd: number, [level, option]: SocketOption, value: number): void {
    const octets = new Uint8Array(Int32Array.of(value).buffer);
    this.checked('setsockopt', this.libc.setsockopt(fd, level, option, octets, octets.length));
  }

  setMilliseconds(fd: number, [level, option]: SocketOption, value: number): void {
    const seconds = Math.floor(value / 1000);
    const octets = new Uint8Array(
      BigInt64Array.of(BigInt(seconds), BigInt((value - seconds * 1000) * 1000)).buffer,
    );
    this.checked('setsockopt', this.libc.setsockopt(fd, level, option, octets, octets.length));
  }

  /** @param name a socket's name, see `socketName` */
  bind(fd: number, name: Uint8Array): void {
    this.checked('bind', this.libc.bind(fd, name, name.length));
  }

  /** The port that a socket is bound to. */
  portOf(fd: number): number {
    const name = Buffer.alloc(SOCKET_NAME_OCTETS_MAX);
    const length = new Uint8Array(Int32Array.of(name.length).buffer);
    this.checked('getsockname', this.libc.getsockname(fd, name, length));
    return name.readUInt16BE(2);
  }

  /**
   * A `sockaddr_in` or `sockaddr_in6`: family, port, address, for IPv6 also flow and scope.
   * @param address as `isIP` takes it, with `%interface` for a link-local one
   */
  socketName(family: Family, address: string, port: number): Buffer {
    const name = Buffer.alloc(nameOctets(family));
    const [host = '', scope] = address.split('%');
    const addressAt = family === 4 ? 4 : 8;
    name.writeUInt16LE(family === 4 ? AF_INET : AF_INET6, 0);
    name.writeUInt16BE(port, 2);
    const read = this.libc.inet_pton(
      family === 4 ? AF_INET : AF_INET6,
      host,
      name.subarray(addressAt),
    );
    assert(read === 1, 'an address literal');
    if (scope !== undefined) {
      const index = /^\d+$/.test(scope) ? Number(scope) : this.libc.if_nametoindex(scope);
      name.writeUInt32LE(index, 24);
    }
    return name;
  }

  /** Lets a thread that waits for datagrams return, now and from now on. */
  wake(fd: number): void {
    // Says ENOTCONN about a socket without a peer, and still does it.
    this.libc.shutdown(fd, SHUT_RD);
  }

  close(fd: number): void {
    this.libc.close(fd);
  }

  /**
   * Has blocks of so many octets and more mapped one by one, in all threads, so that they go back to the system when
   * they are freed. glibc raises that limit with every large block that is freed, and keeps the next ones.
   */
  mapBlocksFrom(octets: number): void {
    this.libc.mallopt(M_MMAP_THRESHOLD, octets);
  }

  private checked(call: string, result: number): number {
    if (result >= 0) return result;
    throw new Error(`${call} ${systemErrorName(this.libc.errno())}`);
  }
}

/** Octets of a socket's name. */
export function nameOctets(family: Family): number {
  return family === 4 ? 16 : 28;
}
