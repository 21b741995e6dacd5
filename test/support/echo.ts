/**
 * An answer that shows whether a transport carries octets rightly.
 */
import type { QueryHandler } from '../../src/transport/query-handler.js';

/**
 * Answers with the query itself; with nothing if that is short or octet 2 is 0xff; octet 3 asks for so many KiB. If
 * octet 2 is WHO, the client's address follows.
 */
export const echo: QueryHandler = (request, length, response, _overTcp, client) => {
  if (length < 12 || request[2] === 0xff) return 0;
  response.set(request.subarray(0, length));
  if (request[2] === WHO) {
    response.set(client, length);
    return length + client.length;
  }
  const answerLength = request[3] === 0 ? length : request[3]! * 1024;
  response.fill(0xaa, length, answerLength);
  return answerLength;
};

/** A query of `length` octets with this id. */
export function query(id: number, length = 12, kibibytes = 0): Buffer {
  const octets = Buffer.alloc(length);
  octets.writeUInt16BE(id, 0);
  octets[3] = kibibytes;
  return octets;
}

// Octet 2 of a query: what a worker of the tests does instead of an answer
export const THROW = 0xfe;
export const EXIT = 0xfd;
export const HANG = 0xfc;
/** Octet 2 of a query that asks who asks. */
export const WHO = 0xfb;
