/**
 * Sends NOTIFY messages over UDP until each is answered or has been sent often enough (RFC 1996 §3.5–3.8, §4.7–4.8):
 * five times, with waits of 1, 2, 4, 8 and 16 seconds. Replies are matched by address, port, id, and question if they
 * have one. Secondaries take turns, so one that is dead does not keep the others waiting.
 * Must not know: zones, configuration, who is to be notified and when.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import { errorText } from '../base/errors.js';
import {
  NOTIFY_FAILURES_LOGGED_MAX,
  NOTIFY_STEP_DATAGRAMS,
  NOTIFY_STEP_MS,
  NOTIFY_TRIES_MAX,
  NOTIFY_WAIT_MS,
  NOTIFY_WAITING_MAX,
  REPEATED_LOG_MS,
} from '../base/limits.js';
import { type Log, type LogFields, limitedWarning } from '../base/log.js';
import { plainAddress } from '../config/named-address.js';
import { HEADER_OCTETS, RCODE_NOERROR } from '../wire/constants.js';
import { nameLength } from '../wire/name.js';
import { nameText } from '../wire/name-text.js';
import { readNotifyReply, writeNotify } from '../wire/notify.js';
import { rcodeText } from '../wire/rcode-text.js';
import { type Notification, NotifyTarget, zoneKey } from './notify-target.js';
import { type Endpoint, endpointText } from './query-handler.js';

/** Time, so that tests need not wait for it. Both are in ms. */
export type NotifyClock = {
  now(): number;
  /** Calls `run` once after so long. @returns what keeps that from happening */
  after(ms: number, run: () => void): () => void;
};

/** Hears of each NOTIFY that was answered without an error. @param apex a view, in the case that it was sent in */
export type NotifyAnswered = (apex: Uint8Array, serial: number, by: Endpoint) => void;

/** A NOTIFY that is not answered yet. */
export type PendingNotify = {
  /** With final dot. */
  readonly zone: string;
  /** `address:port`, with brackets around an IPv6 address. */
  readonly address: string;
};

/** A server that has nothing else to do may end. */
const SYSTEM_CLOCK: NotifyClock = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};

const PORT_MAX = 65535;

/** How a notification begins. */
const UNSENT = { state: 'queued', tries: 0, failure: '', cancel: () => {} } as const;

export class NotifySender {
  private readonly log: Log;
  private readonly clock: NotifyClock;
  private readonly answered: NotifyAnswered;
  private readonly dropped: ReturnType<typeof limitedWarning>;
  private readonly failed: ReturnType<typeof limitedWarning>;
  /** Those that something is pending for, by address and port. */
  private readonly targets = new Map<string, NotifyTarget>();
  /** Those that something can be sent to now, in the order of their turns. */
  private readonly ready = new Set<NotifyTarget>();
  private readonly sockets = new Map<4 | 6, Socket>();
  private waitingCount = 0;
  private nextStepAt = 0;
  private isStepDue = false;
  private cancelStep: () => void = () => {};
  private isStopped = false;

  constructor(log: Log, options: { clock?: NotifyClock; answered?: NotifyAnswered } = {}) {
    this.log = log;
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.answered = options.answered ?? (() => {});
    this.dropped = limitedWarning(log, 'notify.dropped', REPEATED_LOG_MS);
    this.failed = limitedWarning(log, 'notify.failed', REPEATED_LOG_MS);
  }

  /** NOTIFY messages that wait to be sent or answered. */
  get waiting(): number {
    return this.waitingCount;
  }

  /** Those that wait, each target's together. */
  pending(): readonly PendingNotify[] {
    return [...this.targets.values()].flatMap(({ endpoint, pending }) =>
      [...pending.values()].map((notification) => ({
        zone: zoneText(notification),
        address: endpointText(endpoint),
      })),
    );
  }

  /**
   * Queues one NOTIFY. It takes the place of one that waits for the same zone and target, and has all its tries.
   * @param apex a valid uncompressed name in class IN; copied, as is `soa`
   * @param serial for the log
   * @param soa RDATA of the SOA to send along as a hint (RFC 1996 §3.7), `null` for none
   * @param to its address is a literal
   * @param sign gives the message with its signature; `null` for none
   * @returns whether it was queued; if not the log says why: no such address or port, queue full, or stopped
   */
  send(
    apex: Uint8Array,
    serial: number,
    soa: Uint8Array | null,
    to: Endpoint,
    sign: ((message: Uint8Array) => Uint8Array) | null = null,
  ): boolean {
    const key = zoneKey(apex);
    const target = this.targetOf(to);
    const known = target.pending.get(key);
    const refusal = this.refusal(to, known !== undefined);
    if (refusal !== null) {
      const zone = nameText(apex, 0);
      const fields = { zone, serial, address: to.address, port: to.port };
      this.dropped(fields, `NOTIFY of ${zone} is not sent to ${to.address}: ${refusal}`);
      return false;
    }
    const id = randomInt(1 << 16);
    const unsigned = writeNotify(id, apex, soa);
    const message = sign === null ? unsigned : sign(unsigned);
    if (known === undefined) {
      this.add({ target, key, serial, id, message, ...UNSENT });
    } else {
      target.renew(known, serial, id, message);
    }
    this.giveTurn(target);
    return true;
  }

  /** Forgets what waits and closes the sockets. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancelStep();
    if (this.waitingCount > 0) {
      const text = `${this.waitingCount} NOTIFY messages were not answered before the end`;
      this.log.info('notify.left', { count: this.waitingCount }, text);
    }
    for (const target of this.targets.values()) {
      for (const notification of target.pending.values()) target.end(notification);
    }
    this.targets.clear();
    this.ready.clear();
    this.waitingCount = 0;
    const sockets = [...this.sockets.values()];
    this.sockets.clear();
    await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(done))));
  }

  /** Why nothing can be sent there; `null` if it can be tried. */
  private refusal({ address, port }: Endpoint, isKnown: boolean): string | null {
    if (this.isStopped) return 'the server is stopping';
    if (isIP(address) === 0) return 'this is no address';
    const isPort = Number.isInteger(port) && port > 0 && port <= PORT_MAX;
    if (!isPort) return `${port} is no port`;
    const isFull = !isKnown && this.waitingCount >= NOTIFY_WAITING_MAX;
    return isFull ? `${NOTIFY_WAITING_MAX} others are waiting` : null;
  }

  private targetOf(to: Endpoint): NotifyTarget {
    // as the system spells it when a reply comes from there
    const endpoint = { address: plainAddress(to.address), port: to.port };
    return this.targets.get(keyOf(endpoint)) ?? new NotifyTarget(endpoint);
  }

  private add(notification: Notification): void {
    const { target } = notification;
    this.targets.set(keyOf(target.endpoint), target);
    target.pending.set(notification.key, notification);
    this.waitingCount++;
    target.push(notification);
  }

  // --- sending ----------------------------------------------------------------------------------------------

  private giveTurn(target: NotifyTarget): void {
    if (target.isReady()) this.ready.add(target);
    if (this.ready.size === 0 || this.isStepDue) return;
    this.isStepDue = true;
    const wait = Math.max(0, this.nextStepAt - this.clock.now());
    this.cancelStep = this.clock.after(wait, () => this.step());
  }

  /** Sends a few, one to each target in turn. */
  private step(): void {
    this.isStepDue = false;
    this.nextStepAt = this.clock.now() + NOTIFY_STEP_MS;
    let sent = 0;
    for (const target of this.ready) {
      if (sent === NOTIFY_STEP_DATAGRAMS) break;
      // A target that has more to send comes last in the same loop.
      this.ready.delete(target);
      const notification = target.take();
      if (notification === null) continue;
      sent++;
      this.transmit(notification);
      if (target.isReady()) this.ready.add(target);
    }
    const [next] = this.ready;
    if (next !== undefined) this.giveTurn(next);
  }

  private transmit(notification: Notification): void {
    const { target, message } = notification;
    const { address, port } = target.endpoint;
    notification.tries++;
    notification.failure = '';
    const keepFailure = (error: Error | null): void => {
      // The system may have room or a route at the next try.
      if (error !== null) notification.failure = errorText(error);
    };
    notification.cancel = this.clock.after(NOTIFY_WAIT_MS, () => this.rest(notification));
    try {
      this.socketOf(isIPv6(address) ? 6 : 4).send(message, port, address, keepFailure);
    } catch (error) {
      notification.failure = errorText(error);
    }
  }

  private socketOf(family: 4 | 6): Socket {
    const known = this.sockets.get(family);
    if (known !== undefined) return known;
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      ipv6Only: family === 6,
      // Addresses are literals: saves dgram's own look-up on every send.
      lookup: (host, _options, callback) => callback(null, host, family),
    });
    socket.unref();
    socket.on('message', (octets, from) => this.receive(octets, from));
    // It could not be bound, or is broken: the next try has a new one.
    socket.on('error', (error) => {
      this.failed({ family }, `NOTIFY over IPv${family}: ${errorText(error)}`);
      if (this.sockets.get(family) !== socket) return;
      this.sockets.delete(family);
      socket.close();
    });
    this.sockets.set(family, socket);
    return socket;
  }

  /** Makes room for others while the wait goes on; each wait is twice the one before. */
  private rest(notification: Notification): void {
    const { target, tries } = notification;
    target.land(notification, 'resting');
    this.giveTurn(target);
    const restMs = NOTIFY_WAIT_MS * (2 ** (tries - 1) - 1);
    if (restMs === 0) this.tryAgain(notification);
    else notification.cancel = this.clock.after(restMs, () => this.tryAgain(notification));
  }

  private tryAgain(notification: Notification): void {
    if (notification.tries === NOTIFY_TRIES_MAX) {
      this.giveUp(notification);
    } else {
      const { target } = notification;
      target.push(notification);
      this.giveTurn(target);
    }
  }

  // --- outcomes ---------------------------------------------------------------------------------------------

  private receive(octets: Uint8Array, from: Endpoint): void {
    const reply = readNotifyReply(octets);
    if (reply === null) return;
    const key = reply.apex === null ? null : zoneKey(reply.apex);
    const notification = this.targets.get(keyOf(from))?.find(reply.id, key) ?? null;
    if (notification === null) return;
    if (reply.rcode === RCODE_NOERROR) {
      const { message, serial, target } = notification;
      this.answered(apexOf(message), serial, target.endpoint);
      // Text that nobody reads would cost more than the rest, for a hundred thousand zones.
      if (this.log.debugging) {
        const text = `NOTIFY ${sentText(notification)}: answered`;
        this.log.debug('notify.answered', fieldsOf(notification), text);
      }
    } else {
      const rcode = rcodeText(reply.rcode);
      const fields = { ...fieldsOf(notification), rcode };
      const text = `NOTIFY ${sentText(notification)}: answered with ${rcode}`;
      this.warn(notification.target, 'notify.refused', fields, text);
    }
    this.end(notification);
  }

  private giveUp(notification: Notification): void {
    const { tries, failure } = notification;
    const fields = { ...fieldsOf(notification), tries, ...(failure === '' ? {} : { failure }) };
    const cause = failure === '' ? '' : ` (${failure})`;
    const text = `NOTIFY ${sentText(notification)}: no answer to ${tries} tries${cause}`;
    this.warn(notification.target, 'notify.unanswered', fields, text);
    this.end(notification);
  }

  private warn(target: NotifyTarget, event: string, fields: LogFields, text: string): void {
    target.failureCount++;
    if (target.failureCount <= NOTIFY_FAILURES_LOGGED_MAX) this.log.warn(event, fields, text);
  }

  private end(notification: Notification): void {
    const { target } = notification;
    target.end(notification);
    this.waitingCount--;
    if (target.pending.size > 0) this.giveTurn(target);
    else this.forget(target);
  }

  private forget(target: NotifyTarget): void {
    this.ready.delete(target);
    this.targets.delete(keyOf(target.endpoint));
    const count = target.failureCount - NOTIFY_FAILURES_LOGGED_MAX;
    if (count <= 0) return;
    const address = endpointText(target.endpoint);
    const text = `NOTIFY to ${address}: ${count} more zones were refused or not answered`;
    this.log.warn('notify.more', { address, count }, text);
  }
}

/** Read from the message: texts of a hundred thousand zones would take more memory than all else. */
function zoneText({ message }: Notification): string {
  return nameText(message, HEADER_OCTETS);
}

function apexOf(message: Uint8Array): Uint8Array {
  return message.subarray(HEADER_OCTETS, HEADER_OCTETS + nameLength(message, HEADER_OCTETS));
}

function fieldsOf(notification: Notification): LogFields {
  const { serial, target } = notification;
  return { zone: zoneText(notification), serial, address: endpointText(target.endpoint) };
}

function sentText(notification: Notification): string {
  const { serial, target } = notification;
  return `of ${zoneText(notification)} (serial ${serial}) to ${endpointText(target.endpoint)}`;
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
