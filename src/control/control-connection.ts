/**
 * One connection of the control channel: a line in, a reply out, the end. Over TCP a line with the secret comes first.
 * What follows the request is ignored. Must not know: commands, where connections come from.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { errorText } from '../base/errors.js';
import {
  CONTROL_CHUNK_OCTETS,
  CONTROL_LINGER_MS,
  CONTROL_PROGRESS_MS,
  CONTROL_REQUEST_OCTETS_MAX,
  STOP_MS_MAX,
} from '../base/limits.js';
import type { Log } from '../base/log.js';
import { runRequest, scanRequest } from './commands.js';
import { progressLine, type Reply, replyPieces, textReply } from './control-reply.js';
import type { ServerControl } from './server-control.js';

/** What all connections have in common. */
export type Shared = {
  readonly target: ServerControl;
  readonly log: Log;
  readonly limits: {
    readonly idleMs: number;
    readonly unreadMs: number;
    readonly requestsOctetsMax: number;
  };
  readonly refused: (fields: { client: string }, text: string) => void;
  /** Octets held for long request lines that are not complete. */
  waitingOctets: number;
};

const LINE_FEED = 0x0a;
/** Any connection may hold so much: a usual command always gets through. */
const SHORT_LINE_OCTETS = 1024;

/** Says a last word and closes. What the client still sends is thrown away, lest it resets the connection. */
export function turnAway(socket: Socket, text: string): void {
  socket.on('error', () => socket.destroy());
  socket.resume();
  socket.end(text);
  const timer = setTimeout(() => socket.destroy(), CONTROL_LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}

export class ControlConnection {
  /** Whether it may still ask, is being answered, or is about to be closed. */
  state: 'asking' | 'running' | 'leaving' = 'asking';
  private readonly socket: Socket;
  private readonly client: string;
  private readonly shared: Shared;
  /** What the next line must be before a request is taken. */
  private secret: string | null;
  private readonly idle: NodeJS.Timeout;
  private line = Buffer.alloc(0);
  private lineLength = 0;
  /** Whether some of the reply is gone. */
  private hasSent = false;
  private answerStop: (reply: Reply) => void = () => {};
  private readonly stopped = new Promise<Reply>((resolve) => {
    this.answerStop = resolve;
  });

  /** @param client how the log calls it. @param secret what its first line has to be; `null`: nothing */
  constructor(socket: Socket, client: string, secret: string | null, shared: Shared) {
    this.socket = socket;
    this.client = client;
    this.secret = secret;
    this.shared = shared;
    this.idle = setTimeout(
      () => this.refuse('Timeout: no complete request line'),
      shared.limits.idleMs,
    );
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('end', () => this.takeEnd());
    // A reset by the client is no event for the operator; 'close' follows.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(this.idle);
      this.dropLine();
      this.state = 'leaving';
    });
  }

  /** Closes with a text, unless it has asked something already. */
  refuse(text: string): void {
    if (this.state === 'running') return;
    if (this.state === 'leaving') {
      this.socket.destroy();
      return;
    }
    this.state = 'leaving';
    clearTimeout(this.idle);
    this.dropLine();
    turnAway(this.socket, text);
  }

  /** Ends the connection; a command that runs is answered for. */
  stop(): void {
    if (this.state !== 'running') this.socket.destroy();
    this.answerStop(textReply('FAILED', 'the server stops'));
    const timer = setTimeout(() => this.socket.destroy(), STOP_MS_MAX);
    this.socket.once('close', () => clearTimeout(timer));
  }

  // --- the request --------------------------------------------------------------------------------------------

  private take(chunk: Buffer): void {
    let rest = chunk;
    while (this.state === 'asking') {
      const end = rest.indexOf(LINE_FEED);
      if (!this.append(end < 0 ? rest : rest.subarray(0, end))) return;
      if (end < 0) return;
      rest = rest.subarray(end + 1);
      this.takeLine();
    }
  }

  /** @returns whether there was room */
  private append(octets: Buffer): boolean {
    const length = this.lineLength + octets.length;
    if (length > CONTROL_REQUEST_OCTETS_MAX) {
      this.refuse(`Request line too long, at most ${CONTROL_REQUEST_OCTETS_MAX} octets`);
      return false;
    }
    if (length > this.line.length && !this.growLine(length)) return false;
    octets.copy(this.line, this.lineLength);
    this.lineLength = length;
    return true;
  }

  private growLine(length: number): boolean {
    const size = Math.max(length, 2 * this.line.length, SHORT_LINE_OCTETS);
    const { shared } = this;
    const more = countedOctets(size) - countedOctets(this.line.length);
    if (shared.waitingOctets + more > shared.limits.requestsOctetsMax) {
      this.refuse('Too many long requests at once');
      return false;
    }
    shared.waitingOctets += more;
    const grown = Buffer.allocUnsafe(size);
    this.line.copy(grown, 0, 0, this.lineLength);
    this.line = grown;
    return true;
  }

  private dropLine(): void {
    this.shared.waitingOctets -= countedOctets(this.line.length);
    this.line = Buffer.alloc(0);
    this.lineLength = 0;
  }

  private takeLine(): void {
    const text = this.line.toString('utf8', 0, this.lineLength);
    this.lineLength = 0;
    if (this.secret === null) {
      this.state = 'running';
      clearTimeout(this.idle);
      this.dropLine();
      // The rest is left to the kernel, whose buffer stops a client that goes on.
      this.socket.pause();
      void this.serve(text);
      return;
    }
    if (isSame(text.trimEnd(), this.secret)) {
      this.secret = null;
      return;
    }
    this.refuse('Wrong password');
    this.shared.refused({ client: this.client }, `control: wrong password from ${this.client}`);
  }

  /** A last line may do without its line feed. */
  private takeEnd(): void {
    if (this.state === 'asking' && this.lineLength > 0) this.takeLine();
    if (this.state !== 'asking') return;
    this.state = 'leaving';
    this.socket.end();
  }

  // --- the reply ----------------------------------------------------------------------------------------------

  private async serve(line: string): Promise<void> {
    const { target, log } = this.shared;
    const request = scanRequest(line);
    const startedAt = performance.now();
    const say = (text: string) => this.sayProgress(progressLine(text, request.json));
    const sayTime = () =>
      say(`running for ${Math.round((performance.now() - startedAt) / 1000)} s`);
    const pulse = request.progress ? setInterval(sayTime, CONTROL_PROGRESS_MS) : null;
    const progress = (text: string) => {
      pulse?.refresh();
      if (pulse !== null) say(text);
    };
    const run = runRequest(request, target, progress, log);
    const reply = await Promise.race([run, this.stopped]);
    if (pulse !== null) clearInterval(pulse);
    try {
      await this.deliver(reply, request.json);
      reply.afterwards?.();
    } catch (error) {
      log.error('control.failed', { command: request.command }, `control: ${errorText(error)}`);
      this.socket.destroy();
    }
  }

  /** @throws what making the reply throws, once a part of it is gone; before, the reply says so */
  private async deliver(reply: Reply, asJson: boolean): Promise<void> {
    try {
      await this.send(replyPieces(reply, asJson));
    } catch (error) {
      if (this.hasSent) throw error;
      const excuse = textReply('INTERNAL', `internal error: ${errorText(error)}`);
      await this.send(replyPieces(excuse, asJson));
    }
    await this.finish();
  }

  /** A client that does not read misses progress, and nothing else. */
  private sayProgress(line: string): void {
    const { socket } = this;
    if (socket.writable && socket.writableLength < CONTROL_CHUNK_OCTETS) socket.write(line);
  }

  private async send(pieces: Iterable<string>): Promise<void> {
    let chunk = '';
    for (const piece of pieces) {
      chunk += piece;
      if (chunk.length < CONTROL_CHUNK_OCTETS) continue;
      if (!(await this.write(chunk))) return;
      chunk = '';
      // queries that came meanwhile go first
      await setImmediate();
    }
    if (chunk !== '') await this.write(chunk);
  }

  /** Resolves when the client has taken enough of it. @returns whether it is still there */
  private write(text: string): Promise<boolean> {
    const { socket } = this;
    if (!socket.writable) return Promise.resolve(false);
    this.hasSent = true;
    if (socket.write(text)) return Promise.resolve(true);
    return this.within('drain', this.shared.limits.unreadMs);
  }

  /** Ends the reply, and waits until the client has it or is given up. */
  private async finish(): Promise<void> {
    const { socket } = this;
    if (socket.destroyed) return;
    const finished = this.within('finish', this.shared.limits.unreadMs);
    socket.resume();
    socket.end();
    await finished;
    this.state = 'leaving';
    const timer = setTimeout(() => socket.destroy(), CONTROL_LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  }

  private within(event: 'drain' | 'finish', ms: number): Promise<boolean> {
    const { socket } = this;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        socket.destroy();
        const text = `control: ${this.client} does not read its reply, dropped`;
        this.shared.refused({ client: this.client }, text);
      }, ms);
      const settle = (isThere: boolean) => {
        clearTimeout(timer);
        // a long reply waits many times
        socket.off(event, happened);
        socket.off('close', closed);
        resolve(isThere);
      };
      const happened = () => settle(true);
      const closed = () => settle(false);
      socket.once(event, happened);
      socket.once('close', closed);
    });
  }
}

function countedOctets(size: number): number {
  return size > SHORT_LINE_OCTETS ? size : 0;
}

/** Compares in constant time. */
function isSame(given: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}
