/**
 * Datagrams read and written in batches (recvmmsg, sendmmsg), which node:dgram does not do. Handles addresses of
 * memory: a wrong length is a memory fault, so each is asserted here. Must not know: what a datagram says.
 */
import { assert } from '../base/errors.js';
import { UDP_BATCH_MESSAGES, UDP_SLOT_OCTETS } from '../base/limits.js';
import { readU16 } from '../wire/octets.js';
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

// Of a sender: one of each, behind the header.
const SENDER_VECTOR_AT = HEADER_WORDS * 4;
const SENDER_NAME_AT = SENDER_VECTOR_AT + VECTOR_WORDS * 4;
const SENDER_CONTROL_AT = SENDER_NAME_AT + NAME_STRIDE;
const SENDER_MESSAGE_AT = SENDER_CONTROL_AT + CONTROL_STRIDE;
const SENDER_OCTETS = SENDER_MESSAGE_AT + UDP_SLOT_OCTETS;

const MSG_WAITFORONE = 0x10000;
const MSG_DONTWAIT = 0x40;
const EINTR = 4;
const EAGAIN = 11;
const ENOMEM = 12;
const ENOBUFS = 105;
const ECONNREFUSED = 111;

/** A datagram with what its reply needs, to be sent by a DatagramSender. Copies, which may be posted to a thread. */
export type ReceivedDatagram = {
  readonly request: Uint8Array;
  /** Of the sender, as the kernel has it. */
  readonly name: Uint8Array;
  /** What says to which address it came; empty for a socket that has only one. */
  readonly control: Uint8Array;
};

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
    this.interfaceWord = interfaceWord(socket.family);
    this.address = Number(this.libc.addressOf(this.memory));
    assert(Number.isSafeInteger(this.address), 'an address fits a number');
    assert(this.nameOctets <= NAME_STRIDE && this.controlOctets <= CONTROL_STRIDE, 'strides');
    assert(UDP_BATCH_MESSAGES <= 256, 'a slot fits an octet');
    this.requests = this.makeSlots(RECEIVE_AT, RECEIVE_VECTORS_AT, REQUESTS_AT);
    this.replies = this.makeSlots(SEND_AT, SEND_VECTORS_AT, REPLIES_AT);
    this.clients = this.requests.map((_, slot) => {
      const name = new Uint8Array(this.memory, NAMES_AT + slot * NAME_STRIDE, this.nameOctets);
      return addressIn(name);
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

  /** The request in a slot, for a reply that comes later. */
  received(slot: number): ReceivedDatagram {
    const name = NAMES_AT + slot * NAME_STRIDE;
    const control = CONTROLS_AT + slot * CONTROL_STRIDE;
    const header = RECEIVE_AT / 4 + slot * HEADER_WORDS;
    const controlOctets = this.controlOctets === 0 ? 0 : this.words[header + CONTROL_LENGTH]!;
    return {
      request: this.requests[slot]!.slice(0, this.requestLength(slot)),
      name: new Uint8Array(this.memory.slice(name, name + this.nameOctets)),
      control: new Uint8Array(this.memory.slice(control, control + controlOctets)),
    };
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
    storeAddress(this.words, word, this.address + offset);
  }

  // === end of hot path
}

/** Sends single replies to datagrams that a MessageBatch has received, from any thread that has the socket. */
export class DatagramSender {
  private readonly libc: Libc;
  private readonly fd: number;
  private readonly interfaceWord: number;
  private readonly memory = new ArrayBuffer(SENDER_OCTETS);
  private readonly words = new Int32Array(this.memory);
  private readonly octets = new Uint8Array(this.memory);
  private readonly address: number;

  constructor(calls: SystemCalls, socket: BatchSocket) {
    this.libc = calls.libc;
    this.fd = socket.fd;
    this.interfaceWord = interfaceWord(socket.family);
    this.address = Number(this.libc.addressOf(this.memory));
    assert(Number.isSafeInteger(this.address), 'an address fits a number');
    this.words[VECTOR_COUNT] = 1;
    this.point(VECTOR_POINTER, SENDER_VECTOR_AT);
    this.point(NAME_POINTER, SENDER_NAME_AT);
    this.point(SENDER_VECTOR_AT / 4, SENDER_MESSAGE_AT);
  }

  /**
   * Sends at once or not at all: the thread that calls has more to do than to wait for room.
   * @returns 0, or the error
   */
  send(message: Uint8Array, { name, control }: ReceivedDatagram): number {
    assert(message.length <= UDP_SLOT_OCTETS, 'a reply fits its slot');
    assert(name.length <= NAME_STRIDE && control.length <= CONTROL_STRIDE, 'strides');
    const { words, octets } = this;
    octets.set(name, SENDER_NAME_AT);
    octets.set(control, SENDER_CONTROL_AT);
    octets.set(message, SENDER_MESSAGE_AT);
    words[NAME_LENGTH] = name.length;
    words[SENDER_VECTOR_AT / 4 + VECTOR_LENGTH] = message.length;
    this.point(CONTROL_POINTER, SENDER_CONTROL_AT);
    words[CONTROL_LENGTH] = control.length;
    // The address that was asked, but whichever way the routes lead.
    if (control.length > 0) words[SENDER_CONTROL_AT / 4 + this.interfaceWord] = 0;
    while (this.libc.sendmmsg(this.fd, this.address, 1, MSG_DONTWAIT) < 0) {
      const errno = this.libc.errno();
      if (errno !== EINTR) return errno;
    }
    return 0;
  }

  /** Stores the address of what is at `offset` of the memory. */
  private point(word: number, offset: number): void {
    storeAddress(this.words, word, this.address + offset);
  }
}

/** A socket's name: the address in it, a view of 4 or 16 octets. */
export function addressIn(name: Uint8Array): Uint8Array {
  return name.length === nameOctets(4) ? name.subarray(4, 8) : name.subarray(8, 24);
}

/** A socket's name: the port in it. */
export function portIn(name: Uint8Array): number {
  return readU16(name, 2);
}

/** Word within control data that names an interface. */
function interfaceWord(family: Family): number {
  return family === 4 ? 4 : 8;
}

function storeAddress(words: Int32Array, word: number, address: number): void {
  words[word] = address | 0;
  words[word + 1] = (address / 0x1_0000_0000) | 0;
}
