/**
 * Asks another server for one RRset of a zone's apex: over UDP, then over TCP if the reply does not fit or none comes.
 * Not signed. Never throws. Must not know: why it is asked.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { ASK_TRIES_MAX, ASK_WAIT_MS } from '../base/transfer-limits.js';
import { peerText, type ZonePeer } from '../load/configured-zone.js';
import {
  CLASS_IN,
  FLAG_AA,
  FLAG_QR,
  FLAG_TC,
  HEADER_OCTETS,
  OPCODE_MASK,
} from '../wire/constants.js';
import { readName } from '../wire/message-name.js';
import { skipName } from '../wire/name.js';
import { readU16, writeU16 } from '../wire/octets.js';
import { rcodeText } from '../wire/rcode-text.js';
import { sameName } from '../wire/tsig-key.js';

export type ZoneQuestion = {
  readonly peer: Pick<ZonePeer, 'address' | 'port'>;
  /** Lower case. */
  readonly apex: Uint8Array;
  readonly type: number;
  /** For each wait. */
  readonly waitMs?: number;
};

export type ZoneAnswer =
  /** The first name in the RDATA of each record, lower case. */
  | { readonly kind: 'records'; readonly names: readonly Uint8Array[] }
  | { readonly kind: 'fault'; readonly text: string };

type Reply = ZoneAnswer | { readonly kind: 'truncated' };

const RCODE_MASK = 0xf;
/** Type, class, TTL and RDLENGTH. */
const RECORD_FIXED_OCTETS = 10;
const LENGTH_OCTETS = 2;

export async function askZone(question: ZoneQuestion): Promise<ZoneAnswer> {
  for (let tries = 0; tries < ASK_TRIES_MAX; tries++) {
    const reply = await askUdp(question);
    if (reply === null) continue;
    if (reply.kind === 'truncated') break;
    return reply;
  }
  const reply = await askTcp(question);
  if (reply !== null && reply.kind !== 'truncated') return reply;
  return fault(`${peerText(question.peer)} does not answer`);
}

function fault(text: string): ZoneAnswer {
  return { kind: 'fault', text };
}

// --- sockets

/** @returns null if nothing came */
function askUdp(question: ZoneQuestion): Promise<Reply | null> {
  const { peer, waitMs = ASK_WAIT_MS } = question;
  const id = randomInt(1 << 16);
  const socket = createSocket(isIPv6(peer.address) ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    const end = (reply: Reply | null): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      resolve(reply);
    };
    const timer = setTimeout(() => end(null), waitMs);
    // What is no reply to this question is not ours, from wherever it came: the reply may still come.
    socket.on('message', (octets) => {
      const reply = readReply(octets, id, question);
      if (reply !== null) end(reply);
    });
    socket.on('error', () => end(null));
    socket.on('connect', () => socket.send(writeQuestion(id, question)));
    socket.connect(peer.port, peer.address);
  });
}

/** @returns null if nothing came, or something else */
function askTcp(question: ZoneQuestion): Promise<Reply | null> {
  const { peer, waitMs = ASK_WAIT_MS } = question;
  const id = randomInt(1 << 16);
  return new Promise((resolve) => {
    const socket = connect({ host: peer.address, port: peer.port });
    let octets = Buffer.alloc(0);
    const end = (reply: Reply | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reply);
    };
    const timer = setTimeout(() => end(null), waitMs);
    socket.on('data', (chunk) => {
      octets = Buffer.concat([octets, chunk]);
      if (octets.length < LENGTH_OCTETS) return;
      const stop = LENGTH_OCTETS + octets.readUInt16BE(0);
      if (octets.length >= stop) end(readReply(octets.subarray(LENGTH_OCTETS, stop), id, question));
    });
    socket.on('error', () => end(null));
    socket.on('close', () => end(null));
    socket.on('connect', () => {
      const message = writeQuestion(id, question);
      const framed = Buffer.alloc(LENGTH_OCTETS + message.length);
      framed.writeUInt16BE(message.length, 0);
      framed.set(message, LENGTH_OCTETS);
      socket.write(framed);
    });
  });
}

// --- messages

function writeQuestion(id: number, { apex, type }: ZoneQuestion): Uint8Array {
  const octets = new Uint8Array(HEADER_OCTETS + apex.length + 4);
  writeU16(octets, 0, id);
  writeU16(octets, 4, 1);
  octets.set(apex, HEADER_OCTETS);
  writeU16(octets, HEADER_OCTETS + apex.length, type);
  writeU16(octets, HEADER_OCTETS + apex.length + 2, CLASS_IN);
  return octets;
}

/** @returns null for what is no reply to the question */
function readReply(octets: Uint8Array, id: number, question: ZoneQuestion): Reply | null {
  if (octets.length < HEADER_OCTETS || readU16(octets, 0) !== id) return null;
  const flags = readU16(octets, 2);
  if ((flags & FLAG_QR) === 0 || (flags & OPCODE_MASK) !== 0) return null;
  const rcode = flags & RCODE_MASK;
  const questions = readU16(octets, 4);
  // An error may come as a bare header.
  if (questions === 0 && rcode !== 0) return fault(`it says ${rcodeText(rcode)}`);
  const asked = readName(octets, HEADER_OCTETS, octets.length);
  if (questions !== 1 || asked === null || asked.end + 4 > octets.length) return null;
  const isOurs =
    sameName(asked.name, question.apex) && readU16(octets, asked.end) === question.type;
  if (!isOurs) return null;
  if (rcode !== 0) return fault(`it says ${rcodeText(rcode)}`);
  if ((flags & FLAG_TC) !== 0) return { kind: 'truncated' };
  if ((flags & FLAG_AA) === 0) return fault('it is not authoritative for the zone');
  return readRecords(octets, asked.end + 4, question);
}

function readRecords(octets: Uint8Array, from: number, question: ZoneQuestion): ZoneAnswer {
  const names: Uint8Array[] = [];
  let at = from;
  for (let record = 0; record < readU16(octets, 6); record++) {
    const owner = readName(octets, at, octets.length);
    const fixed = skipName(octets, at, octets.length);
    const rdata = fixed + RECORD_FIXED_OCTETS;
    if (owner === null || fixed < 0 || rdata > octets.length)
      return fault('its reply is cut short');
    at = rdata + readU16(octets, rdata - LENGTH_OCTETS);
    if (readU16(octets, fixed) !== question.type || !sameName(owner.name, question.apex)) continue;
    const target = readName(octets, rdata, octets.length);
    if (target === null || target.end > at) return fault('its reply has a name that is none');
    names.push(target.name);
  }
  return { kind: 'records', names };
}
