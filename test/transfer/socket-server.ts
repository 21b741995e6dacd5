/**
 * Transfers over sockets, for real clients: the least of a server around the service, on loopback. SOA queries are
 * answered as an IXFR is whose client is ahead. Must not know: zones.
 */
import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { TransferOut } from '../../src/transfer/seams.js';
import type { ReplyStream } from '../../src/transport/deferred.js';
import { TYPE_AXFR, TYPE_SOA } from '../../src/wire/constants.js';
import { skipName } from '../../src/wire/name.js';
import { readU16, readU32 } from '../../src/wire/octets.js';
import { parseRequest, Request } from '../../src/wire/request.js';
import { verifyTsigRequest } from '../../src/wire/tsig.js';
import { foldedName, type TsigKey, TsigKeyring } from '../../src/wire/tsig-key.js';

const LOOPBACK = '127.0.0.1';
/** A client with this serial is told the zone's own and no more, if that is not as great. */
const SERIAL_AHEAD = 0x7fff_ffff;
const UNSENT_OCTETS_MAX = 256 << 10;

/** Serial of the SOA in the authority section of a request, RFC 1995 §3; 0 without. */
function askedSerial(octets: Uint8Array, questionEnd: number): number {
  if (readU16(octets, 8) === 0) return 0;
  const fixed = skipName(octets, questionEnd, octets.length);
  const numbers = skipName(octets, skipName(octets, fixed + 10, octets.length), octets.length);
  return readU32(octets, numbers);
}

function hand(
  service: TransferOut,
  keys: TsigKeyring,
  octets: Uint8Array,
  port: number,
  reply: ReplyStream,
): void {
  const request = new Request();
  const isGood = parseRequest(request, octets, octets.length) === 0;
  const { qname, tsigOffset, qtype } = request;
  const questionEnd = qname.offset + request.questionOctets;
  const now = Math.floor(Date.now() / 1000);
  const verdict =
    tsigOffset === 0 ? null : verifyTsigRequest(octets, octets.length, tsigOffset, keys, now);
  if (!isGood || (verdict !== null && verdict.error !== 0)) {
    reply.end();
    return;
  }
  service.begin({
    request: octets,
    apex: foldedName(octets.slice(qname.offset, qname.offset + qname.length)),
    kind: qtype === TYPE_AXFR ? 'axfr' : 'ixfr',
    serial: qtype === TYPE_SOA ? SERIAL_AHEAD : askedSerial(octets, questionEnd),
    client: Uint8Array.of(127, 0, 0, 1),
    port,
    edns: request.edns.present,
    verdict,
    reply,
  });
}

function streamOf(socket: Socket): ReplyStream {
  return {
    overTcp: true,
    octetsMax: 65535,
    write: (message) => {
      const framed = Buffer.allocUnsafe(2 + message.length);
      framed.writeUInt16BE(message.length, 0);
      framed.set(message, 2);
      if (!socket.destroyed) socket.write(framed);
      return socket.writableLength <= UNSENT_OCTETS_MAX;
    },
    drained: () =>
      new Promise((resolve) => {
        if (socket.destroyed || !socket.writableNeedDrain) resolve();
        socket.once('drain', resolve);
        socket.once('close', resolve);
      }),
    end: () => {},
    get closed() {
      return socket.destroyed;
    },
  };
}

/** Serves transfers over UDP and TCP until the test ends. @returns the port */
export async function serveTransfers(
  t: TestContext,
  service: TransferOut,
  keys: readonly TsigKey[] = [],
): Promise<number> {
  const keyring = new TsigKeyring(keys);
  const tcp = createServer((socket) => {
    let pending = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      if (pending.length < 2 || pending.length < 2 + pending.readUInt16BE(0)) return;
      const query = Uint8Array.from(pending.subarray(2, 2 + pending.readUInt16BE(0)));
      pending = Buffer.alloc(0);
      hand(service, keyring, query, socket.remotePort ?? 0, streamOf(socket));
    });
    t.after(() => socket.destroy());
  });
  await new Promise<void>((resolve) => tcp.listen(0, LOOPBACK, resolve));
  t.after(() => tcp.close());
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4');
  udp.on('message', (query, { port: from }) => {
    const reply: ReplyStream = {
      overTcp: false,
      octetsMax: 1232,
      write: (message) => {
        udp.send(Buffer.from(message), from, LOOPBACK);
        return true;
      },
      drained: () => Promise.resolve(),
      end: () => {},
      closed: false,
    };
    hand(service, keyring, Uint8Array.from(query), from, reply);
  });
  await new Promise<void>((resolve) => udp.bind(port, LOOPBACK, resolve));
  t.after(() => udp.close());
  return port;
}
