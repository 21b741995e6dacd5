/**
 * Mutated messages between servers, some of them signed before or after: what the engine defers must not make the
 * service throw, and must get one reply that a strict decoder accepts, or become a transfer.
 */
import assert from 'node:assert/strict';
import { DEFERRED } from '../../src/engine/process.js';
import type { ReplyStream } from '../../src/transport/deferred.js';
import { signTsigRequest } from '../../src/wire/tsig.js';
import { memoryLog } from '../e2e/test-server.js';
import { OPTIONS } from '../engine/answers.js';
import { buildQuery, decodeMessage } from '../peers/message.js';
import { KEY, NO_KEY, PeerZones, POOR_KEY, WRONG_KEY } from '../support/peer-zones.js';
import { withRoom } from '../support/tsig-messages.js';
import { mutate } from './query.fuzz.js';
import type { Random } from './random.js';

const NAMES = ['open.test', 'closed.test', 'local.test', 'second.test', 'www.closed.test'];
const MORE_NAMES = ['huge.closed.test', 'no.test', 'here.local.test', '.'];
const TYPES = [1, 6, 16, 250, 251, 252, 255];
const OPCODES = [0, 0, 0, 4, 4, 5];
const KEYS = [KEY, POOR_KEY, NO_KEY, WRONG_KEY];
/** Owner as a pointer, type SOA, class IN, TTL, length, two names, serial and periods. */
const SOA = Buffer.concat([
  Buffer.from('c00c00060001000000000019026e73c00c00', 'hex'),
  Buffer.from('0000000300000000000000000000000000000000', 'hex'),
]);
const NOW = 1_800_000_000;
const CLIENTS = [Uint8Array.of(127, 0, 0, 1), Uint8Array.of(192, 0, 2, 1), new Uint8Array(16)];

/** Fuzzes until `deadlineMs` (of `Date.now`). @returns how many messages were deferred. */
export function fuzzDeferred(random: Random, deadlineMs: number): number {
  const { log, lines } = memoryLog();
  const zones = new PeerZones(OPTIONS, log, () => NOW);
  const response = new Uint8Array(65535);
  let deferred = 0;
  while (deferred === 0 || Date.now() < deadlineMs) {
    const packet = Uint8Array.from(
      mutate(signedOrNot(mutate(seed(random), random), random), random),
    );
    const overTcp = random(2) === 0;
    const client = CLIENTS[random(CLIENTS.length)]!;
    const length = zones.engine.processQuery(packet, packet.length, response, overTcp, client);
    if (length !== DEFERRED) continue;
    deferred++;
    lines.length = 0;
    zones.transfers.length = 0;
    zones.answered.length = 0;
    zones.notifications.length = 0;
    const context = `${Buffer.from(packet).toString('hex')}${overTcp ? ' over TCP' : ''}`;
    const reply = new OneReply(overTcp);
    zones.service.handle({ request: packet, client, port: 53, reply });
    assert.ok(
      !lines.some(({ event }) => event === 'query.failed'),
      `${context}: ${lines[0]?.text}`,
    );
    if (zones.transfers.length === 0) reply.check(packet, context);
    else assert.equal(reply.ends, 0, context);
  }
  return deferred;
}

/** Keeps what it gets. */
class OneReply implements ReplyStream {
  readonly octetsMax = 65535;
  readonly closed = false;
  readonly overTcp: boolean;
  ends = 0;
  private readonly messages: Uint8Array[] = [];

  constructor(overTcp: boolean) {
    this.overTcp = overTcp;
  }

  write(message: Uint8Array): boolean {
    this.messages.push(Uint8Array.from(message));
    return true;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {
    this.ends++;
  }

  check(request: Uint8Array, context: string): void {
    assert.deepEqual([this.messages.length, this.ends], [1, 1], context);
    try {
      const message = decodeMessage(this.messages[0]!);
      assert.equal(message.id, Buffer.from(request).readUInt16BE(0));
      if (!this.overTcp) assert.ok(message.octets <= 1232 || message.answer.length === 0);
    } catch (error) {
      assert.fail(`${String(error)}: ${context}`);
    }
  }
}

function seed(random: Random): Buffer {
  const names = [...NAMES, ...MORE_NAMES];
  const query = buildQuery({
    name: names[random(names.length)]!,
    type: TYPES[random(TYPES.length)]!,
    class: random(8) === 0 ? 255 : 1,
    id: random(65536),
    flags: OPCODES[random(OPCODES.length)]! << 11,
  });
  if (random(2) === 0) return query;
  query.writeUInt16BE(1, random(2) === 0 ? 6 : 8);
  return Buffer.concat([query, SOA]);
}

function signedOrNot(packet: Buffer, random: Random): Buffer {
  if (random(2) === 0 || packet.length < 12) return packet;
  const room = withRoom(packet);
  const key = KEYS[random(KEYS.length)]!;
  return room.subarray(0, signTsigRequest(room, packet.length, key, NOW).length);
}
