/**
 * The system calls that node:dgram does not make: datagrams read and written in batches (recvmmsg, sendmmsg), and what
 * sockets for them need. The one file that imports koffi and that handles addresses of memory: a wrong length is a
 * memory fault, so each is asserted here. Linux on 64 bits, little-endian. Must not know: what a datagram says.
 */
import { getSystemErrorName } from 'node:util';
import { assert, errorText, ServerError } from '../base/errors.js';
import { UDP_BATCH_MESSAGES, UDP_SLOT_OCTETS } from '../base/limits.js';

/** Those whose structures and numbers are the ones below. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64', 'riscv64', 'loong64'];

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

type Libc = {
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
  /** The last call's error. */
  readonly errno: () => number;
  readonly addressOf: (memory: ArrayBuffer) => bigint;
};

/**
 * Binds this thread to the C library.
 * @throws ServerError `BATCH_UNAVAILABLE`, which says why
 */
export async function loadSystemCalls(): Promise<SystemCalls> {
  const { platform, arch } = process;
  if (platform !== 'linux' || !ARCHITECTURES.includes(arch)) {
    throw new ServerError('BATCH_UNAVAILABLE', `not made for ${platform} on ${arch}`);
  }
  try {
    const koffi = await import('koffi');
    const library = koffi.load(null);
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
      errno: koffi.errno,
      addressOf: koffi.address,
    });
  } catch (error) {
    const reason = errorText(error).split('\n')[0] ?? '';
    throw new ServerError('BATCH_UNAVAILABLE', `koffi does not load: ${reason}`, error);
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
    const name = Buffer.alloc(NAME_STRIDE);
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

  private checked(call: string, result: number): number {
    if (result >= 0) return result;
    throw new Error(`${call} ${systemErrorName(this.libc.errno())}`);
  }
}

/** `EPERM` for 1, and so on. */
export function systemErrorName(errno: number): string {
  return getSystemErrorName(-errno);
}

function nameOctets(family: Family): number {
  return family === 4 ? 16 : 28;
}

/**
 * A socket that is read and written in batches.
 * - `withDestination`: whether it is bound to a wildcard address, so that each reply must be told where to come from.
 */
export type BatchSocket = {
  readonly fd: number;
  readonly family: Family;
  readonly withDestination: boolean;
};

// struct mmsghdr, in words of 32 bits; pointers and lengths of 64 bits take two.
const HEADER_WORDS = 16;
const NAME_POINTER = 0;
const NAME_LENGTH = 2;
const VECTOR_POINTER = 4;
const VECTOR_COUNT = 6;
const CONTROL_POINTER = 8;
const CONTROL_LENGTH = 10;
const MESSAGE_LENGTH = 14;
// struct iovec
const VECTOR_WORDS = 4;
const VECTOR_LENGTH = 2;
/** Octets kept for a name; the longest has 28. */
const NAME_STRIDE = 32;
/** Octets kept for control data; the longest has 40. */
const CONTROL_STRIDE = 64;
/** One line of the cache more than the slot: else the slots would compete for the same lines. */
const SLOT_STRIDE = UDP_SLOT_OCTETS + 64;

// Where things are in a batch's memory, in octets. Slots have a multiple of 64 each.
const RECEIVE_AT = 0;
const SEND_AT = RECEIVE_AT + UDP_BATCH_MESSAGES * HEADER_WORDS * 4;
const RECEIVE_VECTORS_AT = SEND_AT + UDP_BATCH_MESSAGES * HEADER_WORDS * 4;
const SEND_VECTORS_AT = RECEIVE_VECTORS_AT + UDP_BATCH_MESSAGES * VECTOR_WORDS * 4;
const NAMES_AT = SEND_VECTORS_AT + UDP_BATCH_MESSAGES * VECTOR_WORDS * 4;
const CONTROLS_AT = NAMES_AT + UDP_BATCH_MESSAGES * NAME_STRIDE;
const REQUESTS_AT = CONTROLS_AT + UDP_BATCH_MESSAGES * CONTROL_STRIDE;
const REPLIES_AT = REQUESTS_AT + UDP_BATCH_MESSAGES * SLOT_STRIDE;
const MEMORY_OCTETS = REPLIES_AT + UDP_BATCH_MESSAGES * SLOT_STRIDE;

const MSG_WAITFORONE = 0x10000;
const EINTR = 4;
const EAGAIN = 11;
const ENOMEM = 12;
const ENOBUFS = 105;
const ECONNREFUSED = 111;

/**
 * Datagrams of one socket, read and answered together. Everything lies in one piece of memory: headers, vectors, names,
 * control data, slots for requests and for replies. Replies are numbered without gaps, whatever requests they are for.
 */
export class MessageBatch {
  /** By slot: where requests are read to, UDP_SLOT_OCTETS each; longer ones are cut. */
  readonly requests: readonly Uint8Array[];
  /** By position: where replies are written, UDP_SLOT_OCTETS each. */
  readonly replies: readonly Uint8Array[];
  /** By slot: the address that the request came from, 4 or 16 octets. */
  readonly clients: readonly Uint8Array[];
  /** The error of the last reply that could not be sent. */
  sendError = 0;
  private readonly libc: Libc;
  private readonly fd: number;
  private readonly nameOctets: number;
  /** Of IP_PKTINFO or IPV6_PKTINFO; 0 if none is asked for. */
  private readonly controlOctets: number;
  /** Word within control data that names an interface. */
  private readonly interfaceWord: number;
  private readonly memory = new ArrayBuffer(MEMORY_OCTETS);
  private readonly words = new Int32Array(this.memory);
  private readonly address: number;
  /** By position: the slot whose name and control data the reply's header points at. */
  private readonly slotOfReply = new Uint8Array(UDP_BATCH_MESSAGES);

  constructor(calls: SystemCalls, socket: BatchSocket) {
    this.libc = calls.libc;
    this.fd = socket.fd;
    this.nameOctets = nameOctets(socket.family);
    // A header of 16 octets, and 12 or 20 of data in units of 8.
    this.controlOctets = socket.withDestination ? (socket.family === 4 ? 32 : 40) : 0;
    this.interfaceWord = socket.family === 4 ? 4 : 8;
    this.address = Number(this.libc.addressOf(this.memory));
    assert(Number.isSafeInteger(this.address), 'an address fits a number');
    assert(this.nameOctets <= NAME_STRIDE && this.controlOctets <= CONTROL_STRIDE, 'strides');
    assert(UDP_BATCH_MESSAGES <= 256, 'a slot fits an octet');
    this.requests = this.makeSlots(RECEIVE_AT, RECEIVE_VECTORS_AT, REQUESTS_AT);
    this.replies = this.makeSlots(SEND_AT, SEND_VECTORS_AT, REPLIES_AT);
    this.clients = this.requests.map((_, slot) => {
      const name = NAMES_AT + slot * NAME_STRIDE;
      const [at, octets] = socket.family === 4 ? [4, 4] : [8, 16];
      return new Uint8Array(this.memory, name + at, octets);
    });
  }

  private makeSlots(headersAt: number, vectorsAt: number, slotsAt: number): Uint8Array[] {
    return Array.from({ length: UDP_BATCH_MESSAGES }, (_, i) => {
      const header = headersAt / 4 + i * HEADER_WORDS;
      const vector = vectorsAt / 4 + i * VECTOR_WORDS;
      const slot = slotsAt + i * SLOT_STRIDE;
      this.words[header + NAME_LENGTH] = this.nameOctets;
      this.point(header + VECTOR_POINTER, vector * 4);
      this.words[header + VECTOR_COUNT] = 1;
      this.words[header + CONTROL_LENGTH] = this.controlOctets;
      this.point(vector, slot);
      this.words[vector + VECTOR_LENGTH] = UDP_SLOT_OCTETS;
      this.pointAtPeer(header, i);
      if (headersAt === SEND_AT) this.slotOfReply[i] = i;
      return new Uint8Array(this.memory, slot, UDP_SLOT_OCTETS);
    });
  }

  // === hot path

  /** Waits for datagrams. @returns how many slots were filled; 0 if nothing came for a while. */
  receive(): number {
    const { libc } = this;
    if (this.controlOctets !== 0) this.makeControlRoom();
    const count = libc.recvmmsg(
      this.fd,
      this.address + RECEIVE_AT,
      UDP_BATCH_MESSAGES,
      MSG_WAITFORONE,
      0,
    );
    if (count >= 0) return count;
    const errno = libc.errno();
    assert(
      errno === EAGAIN ||
        errno === EINTR ||
        errno === ECONNREFUSED ||
        errno === ENOBUFS ||
        errno === ENOMEM,
      'a socket can be read',
    );
    return 0;
  }

  /** Octets of the request in a slot. */
  requestLength(slot: number): number {
    return this.words[RECEIVE_AT / 4 + slot * HEADER_WORDS + MESSAGE_LENGTH]!;
  }

  /** Addresses the reply of so many octets in `replies[position]` to whom the request in `slot` came from. */
  addReply(position: number, slot: number, length: number): void {
    assert(position < UDP_BATCH_MESSAGES && slot < UDP_BATCH_MESSAGES, 'a slot of the batch');
    assert(length <= UDP_SLOT_OCTETS, 'a reply fits its slot');
    const words = this.words;
    const header = SEND_AT / 4 + position * HEADER_WORDS;
    if (this.slotOfReply[position] !== slot) {
      this.slotOfReply[position] = slot;
      this.pointAtPeer(header, slot);
    }
    words[SEND_VECTORS_AT / 4 + position * VECTOR_WORDS + VECTOR_LENGTH] = length;
    if (this.controlOctets === 0) return;
    const request = RECEIVE_AT / 4 + slot * HEADER_WORDS;
    words[header + CONTROL_LENGTH] = words[request + CONTROL_LENGTH]!;
    // The address that was asked, but whichever way the routes lead.
    words[CONTROLS_AT / 4 + (slot * CONTROL_STRIDE) / 4 + this.interfaceWord] = 0;
  }

  /** Sends replies 0 to `count` - 1. @returns how many of them could not be sent; see `sendError`. */
  send(count: number): number {
    const { libc } = this;
    let failed = 0;
    let next = 0;
    while (next < count) {
      const headers = this.address + SEND_AT + next * HEADER_WORDS * 4;
      const sent = libc.sendmmsg(this.fd, headers, count - next, 0);
      if (sent >= 0) {
        next += sent;
        continue;
      }
      const errno = libc.errno();
      if (errno === EINTR) continue;
      this.sendError = errno;
      // No room for a long time: whoever still waits will ask again.
      if (errno === EAGAIN) return failed + count - next;
      failed++;
      next++;
    }
    return failed;
  }

  /** The kernel stores how much it wrote where it was told how much room there is. Names have one length only. */
  private makeControlRoom(): void {
    for (let slot = 0; slot < UDP_BATCH_MESSAGES; slot++) {
      this.words[RECEIVE_AT / 4 + slot * HEADER_WORDS + CONTROL_LENGTH] = this.controlOctets;
    }
  }

  /** Name and control data of a request's slot into a header. */
  private pointAtPeer(header: number, slot: number): void {
    this.point(header + NAME_POINTER, NAMES_AT + slot * NAME_STRIDE);
    if (this.controlOctets === 0) return;
    this.point(header + CONTROL_POINTER, CONTROLS_AT + slot * CONTROL_STRIDE);
  }

  /** Stores the address of what is at `offset` of the memory. */
  private point(word: number, offset: number): void {
    const address = this.address + offset;
    this.words[word] = address | 0;
    this.words[word + 1] = (address / 0x1_0000_0000) | 0;
  }
}
