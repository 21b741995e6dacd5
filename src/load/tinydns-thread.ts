/**
 * Entry of a thread that loads tinydns files, one at a time: zones leave it in handfuls, so that whoever takes them is
 * held up by none. Must not know: which zones are served. A throw ends the thread.
 */
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { assert } from '../base/errors.js';
import { LOAD_ROOM_OCTETS, LOADER_NICE, TINYDNS_ZONES_CHUNK } from '../base/limits.js';
import { ImageRoom } from '../index/compile.js';
import { type BatchReply, ReplyWriter } from './load-message.js';
import { type DataLoad, type DataReport, type DataZone, loadData } from './tinydns-load.js';

/** What the thread says, in this order; `zones` any number of times. */
export type DataMessage =
  | { readonly kind: 'locations'; readonly table: SharedArrayBuffer }
  | {
      readonly kind: 'zones';
      readonly reply: BatchReply;
      readonly room: SharedArrayBuffer;
      /** By zone, see `DataZone`: when its image is due, NaN for never. */
      readonly dueAt: Float64Array;
      /** By zone: 1 if its image wants the table of locations. */
      readonly isLocated: Uint8Array;
    }
  | { readonly kind: 'end'; readonly report: DataReport };

const port = parentPort;
assert(port !== null, 'runs as a worker thread');
// On Linux this is the thread's own: while there are queries, they come first.
setPriority(LOADER_NICE);
const say = (message: DataMessage) => port.postMessage(message);
port.on('message', (load: DataLoad) => {
  const handful = new Handful();
  const report = loadData(load, {
    locations: (table) => say({ kind: 'locations', table }),
    room: () => handful.room,
    zone: (zone) => handful.add(zone),
  });
  handful.send();
  say({ kind: 'end', report });
});

/** Zones that have not been sent, with the memory that their images are in. */
class Handful {
  room = new ImageRoom(new SharedArrayBuffer(0));
  private writer = new ReplyWriter(0, this.room);
  private readonly dueAt = new Float64Array(TINYDNS_ZONES_CHUNK);
  private readonly isLocated = new Uint8Array(TINYDNS_ZONES_CHUNK);
  private count = 0;

  constructor() {
    this.begin();
  }

  add({ result, dueAt, isLocated, durationMs }: DataZone): void {
    this.writer.add(result, durationMs);
    this.dueAt[this.count] = dueAt ?? Number.NaN;
    this.isLocated[this.count] = isLocated ? 1 : 0;
    this.count++;
    // an image that has found no room says that it is full
    const isFull = result.image !== null && result.image !== this.room.buffer;
    if (isFull || this.count === TINYDNS_ZONES_CHUNK) {
      this.send();
      this.begin();
    }
  }

  send(): void {
    const { writer, room, count } = this;
    if (count === 0) return;
    const dueAt = this.dueAt.slice(0, count);
    const isLocated = this.isLocated.slice(0, count);
    say({ kind: 'zones', reply: writer.finish(), room: room.buffer, dueAt, isLocated });
    this.count = 0;
  }

  private begin(): void {
    this.room = new ImageRoom(new SharedArrayBuffer(LOAD_ROOM_OCTETS));
    this.writer = new ReplyWriter(TINYDNS_ZONES_CHUNK, this.room);
  }
}
