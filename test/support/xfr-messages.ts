/**
 * Messages of zone transfers for tests: records from zone text, replies around them, signed or not.
 */
import assert from 'node:assert/strict';
import { ProblemList } from '../../src/base/problem.js';
import { sourceFromOctets } from '../../src/base/source.js';
import { SourceSet } from '../../src/parse/include.js';
import { ZoneFileParser } from '../../src/parse/zonefile.js';
import { verifyTsigRequest } from '../../src/wire/tsig.js';
import { type TsigKey, TsigKeyring } from '../../src/wire/tsig-key.js';
import { findTsig } from '../../src/wire/tsig-record.js';
import { TsigSigner } from '../../src/wire/tsig-stream.js';
import { withRoom } from './tsig-messages.js';
import { name } from './zones.js';

/** The octets of each record of a text: owner, type, class, TTL, RDLENGTH and RDATA, nothing compressed. */
export function recordsOf(origin: string, text: string): Buffer[] {
  const records: Buffer[] = [];
  const problems = new ProblemList();
  const sources = new SourceSet({ root: '.', outside: false, base: null, depth: 1 });
  const sink = {
    record(view: {
      owner: Uint8Array;
      ownerLength: number;
      type: number;
      ttl: number;
      rdata: Uint8Array;
      rdataLength: number;
    }): void {
      const head = Buffer.alloc(10);
      head.writeUInt16BE(view.type, 0);
      head.writeUInt16BE(1, 2);
      head.writeUInt32BE(view.ttl, 4);
      head.writeUInt16BE(view.rdataLength, 8);
      const owner = view.owner.slice(0, view.ownerLength);
      records.push(Buffer.concat([owner, head, view.rdata.slice(0, view.rdataLength)]));
    },
  };
  const source = sourceFromOctets('test.zone', Buffer.from(text));
  new ZoneFileParser(sources, sink, problems, 1).parse(source, name(origin));
  assert.deepEqual(problems.items, []);
  return records;
}

export type ReplyParts = {
  readonly answers?: readonly Uint8Array[];
  readonly authorities?: readonly Uint8Array[];
  readonly additionals?: readonly Uint8Array[];
  /** The header's second word. */
  readonly flags?: number;
  readonly id?: number;
  /** Without the question. */
  readonly bare?: boolean;
};

/** What answers a query with these records. */
export function replyTo(query: Uint8Array, parts: ReplyParts): Buffer {
  const { answers = [], authorities = [], additionals = [], flags = 0x8400, bare = false } = parts;
  let end = 12;
  while (query[end] !== 0) end += query[end]! + 1;
  const head = Buffer.from(query.subarray(0, 12));
  if (parts.id !== undefined) head.writeUInt16BE(parts.id, 0);
  head.writeUInt16BE(flags, 2);
  head.writeUInt16BE(bare ? 0 : 1, 4);
  head.writeUInt16BE(answers.length, 6);
  head.writeUInt16BE(authorities.length, 8);
  head.writeUInt16BE(additionals.length, 10);
  const question = bare ? [] : [query.subarray(12, end + 5)];
  return Buffer.concat([head, ...question, ...answers, ...authorities, ...additionals]);
}

/** The OPT record of a server that tells how long its zone lives on. */
export function expireOpt(seconds: number): Buffer {
  const opt = Buffer.from('00002904d0000000000008000900040000000000', 'hex').subarray(0, 19);
  opt.writeUInt32BE(seconds, 15);
  return opt;
}

/** Signs the replies to a signed query. @param every of how many messages one is signed */
export function signReplies(
  query: Buffer,
  key: TsigKey,
  replies: readonly Buffer[],
  every = 1,
  seconds: number = Math.floor(Date.now() / 1000),
): Buffer[] {
  const offset = findTsig(query, query.length);
  const ring = new TsigKeyring([key]);
  const now = Math.floor(Date.now() / 1000);
  const verdict = verifyTsigRequest(query, query.length, offset, ring, now);
  assert.ok(verdict !== null);
  const signer = new TsigSigner(verdict, every);
  return replies.map((reply, i) => {
    const buffer = withRoom(reply, signer.octets);
    const length = signer.sign(buffer, reply.length, i === replies.length - 1, seconds);
    return buffer.subarray(0, length);
  });
}

/** Type of the question. */
export function qtypeOf(query: Buffer): number {
  let end = 12;
  while (query[end] !== 0) end += query[end]! + 1;
  return query.readUInt16BE(end + 1);
}
