/**
 * Asks a primary for a zone's SOA: over UDP, then over TCP if the reply does not fit or none comes. Signed if there
 * is a key. Never throws. Must not know: what we have, when to ask.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { PROBE_TCP_MS, PROBE_UDP_TRIES, PROBE_WAIT_MS } from '../base/transfer-limits.js';
import { peerText, type ZonePeer } from '../load/configured-zone.js';
import { RCODE_FORMERR, RCODE_NOTIMP, TYPE_SOA } from '../wire/constants.js';
import { readU16 } from '../wire/octets.js';
import type { TsigKey } from '../wire/tsig-key.js';
import { signatureFault } from './signature-fault.js';
import { readSoaReply, type SoaReply } from './soa-reply.js';
import { EXCHANGE_BOUNDS, exchange } from './tcp-exchange.js';
import { fault, type TransferFault } from './transfer-faults.js';
import { type WrittenRequest, writeRequest } from './transfer-request.js';

/** What is asked, and of whom. */
export type ProbeOrder = {
  readonly apex: Uint8Array;
  readonly primary: ZonePeer;
  readonly key: TsigKey | null;
  /** Waits of UDP and of TCP. */
  readonly udpMs?: number;
  readonly tcpMs?: number;
};

/** What the primary says; `expireSeconds` is its own time left (RFC 7314). */
export type ProbeReply =
  | { readonly kind: 'soa'; readonly serial: number; readonly expireSeconds: number | null }
  | { readonly kind: 'fault'; readonly fault: TransferFault };

export async function probeSoa(order: ProbeOrder): Promise<ProbeReply> {
  const reply = await probeOnce(order, true);
  const rcode = reply.kind === 'fault' ? reply.fault.rcode : null;
  // RFC 6891 §7: servers without EDNS say so.
  const isWithoutEdns = rcode === RCODE_FORMERR || rcode === RCODE_NOTIMP;
  return isWithoutEdns ? probeOnce(order, false) : reply;
}

async function probeOnce(order: ProbeOrder, edns: boolean): Promise<ProbeReply> {
  const udp = await askUdp(order, edns);
  if (udp !== null && udp.kind !== 'truncated') return udp;
  return askTcp(order, edns);
}

type Question = { readonly id: number; readonly apex: Uint8Array; readonly type: number };

function ask({ apex, key }: ProbeOrder, edns: boolean): [Question, WrittenRequest] {
  const question = { id: randomInt(1 << 16), apex, type: TYPE_SOA };
  return [question, writeRequest({ ...question, serial: 0, edns }, key, nowSeconds())];
}

/** What a reply says, if its signature allows. */
function judge(octets: Uint8Array, question: Question, { verifier }: WrittenRequest): SoaReply {
  const reply = readSoaReply(octets, octets.length, question);
  if (verifier === null) return reply;
  const wrong = verifier.take(octets, octets.length, nowSeconds()) ?? verifier.finish();
  if (wrong === null) return reply;
  const isRefusal = wrong === 'unsigned' && reply.kind === 'fault';
  return isRefusal ? reply : { kind: 'fault', fault: signatureFault(verifier, wrong) };
}

/** @returns null if nothing came */
function askUdp(order: ProbeOrder, edns: boolean): Promise<SoaReply | null> {
  const { primary, udpMs = PROBE_WAIT_MS } = order;
  const socket = createSocket(isIPv6(primary.address) ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    let tries = 0;
    let timer: NodeJS.Timeout | null = null;
    let [question, request] = ask(order, edns);
    const end = (reply: SoaReply | null): void => {
      if (timer !== null) clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      resolve(reply);
    };
    const send = (): void => {
      if (tries++ === PROBE_UDP_TRIES) {
        end(null);
        return;
      }
      // Each try with an id and a signature of its own; what comes late is not waited for.
      [question, request] = ask(order, edns);
      socket.send(request.octets);
      timer = setTimeout(send, udpMs);
    };
    socket.on('message', (octets) => {
      // A datagram with another id is no reply, from wherever it came: the reply may still come.
      if (octets.length < 2 || readU16(octets, 0) !== question.id) return;
      end(judge(octets, question, request));
    });
    // A port where nobody listens says so: TCP says it again, and then it counts.
    socket.on('error', () => end(null));
    socket.on('connect', send);
    socket.connect(primary.port, primary.address);
  });
}

async function askTcp(order: ProbeOrder, edns: boolean): Promise<ProbeReply> {
  const { primary, tcpMs = PROBE_TCP_MS } = order;
  const [question, request] = ask(order, edns);
  const bounds = {
    ...EXCHANGE_BOUNDS,
    connectMs: tcpMs,
    firstMs: tcpMs,
    idleMs: tcpMs,
    wholeMs: 3 * tcpMs,
  };
  let reply: SoaReply | null = null;
  const wrong = await exchange(primary, request.octets, bounds, (message) => {
    reply = judge(message, question, request);
    return { isLast: true, fault: null };
  });
  return verdictOf(wrong, reply, primary);
}

function verdictOf(
  wrong: TransferFault | null,
  reply: SoaReply | null,
  primary: ZonePeer,
): ProbeReply {
  if (wrong !== null) return { kind: 'fault', fault: wrong };
  if (reply !== null && reply.kind !== 'truncated') return reply;
  const text = `${peerText(primary)} cuts its reply short over TCP`;
  return { kind: 'fault', fault: fault('malformed', text) };
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
