/**
 * The UDP workers of one address: opens a socket for each, starts a thread on it, puts a new thread in the place of one
 * that dies, and falls back to one socket in the main thread if they keep dying. Sockets belong to the pool, so that
 * none is lost with its thread, and what workers defer is answered here. Must not know: what workers do with a query.
 */
import { isIPv6 } from 'node:net';
import { Worker } from 'node:worker_threads';
import { systemErrorName } from '../base/c-library.js';
import { errorText, ServerError } from '../base/errors.js';
import { REPEATED_LOG_MS, STOP_MS_MAX, WORKER_RESTARTS_MAX } from '../base/limits.js';
import { type Log, limitedWarning } from '../base/log.js';
import { CounterBlock } from '../metrics/counter-block.js';
import { DatagramReply, DeferredCount, type DeferredHandler } from './deferred.js';
import {
  addressIn,
  type BatchSocket,
  DatagramSender,
  portIn,
  type ReceivedDatagram,
} from './mmsg.js';
import { type Endpoint, endpointText, type Listener } from './query-handler.js';
import { queryText } from './query-log.js';
import { type SpareWorkers, WORKER_HEAP_LIMITS } from './spare-workers.js';
import type { SystemCalls } from './system-calls.js';
import { udpTransport, type WorkerReport, type WorkerStart } from './udp-batch.js';
import { closeSockets, openSockets } from './udp-socket.js';
import { WorkerStatus } from './worker-status.js';
import type { WorkerTask } from './zone-worker.js';

const MINUTE_MS = 60_000;

export type PoolOptions = {
  readonly calls: SystemCalls;
  readonly workers: number;
  readonly task: WorkerTask;
  /** Threads of the task that have been started already. */
  readonly spares: SpareWorkers;
  /** Takes what workers defer. */
  readonly defer: DeferredHandler;
  /** Listens in place of workers that keep dying, once their sockets are closed. */
  readonly fallback: (where: Endpoint) => Promise<Listener>;
};

/** One socket with its thread. */
type Member = {
  readonly socket: BatchSocket;
  readonly status: WorkerStatus;
  readonly counters: CounterBlock;
  readonly sender: DatagramSender;
  /** Queries of the worker that are not done with. */
  deferredOpen: number;
  thread: Worker;
  /** Resolves when the thread has ended. */
  ended: Promise<void>;
};

export class WorkerPool implements Listener {
  readonly endpoint: Endpoint;
  private readonly options: PoolOptions;
  private readonly log: Log;
  private readonly members: Member[] = [];
  private readonly sockets: readonly BatchSocket[];
  /** Of what was deferred: workers write theirs. */
  private readonly counters: CounterBlock;
  private isClosed = false;
  private readonly sendFailed: ReturnType<typeof limitedWarning>;
  private readonly queryFailed: ReturnType<typeof limitedWarning>;
  /** When threads were replaced, within the last minute. */
  private restarts: number[] = [];
  private ending: Promise<void> | null = null;
  private stopping: Promise<void> | null = null;
  /** What took over from the workers. */
  private successor: Promise<Listener | null> | null = null;
  private successorBlocks: readonly CounterBlock[] = [];

  /** Binds sockets and starts a thread on each. Rejects with the system's error if it cannot. */
  static async start(where: Endpoint, options: PoolOptions, log: Log): Promise<WorkerPool> {
    const { endpoint, sockets } = openSockets(options.calls, where, options.workers);
    const pool = new WorkerPool(endpoint, sockets, options, log);
    try {
      await Promise.all(sockets.map((socket) => pool.addMember(socket)));
    } catch (error) {
      await pool.stop();
      throw error;
    }
    return pool;
  }

  private constructor(
    endpoint: Endpoint,
    sockets: readonly BatchSocket[],
    options: PoolOptions,
    log: Log,
  ) {
    this.endpoint = endpoint;
    this.sockets = sockets;
    this.options = options;
    this.counters = new CounterBlock(udpTransport(isIPv6(endpoint.address) ? 6 : 4));
    this.log = log;
    this.sendFailed = limitedWarning(log, 'udp.failed', REPEATED_LOG_MS);
    this.queryFailed = limitedWarning(log, 'query.failed', REPEATED_LOG_MS);
  }

  /** Ends all threads, then closes the sockets. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private async stopAll(): Promise<void> {
    await this.end();
    const successor = await this.successor;
    await successor?.stop();
  }

  /** One for each socket, whatever threads it has had, one for what they deferred, and those of the fallback. */
  blocks(): readonly CounterBlock[] {
    const own = this.members.map((member) => member.counters);
    return [...own, this.counters, ...this.successorBlocks];
  }

  private end(): Promise<void> {
    this.ending ??= this.endThreads();
    return this.ending;
  }

  private async endThreads(): Promise<void> {
    for (const { status } of this.members) status.stop();
    for (const { fd } of this.sockets) this.options.calls.wake(fd);
    // One that is caught in a query does not look at its status.
    const late = setTimeout(() => {
      for (const { thread } of this.members) thread.terminate();
    }, STOP_MS_MAX);
    await Promise.all(this.members.map((member) => member.ended));
    clearTimeout(late);
    this.isClosed = true;
    closeSockets(this.options.calls, this.sockets);
  }

  /** Resolves when the thread has begun to answer; rejects if it dies before. */
  private addMember(socket: BatchSocket): Promise<void> {
    const own = {
      socket,
      status: new WorkerStatus(),
      counters: new CounterBlock(udpTransport(socket.family)),
      sender: new DatagramSender(this.options.calls, socket),
      deferredOpen: 0,
    };
    return new Promise((resolve, reject) => {
      const member: Member = { ...own, ...this.startThread(own) };
      this.members.push(member);
      this.watch(member, resolve, reject);
    });
  }

  private startThread(
    own: Pick<Member, 'socket' | 'status' | 'counters'>,
  ): Pick<Member, 'thread' | 'ended'> {
    const { task } = this.options;
    const run = task.begin(own.status);
    const workerData: WorkerStart<unknown> = {
      socket: own.socket,
      status: own.status.buffer,
      counters: own.counters.buffer,
      task: run.data,
    };
    const spare = this.options.spares.take();
    spare?.postMessage(workerData, [...run.transfer]);
    const thread =
      spare ??
      new Worker(task.script, {
        name: 'udp',
        workerData,
        transferList: [...run.transfer],
        resourceLimits: WORKER_HEAP_LIMITS,
      });
    const ended = new Promise<void>((resolve) => {
      thread.once('exit', () => {
        run.end();
        resolve();
      });
    });
    return { thread, ended };
  }

  private watch(member: Member, ready: () => void, failed: (error: Error) => void): void {
    let cause = 'it ended';
    let isReady = false;
    member.thread.on('message', (report: WorkerReport) => {
      if (report.kind === 'ready') {
        isReady = true;
        ready();
      } else if (report.kind === 'deferred') {
        this.defer(member, report.datagram);
      } else {
        this.logReport(report);
      }
    });
    member.thread.on('error', (error) => {
      cause = errorText(error);
    });
    member.thread.on('exit', () => {
      if (!isReady) failed(new ServerError('WORKER_FAILED', `a worker does not start: ${cause}`));
      else this.replace(member, cause);
    });
  }

  /** The reply leaves through the socket that the request came in by, and from the same address. */
  private defer(member: Member, datagram: ReceivedDatagram): void {
    const { request, name } = datagram;
    const client = addressIn(name);
    member.deferredOpen++;
    const reply = new DatagramReply(new DeferredCount(this.counters, request, client), {
      send: (message) => this.send(member, message, datagram),
      isClosed: () => this.isClosed,
      ended: () => {
        member.deferredOpen--;
        member.status.addDeferred(-1);
      },
    });
    this.options.defer({ request, client, port: portIn(name), reply });
  }

  private send(member: Member, message: Uint8Array, datagram: ReceivedDatagram): void {
    const errno = member.sender.send(message, datagram);
    if (errno === 0) return;
    this.counters.addSendFailures(1);
    this.logReport({ kind: 'sendFailed', errno });
  }

  /** A new thread on the same socket: what waits there is answered late, but answered. */
  private replace(member: Member, cause: string): void {
    if (this.ending !== null) return;
    const now = performance.now();
    this.restarts = [...this.restarts.filter((time) => now - time < MINUTE_MS), now];
    const where = endpointText(this.endpoint);
    if (this.restarts.length > WORKER_RESTARTS_MAX) {
      this.successor ??= this.fallBack(cause);
      return;
    }
    this.log.error('udp.worker', { cause }, `UDP on ${where}: worker replaced, it died: ${cause}`);
    member.status.restart(member.deferredOpen);
    Object.assign(member, this.startThread(member));
    this.watch(
      member,
      () => {},
      (error) => this.replace(member, error.message),
    );
  }

  private async fallBack(cause: string): Promise<Listener | null> {
    const where = endpointText(this.endpoint);
    this.log.error(
      'udp.fallback',
      { cause, restarts: WORKER_RESTARTS_MAX },
      `UDP on ${where}: workers keep dying (${cause}); now answered without batches, by one thread`,
    );
    await this.end();
    try {
      const listener = await this.options.fallback(this.endpoint);
      this.successorBlocks = listener.blocks();
      const withRemotes = this.members.some(({ counters }) => counters.remotes.isOn());
      for (const { remotes } of this.successorBlocks) remotes.turn(withRemotes);
      return listener;
    } catch (error) {
      this.log.error('udp.lost', {}, `UDP on ${where} is no longer answered: ${errorText(error)}`);
      return null;
    }
  }

  private logReport(report: WorkerReport): void {
    const where = endpointText(this.endpoint);
    if (report.kind === 'sendFailed') {
      const error = systemErrorName(report.errno);
      this.sendFailed({ error }, `UDP on ${where}: a reply could not be sent: ${error}`);
    } else if (report.kind === 'queryFailed') {
      this.queryFailed({ stack: report.stack }, `query failed: ${report.text}`);
    } else if (report.kind === 'query') {
      this.log.info('query', report.query, queryText(report.query));
    }
  }
}
