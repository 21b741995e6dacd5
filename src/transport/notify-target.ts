/**
 * One secondary's NOTIFY messages: which are pending, which of them are to be sent next, and how many may be unanswered
 * at once. Must not know: sockets, time, what a reply says.
 */
import { NOTIFY_IN_FLIGHT_MAX } from '../base/limits.js';
import { FOLD } from '../wire/name.js';
import type { Endpoint } from './query-handler.js';

/**
 * Queued until it is sent; in flight for a while, then resting until it is time for the next try, which queues it
 * again. Ended when it was answered or given up.
 */
export type NotificationState = 'queued' | 'in flight' | 'resting' | 'ended';

/** One NOTIFY of one zone to one secondary. */
export type Notification = {
  readonly target: NotifyTarget;
  /** The zone's name as `zoneKey` gives it. */
  readonly key: string;
  serial: number;
  id: number;
  /** The same octets for every try, so that a late reply to an earlier one counts. */
  message: Uint8Array;
  state: NotificationState;
  tries: number;
  /** What the system said of the last try that it could not send; empty if it sent. */
  failure: string;
  /** Ends the timer that runs while it is in flight or resting. */
  cancel: () => void;
};

const QUEUE_SLACK = 1024;

export class NotifyTarget {
  readonly endpoint: Endpoint;
  /** By `zoneKey`. */
  readonly pending = new Map<string, Notification>();
  /** Failures since something last began to wait for it. */
  failureCount = 0;
  /** Those pending that have been sent, by id; of two with the same id the later one. */
  private readonly sent = new Map<number, Notification>();
  private inFlight = 0;
  /** Oldest first; those before `taken` are gone. Some may have ended meanwhile. */
  private queue: Notification[] = [];
  private taken = 0;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  /** Whether `take` may give one. */
  isReady(): boolean {
    return this.taken < this.queue.length && this.inFlight < NOTIFY_IN_FLIGHT_MAX;
  }

  /** Puts one that is not queued behind all that are. */
  push(notification: Notification): void {
    notification.state = 'queued';
    this.queue.push(notification);
  }

  /** The next to be sent, then in flight; `null` if all that was queued has ended. */
  take(): Notification | null {
    let next = this.queue[this.taken];
    while (next !== undefined && next.state === 'ended') next = this.queue[++this.taken];
    if (next === undefined) {
      this.queue = [];
      this.taken = 0;
      return null;
    }
    this.taken++;
    if (this.taken >= QUEUE_SLACK && this.taken * 2 >= this.queue.length) {
      this.queue = this.queue.slice(this.taken);
      this.taken = 0;
    }
    next.state = 'in flight';
    this.inFlight++;
    this.sent.set(next.id, next);
    return next;
  }

  /** Takes one out of the air, or from its rest. */
  land(notification: Notification, state: NotificationState): void {
    if (notification.state === 'in flight') this.inFlight--;
    notification.cancel();
    notification.state = state;
  }

  /** The one that a reply is for; `null` if there is none. @param key of the zone in it, `null` if it has none */
  find(id: number, key: string | null): Notification | null {
    const found = key === null ? this.sent.get(id) : this.pending.get(key);
    return found?.id === id && found.tries > 0 ? found : null;
  }

  /** Begins one anew. If it is queued it keeps its place: a zone that always changes gets its turn, too. */
  renew(notification: Notification, serial: number, id: number, message: Uint8Array): void {
    this.forgetId(notification);
    notification.serial = serial;
    notification.id = id;
    notification.message = message;
    notification.tries = 0;
    if (notification.state === 'queued') return;
    this.land(notification, 'queued');
    this.push(notification);
  }

  /** Forgets one. */
  end(notification: Notification): void {
    this.land(notification, 'ended');
    this.forgetId(notification);
    this.pending.delete(notification.key);
  }

  private forgetId(notification: Notification): void {
    if (this.sent.get(notification.id) === notification) this.sent.delete(notification.id);
  }
}

/** A zone's name as the key of a map: names that differ in case only have the same. */
export function zoneKey(apex: Uint8Array): string {
  return Buffer.from(apex.map((octet) => FOLD[octet]!)).toString('latin1');
}
