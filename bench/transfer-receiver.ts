/**
 * Takes a transfer as fast as this process can, the same way from any server: messages are counted, and only their ends
 * looked at. Must not know: servers.
 */
import { connect } from 'node:net';
import { buildQuery, nameOctets } from '../test/peers/message.js';

export type Received = {
  /** From the query to the last octet. */
  readonly milliseconds: number;
  readonly messages: number;
  readonly records: number;
  readonly octets: number;
};

/** Octets of the SOA's numbers, the last of its RDATA: a transfer ends with the SOA. */
const NUMBERS_OCTETS = 20;
const TIMEOUT_MS = 60_000;

/** Asks for AXFR, or for IXFR from a serial. */
export function transferQuery(origin: string, fromSerial: number | null): Buffer {
  const type = fromSerial === null ? 'AXFR' : 'IXFR';
  const query = buildQuery({ name: origin, type, id: 1 });
  if (fromSerial === null) return query;
  const soa = Buffer.alloc(10 + 2 + NUMBERS_OCTETS);
  soa.writeUInt16BE(6, 0);
  soa.writeUInt16BE(1, 2);
  soa.writeUInt16BE(2 + NUMBERS_OCTETS, 8);
  soa.writeUInt32BE(fromSerial, 12);
  query.writeUInt16BE(1, 8);
  return Buffer.concat([query, nameOctets(origin), soa]);
}

/**
 * Sends a query and takes all that belongs to the answer.
 * @param serial of the version that is sent
 * @throws if the connection ends before, or an error code comes
 */
export function receive(port: number, query: Buffer, serial: number): Promise<Received> {
  const receiver = new Receiver(serial);
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let start = 0;
    socket.setNoDelay();
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('nothing comes any more')));
    socket.once('connect', () => {
      start = performance.now();
      const length = Buffer.alloc(2);
      length.writeUInt16BE(query.length, 0);
      socket.write(Buffer.concat([length, query]));
    });
    socket.on('data', (part) => {
      if (!receiver.take(part)) return;
      const { messages, records, octets } = receiver;
      resolve({ milliseconds: performance.now() - start, messages, records, octets });
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection ended')));
  });
}

class Receiver {
  messages = 0;
  records = 0;
  octets = 0;
  private readonly serial: number;
  /** What has come of a message that is not complete. */
  private rest: Buffer = Buffer.alloc(0);

  constructor(serial: number) {
    this.serial = serial;
  }

  /** @returns whether that was the end */
  take(part: Buffer): boolean {
    this.octets += part.length;
    const octets = this.rest.length === 0 ? part : Buffer.concat([this.rest, part]);
    let at = 0;
    while (at + 2 <= octets.length) {
      const end = at + 2 + octets.readUInt16BE(at);
      if (end > octets.length) break;
      if (this.takeMessage(octets, at + 2, end)) return true;
      at = end;
    }
    this.rest = octets.subarray(at);
    return false;
  }

  private takeMessage(octets: Buffer, at: number, end: number): boolean {
    const rcode = octets.readUInt8(at + 3) & 0xf;
    if (rcode !== 0) throw new Error(`response code ${rcode}`);
    const records = octets.readUInt16BE(at + 6);
    this.messages++;
    this.records += records;
    const isSoa = octets.readUInt32BE(end - NUMBERS_OCTETS) === this.serial;
    return isSoa && this.records > 1;
  }
}
