/**
 * Keys and messages for tests of TSIG.
 */
import { parseRequest, Request } from '../../src/wire/request.js';
import { signTsigRequest, type TsigSigned, tsigRequestOctets } from '../../src/wire/tsig.js';
import { digestOctets, type TsigAlgorithm, type TsigKey } from '../../src/wire/tsig-key.js';
import { buildQuery, nameOctets, type Query } from '../peers/message.js';

/** Every algorithm. */
export const ALGORITHMS: readonly TsigAlgorithm[] = [
  'hmac-md5',
  'hmac-sha1',
  'hmac-sha224',
  'hmac-sha256',
  'hmac-sha256-128',
  'hmac-sha384',
  'hmac-sha384-192',
  'hmac-sha512',
  'hmac-sha512-256',
];

/** When messages are signed, unless it matters: in 2106, since 32 bits do not hold it then. */
export const NOW = 0x1_0000_0123;

/** A key; its name ends as the names of `query` do, so that dnspython compresses it. */
export function testKey(algorithm: TsigAlgorithm, change: Partial<TsigKey> = {}): TsigKey {
  return {
    name: nameOctets('key.example.test'),
    algorithm,
    secret: Buffer.from('a secret of some octets, more or less'),
    macOctets: digestOctets(algorithm),
    ...change,
  };
}

export function query(change: Partial<Query> = {}): Buffer {
  return buildQuery({ name: 'www.example.test', type: 'A', id: 0x1234, ...change });
}

/** A reply with one A record; messages of different `index` differ. */
export function reply(index = 0): Buffer {
  const message = Buffer.concat([
    query({ flags: 0x8400 }),
    Buffer.from('c00c00010001000000000004c0000200', 'hex'),
  ]);
  message.writeUInt16BE(1, 6);
  message.writeUInt16BE(index, message.length - 2);
  return message;
}

/** The message in a buffer with room for a TSIG record. */
export function withRoom(message: Uint8Array, more = 512): Buffer {
  return Buffer.concat([message, Buffer.alloc(more)]);
}

/** A signed request, and its MAC. */
export function signed(
  key: TsigKey,
  message: Uint8Array = query(),
  seconds = NOW,
): { readonly octets: Buffer; readonly mac: Uint8Array } {
  const buffer = withRoom(message, tsigRequestOctets(key));
  const { length, mac }: TsigSigned = signTsigRequest(buffer, message.length, key, seconds);
  return { octets: buffer.subarray(0, length), mac };
}

/** Where a request's TSIG record is: what the server's reader says; 0 for none, -1 for a malformed request. */
export function tsigOffset(octets: Uint8Array): number {
  const request = new Request();
  return parseRequest(request, octets, octets.length) === 0 ? request.tsigOffset : -1;
}
