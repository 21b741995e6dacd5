/**
 * Entry of the thread that makes the messages of large transfers. Each transfer has a few buffers: one is filled
 * whenever the main thread sends it, so memory is the same whatever a zone's size and a client's speed, and many
 * transfers have their turns. Must not know: sockets, which zones are served. A throw ends the thread and its
 * transfers.
 */
import { parentPort } from 'node:worker_threads';
import { assert } from '../base/errors.js';
import { collectGarbageSoon } from '../base/garbage.js';
import { MESSAGE_OCTETS_MAX } from '../base/limits.js';
import type { HeldImage } from '../index/held-image.js';
import { RCODE_SERVFAIL } from '../wire/constants.js';
import { MessageWriter, type ReplyFrame, TOO_LARGE } from './message-writer.js';
import { ZoneRecords } from './zone-records.js';

export type OutOrder =
  | { readonly kind: 'begin'; readonly id: number; readonly held: HeldImage; frame: ReplyFrame }
  /** Fill this buffer with the next messages. */
  | { readonly kind: 'fill'; readonly id: number; readonly buffer: ArrayBuffer }
  | { readonly kind: 'drop'; readonly id: number };

/** A filled buffer. */
export type OutReport = {
  readonly id: number;
  readonly buffer: ArrayBuffer;
  /** Of each message, which lie one behind the other. */
  readonly lengths: readonly number[];
  /** Of the whole transfer so far. */
  readonly records: number;
  /** Set with the last report of a transfer. */
  readonly isLast: boolean;
  /** A record is larger than any message: the last one says that the transfer has failed. */
  readonly isTooLarge: boolean;
};

const port = parentPort;
assert(port !== null, 'runs as a worker thread');
const transfers = new Map<number, MessageWriter>();

port.on('message', (order: OutOrder) => {
  switch (order.kind) {
    case 'begin':
      transfers.set(
        order.id,
        new MessageWriter(order.frame, new ZoneRecords(order.held, nowSeconds())),
      );
      break;
    case 'fill': {
      const writer = transfers.get(order.id);
      if (writer === undefined) return;
      const report = fill(order.id, writer, order.buffer);
      if (report.isLast) forget(order.id);
      port.postMessage(report, [order.buffer]);
      break;
    }
    case 'drop':
      forget(order.id);
      break;
  }
});

function fill(id: number, writer: MessageWriter, buffer: ArrayBuffer): OutReport {
  const lengths: number[] = [];
  let isTooLarge = false;
  for (let at = 0; at + MESSAGE_OCTETS_MAX <= buffer.byteLength && !writer.isDone; ) {
    const octets = new Uint8Array(buffer, at, MESSAGE_OCTETS_MAX);
    let length = writer.next(octets, nowSeconds());
    if (length === TOO_LARGE) {
      isTooLarge = true;
      length = writer.fail(octets, RCODE_SERVFAIL, nowSeconds());
    }
    lengths.push(length);
    at += length;
  }
  return { id, buffer, lengths, records: writer.records, isLast: writer.isDone, isTooLarge };
}

/** The zone's memory may be free now, if only this thread has it yet. */
function forget(id: number): void {
  if (transfers.delete(id)) collectGarbageSoon();
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
