/**
 * Datagrams read and written in batches (recvmmsg, sendmmsg), which node:dgram does not do. Handles addresses of
 * memory: a wrong length is a memory fault, so each is asserted here. Must not know: what a datagram says.
 */
import { assert } from '../base/errors.js';
import { UDP_BATCH_MESSAGES, UDP_SLOT_OCTETS } from '../base/limits.js';
import { type Family, type Libc, nameOctets, type SystemCalls } from './system-calls.js';

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
