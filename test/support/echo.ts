/**
 * Answers that show whether a transport carries octets rightly.
 */
import { DEFERRED } from '../../src/engine/process.js';
import type { DeferredHandler, QueryHandlers } from '../../src/transport/deferred.js';
import type { QueryHandler } from '../../src/transport/query-handler.js';

/**
 * Answers with the query itself; with nothing if that is short or octet 2 is 0xff; octet 3 asks for so many KiB. If
 * octet 2 is WHO, the client's address follows. If it is LATER, the query is deferred.
 */
export const echo: QueryHandler = (request, length, response, _overTcp, client) => {
  if (length < 12 || request[2] === 0xff) return 0;
  if (request[2] === LATER) return DEFERRED;
  response.set(request.subarray(0, length));
  if (request[2] === WHO) {
    response.set(client, length);
    return length + client.length;
  }
  const answerLength = request[3] === 0 ? length : request[3]! * 1024;
  response.fill(0xaa, length, answerLength);
  return answerLength;
};

/**
 * Answers a deferred query after ten milliseconds: with so many replies as octet 3 says, each the query itself with its
 * number in octet 3, and behind it the client's address and port. Octet 4 asks for so many KiB.
 */
export const echoLater: DeferredHandler = ({ request, client, port, reply }) => {
  const count = request[3] ?? 0;
  setTimeout(async () => {
    for (let i = 0; i < count && !reply.closed; i++) {
      const who = Buffer.concat([request, client, Buffer.of(port >>> 8, port & 0xff)]);
      const message = Buffer.alloc(Math.max(who.length, request[4]! * 1024), who);
      message[3] = i;
      const room = reply.write(message);
      message.fill(0);
      if (!room) await reply.drained();
    }
    reply.end();
  }, 10);
};

export const ECHO: QueryHandlers = { answer: echo, defer: echoLater };

/** A query that gets so many replies later, of so many KiB. */
export function later(id: number, replies = 1, kibibytes = 0): Buffer {
  const octets = query(id);
  octets[2] = LATER;
  octets[3] = replies;
  octets[4] = kibibytes;
  return octets;
}

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
/** Octet 2 of a query that is answered by the DeferredHandler. Unlike the others it is no response, and is counted. */
export const LATER = 0x7a;
