/**
 * A small DNS client for tests: TXT questions over UDP and TCP, decoded by dns-packet.
 */
import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import { decode, encode, type Packet, RECURSION_DESIRED } from 'dns-packet';

export type Answer = {
  /** In capitals, such as `NOERROR`. */
  readonly rcode: string;
  /** The first TXT record's first string, `null` without one. */
  readonly txt: string | null;
};

/** One UDP socket; answers are matched by id. */
export class UdpClient {
  private readonly socket: Socket;
  private readonly port: number;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private nextId = 1;

  constructor(port: number) {
    this.port = port;
    this.socket = createSocket('udp4');
    this.socket.unref();
    this.socket.on('message', (message) => {
      const packet = decode(message);
      const id = packet.id ?? 0;
      this.waiting.get(id)?.(answerOf(packet));
      this.waiting.delete(id);
    });
  }

  /** Asks once; `null` if no answer comes in time. */
  ask(name: string, timeoutMs = 2000): Promise<Answer | null> {
    const id = this.nextId++ & 0xffff;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        resolve(null);
      }, timeoutMs);
      this.waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.socket.send(question(id, name), this.port, '127.0.0.1');
    });
  }

  close(): void {
    this.socket.close();
  }
}

/** Asks each name over one TCP connection, all at once; the answers in order. */
export function askTcp(port: number, names: readonly string[]): Promise<Answer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const answers: Answer[] = [];
    let received = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('close', () => {
      if (answers.length < names.length) reject(new Error('connection closed early'));
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        answers.push(answerOf(decode(received.subarray(2, end))));
        received = received.subarray(end);
      }
      if (answers.length < names.length) return;
      resolve(answers);
      socket.destroy();
    });
    socket.write(Buffer.concat(names.map((name, i) => framed(question(i, name)))));
  });
}

/** A TXT question. */
export function question(id: number, name: string): Buffer {
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type: 'TXT', name, class: 'IN' }],
  });
}

/** A message with its length before it, RFC 1035 §4.2.2. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(2 + message.length);
  frame.writeUInt16BE(message.length, 0);
  frame.set(message, 2);
  return frame;
}

function answerOf(packet: Packet): Answer {
  const rcode = 'rcode' in packet ? String(packet.rcode) : '';
  for (const answer of packet.answers ?? []) {
    if (answer.type !== 'TXT') continue;
    const [first] = Array.isArray(answer.data) ? answer.data : [answer.data];
    return { rcode, txt: String(first) };
  }
  return { rcode, txt: null };
}
