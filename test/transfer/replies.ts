/**
 * Transfers without sockets: zones that are served, queries, and replies in memory that may be slow or gone.
 */
import assert from 'node:assert/strict';
import type { Log } from '../../src/base/log.js';
import { type HeldImage, openHeld } from '../../src/index/held-image.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import type { ZoneTable } from '../../src/index/zone-table.js';
import type { TransferQuery } from '../../src/transfer/seams.js';
import { type TransferOutOptions, TransferOutService } from '../../src/transfer/transfer-out.js';
import type { ReplyStream } from '../../src/transport/deferred.js';
import { NameView, parseName } from '../../src/wire/name.js';
import { answerInOrder, buildQuery, decodeMessage } from '../peers/message.js';
import { CLIENT, compileText, name, tableIn } from '../support/zones.js';

/** Lines that were logged: `level event`, with the text. */
export class MemoryLog implements Log {
  readonly debugging = true;
  readonly lines: string[] = [];
  readonly texts: string[] = [];

  debug(event: string, _fields: unknown, text: string): void {
    this.keep('debug', event, text);
  }

  info(event: string, _fields: unknown, text: string): void {
    this.keep('info', event, text);
  }

  warn(event: string, _fields: unknown, text: string): void {
    this.keep('warn', event, text);
  }

  error(event: string, _fields: unknown, text: string): void {
    this.keep('error', event, text);
  }

  private keep(level: string, event: string, text: string): void {
    this.lines.push(`${level} ${event}`);
    this.texts.push(text);
  }
}

/** Keeps what is written; a client that reads slowly takes nothing until `read`. */
export class MemoryReply implements ReplyStream {
  readonly overTcp: boolean;
  readonly octetsMax: number;
  readonly messages: Buffer[] = [];
  closed = false;
  readonly ended: Promise<void>;
  isEnded = false;
  /** Messages that the client leaves unread before it is called slow. */
  private room: number;
  private readonly finish: () => void;
  private wake: (() => void) | null = null;

  constructor({ overTcp = true, room = Number.POSITIVE_INFINITY, octetsMax = 65535 } = {}) {
    let finish = (): void => {};
    this.overTcp = overTcp;
    this.octetsMax = octetsMax;
    this.room = room;
    this.ended = new Promise((resolve) => {
      finish = resolve;
    });
    this.finish = finish;
  }

  write(message: Uint8Array): boolean {
    assert.ok(!this.isEnded, 'nothing is written after the end');
    if (this.closed) return true;
    assert.ok(message.length <= this.octetsMax);
    this.messages.push(Buffer.from(message));
    return --this.room > 0;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  end(): void {
    assert.ok(!this.isEnded, 'a reply ends once');
    this.isEnded = true;
    this.finish();
  }

  /** The client takes what is there, and so many more. */
  read(room: number): void {
    this.room = room;
    this.wake?.();
  }

  /** The client goes away. */
  close(): void {
    this.closed = true;
    this.wake?.();
  }
}

/** Zones that are served, and what a service needs of them. */
export class Site {
  readonly store = new ZoneStore();
  readonly table: ZoneTable = tableIn(this.store);
  readonly log = new MemoryLog();

  /** Serves a version of a zone. @returns the one before, and the new one */
  publish(origin: string, text: string): { former: HeldImage | null; next: HeldImage } {
    return this.publishImage(origin, compileText(origin, text));
  }

  publishImage(
    origin: string,
    image: SharedArrayBuffer,
  ): { former: HeldImage | null; next: HeldImage } {
    const former = this.hold(origin);
    this.store.set(name(origin), image);
    const next = this.hold(origin);
    assert.ok(next !== null);
    return { former, next };
  }

  hold(origin: string): HeldImage | null {
    const octets = name(origin);
    const view = new NameView();
    parseName(view, octets, 0, octets.length);
    const zone = this.table.exact(view, 0);
    return zone < 0 ? null : this.table.hold(zone, null);
  }

  service(options: Partial<TransferOutOptions> = {}): TransferOutService {
    return new TransferOutService({ table: this.table, changes: null, log: this.log, ...options });
  }
}

/** A query as the server hands it on. */
export function transferQuery(
  origin: string,
  reply: ReplyStream,
  change: Partial<TransferQuery> = {},
): TransferQuery {
  const kind = change.kind ?? 'axfr';
  return {
    request: buildQuery({ name: origin, type: kind.toUpperCase(), id: 0x4711 }),
    apex: name(origin.toLowerCase()),
    kind,
    serial: 0,
    client: CLIENT,
    port: 5353,
    edns: false,
    verdict: null,
    reply,
    ...change,
  };
}

/** All records of a transfer in order; each message is checked on the way. */
export function recordsOf(messages: readonly Buffer[]): string[] {
  for (const message of messages) {
    const { rcode, id, compressed } = decodeMessage(message);
    assert.deepEqual({ rcode, id, compressed }, { rcode: 0, id: 0x4711, compressed: [] });
  }
  return messages.flatMap((message) => answerInOrder(message));
}

/** The records of a whole zone from those of an AXFR, which begins and ends with the SOA. */
export function zoneOf(records: readonly string[]): string[] {
  assert.ok(records.length > 1);
  assert.equal(records[0], records.at(-1));
  return records.slice(0, -1).sort();
}

/** RFC 1995 §4: what a secondary makes of its records by an IXFR; every record that goes is there, none that comes. */
function applied(records: readonly string[], changes: readonly string[]): string[] {
  const set = new Set(records);
  const soa = changes[0];
  assert.equal(changes.at(-1), soa);
  let isAdding = true;
  for (const record of changes.slice(1, -1)) {
    if (record.includes(' IN SOA ')) isAdding = !isAdding;
    if (isAdding) assert.ok(!set.has(record), `comes, but is there: ${record}`);
    if (isAdding) set.add(record);
    else assert.ok(set.delete(record), `goes, but is not there: ${record}`);
  }
  assert.ok(soa !== undefined && set.has(soa), 'ends with the version that it told');
  return [...set].sort();
}

/** What a client makes of the answer: the records it has then, and how it got them. */
export function followed(
  had: readonly string[],
  records: readonly string[],
): { form: string; records: readonly string[] } {
  if (records.length === 1) return { form: 'soa', records: had };
  const isWhole = records[1]?.includes(' IN SOA ') !== true;
  return isWhole
    ? { form: 'axfr', records: zoneOf(records) }
    : { form: 'ixfr', records: applied(had, records) };
}

/** Serial of a held version. */
export function serialOf(held: HeldImage | null): number | null {
  return held === null ? null : openHeld(held).serial;
}
