/**
 * A process of its own that asks one server for a zone's SOA every millisecond, and tells when which serial was first
 * answered and how long answers took. Arguments: port, origin. Over IPC it sends `{ serial, at }` for each new serial,
 * and `ProbeReport` for each message it gets, of the time since the one before.
 * Times are CLOCK_MONOTONIC in milliseconds, the same in all processes. Must not know: what is done to the server.
 */
import { createSocket } from 'node:dgram';
import { setPriority } from 'node:os';
import { serialOf, soaQuery } from './asker.js';

const INTERVAL_MS = 1;
const IDS = 65_536;

/** Tells of a serial. */
export type SerialSeen = { readonly serial: number; readonly at: number };

export type ProbeReport = {
  readonly sent: number;
  /** Longest wait of a query for its answer, also of those that still wait; without times that this process slept. */
  readonly longestMs: number;
  /** Longest time between two answers with a serial. */
  readonly silentMs: number;
  /** Longest time that this process slept when it had something to do. */
  readonly lateMs: number;
};

/** Now, in a clock that all processes share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function main(port: number, origin: string): void {
  const query = soaQuery(origin);
  // When each id was sent; NaN once it is answered. A lost query waits for ever, until its id comes round again.
  const sentAt = new Float64Array(IDS).fill(Number.NaN);
  let id = 0;
  let sent = 0;
  let longestMs = 0;
  let lateMs = 0;
  let awake = monotonicMs();
  let serial = -1;
  let answeredAt = monotonicMs();
  let silentMs = 0;
  // An answer that came while this process slept is taken for one that came when it should have woken.
  const wake = (now: number): number => {
    const late = Math.max(0, now - awake - INTERVAL_MS * 2);
    if (late > lateMs) lateMs = late;
    awake = now;
    return now - late;
  };
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  socket.on('message', (reply) => {
    const now = monotonicMs();
    const answered = reply.readUInt16BE(0);
    const wait = wake(now) - sentAt[answered]!;
    if (wait > longestMs) longestMs = wait;
    sentAt[answered] = Number.NaN;
    const seen = serialOf(reply, query.length);
    if (seen !== null) {
      silentMs = Math.max(silentMs, now - answeredAt);
      answeredAt = now;
    }
    if (seen === null || seen === serial) return;
    serial = seen;
    process.send?.({ serial, at: now } satisfies SerialSeen);
  });
  socket.connect(port, '127.0.0.1', () => {
    setInterval(() => {
      const now = monotonicMs();
      wake(now);
      query.writeUInt16BE(id, 0);
      sentAt[id] = now;
      id = (id + 1) % IDS;
      sent++;
      socket.send(query);
    }, INTERVAL_MS);
  });
  process.on('message', () => {
    const now = monotonicMs();
    for (const at of sentAt) if (now - at > longestMs) longestMs = now - at;
    sentAt.fill(Number.NaN);
    process.send?.({ sent, longestMs, silentMs, lateMs } satisfies ProbeReport);
    silentMs = 0;
    sent = 0;
    longestMs = 0;
    lateMs = 0;
  });
  process.on('disconnect', () => process.exit(0));
}

if (process.argv[1] === import.meta.filename && process.send !== undefined) {
  try {
    setPriority(-19);
  } catch {
    // Only root may; without it, more of what is seen is this process being late.
  }
  main(Number(process.argv[2]), process.argv[3] ?? '');
}
