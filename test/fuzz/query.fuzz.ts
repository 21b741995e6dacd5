/**
 * Mutated queries to the engine: it must not throw, must not take long, must answer with a message that a strict
 * decoder accepts, and must not touch the buffer beyond the size allowed.
 */
import assert from 'node:assert/strict';
import { Engine } from '../../src/engine/process.js';
import type { ZoneTable } from '../../src/index/zone-table.js';
import { OPTIONS } from '../engine/answers.js';
import { PEER_ZONES } from '../engine/peers-zones.js';
import { variedTable } from '../engine/varied-table.js';
import { buildQuery, decodeMessage } from '../peers/message.js';
import { pretendSigned } from '../support/pretend-signed.js';
import { CLIENT, tableFromTexts } from '../support/zones.js';
import type { Random } from './random.js';

const NAMES = [
  ...['addresses.test', 'mail.addresses.test', 'x.w.addresses.test', 'x.child.addresses.test'],
  ...['x.c.wildcards.test', 'a.b.wildcards.test', 'x.glue.delegations.test', 'a.aliases.test'],
  ...['over-cut.aliases.test', 'x.chain1.dnames.test', 'x.pair1.dnames.test', 'x.long.dnames.test'],
  ...['t5000.sizes.test', 'mx.sizes.test', 'x.sub.sizes.test', 'version.bind', 'nobody.test', '.'],
];
const TYPES = [1, 2, 5, 6, 15, 16, 28, 33, 39, 41, 43, 46, 64, 250, 251, 252, 255, 65280];
const CLASSES = [1, 1, 1, 1, 3, 255, 254];
const INTERESTING = [0x00, 0x01, 0x0c, 0x29, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff];
/** Far beyond what any query takes, even when the machine is busy. */
const QUERY_MS_MAX = 250;
const MARK = 0xa5;

/** Fuzzes until `deadlineMs` (of `Date.now`). @returns how many packets were tried. */
export function fuzzQueries(random: Random, deadlineMs: number): number {
  const table = tableFromTexts(PEER_ZONES);
  const engines = [
    new Engine(table, { ...OPTIONS, version: 'v', serverId: 's' }),
    new Engine(table, { ...OPTIONS, anyFull: true, minimalResponses: 'no', udpOctetsMax: 4096 }),
    new Engine(variedTable(PEER_ZONES), { ...OPTIONS, clientSubnet: true }),
    new Engine(signedTable('nsec'), { ...OPTIONS, roundRobin: true }),
    new Engine(signedTable('opt-out'), { ...OPTIONS, minimalResponses: 'no' }),
  ];
  const responses = [new Uint8Array(65535).fill(MARK), new Uint8Array(65535)] as const;
  let tried = 0;
  for (; tried === 0 || Date.now() < deadlineMs; tried++) {
    const packet = mutate(seedQuery(random), random);
    const engine = engines[random(engines.length)]!;
    const overTcp = random(4) === 0;
    const response = responses[overTcp ? 1 : 0];
    const started = performance.now();
    const length = engine.processQuery(packet, packet.length, response, overTcp, CLIENT);
    const context = `${packet.toString('hex')}${overTcp ? ' over TCP' : ''}`;
    assert.ok(performance.now() - started < QUERY_MS_MAX, `slow: ${context}`);
    checkReply(packet, response, length, overTcp ? 65535 : 4096, context);
  }
  return tried;
}

function signedTable(kind: 'nsec' | 'opt-out'): ZoneTable {
  return tableFromTexts(
    PEER_ZONES.map(({ origin, text }) => ({
      origin,
      text: pretendSigned(`${origin}.`, text, kind),
    })),
  );
}

function checkReply(
  packet: Buffer,
  response: Uint8Array,
  length: number,
  limit: number,
  context: string,
): void {
  if (packet.length < 12 || packet.readUInt8(2) >= 0x80) {
    assert.equal(length, 0, `a reply that is not owed: ${context}`);
    return;
  }
  assert.ok(length >= 12 && length <= limit, `${length} octets: ${context}`);
  // What was tried and taken back may lie behind the reply, but not behind what the client allows.
  assert.equal(response[limit] ?? MARK, MARK, `wrote past the limit: ${context}`);
  const reply = response.subarray(0, length);
  try {
    const message = decodeMessage(reply);
    assert.equal(message.id, packet.readUInt16BE(0));
    assert.deepEqual(message.compressed, []);
  } catch (error) {
    assert.fail(`${String(error)}: ${context}`);
  }
}

function seedQuery(random: Random): Buffer {
  const subnet = { code: 8, data: Uint8Array.of(0, 1, 24, 0, random(3), random(256), 1) };
  const edns = {
    size: [0, 512, 513, 1232, 65535][random(5)]!,
    dnssecOk: random(2) === 0,
    options: random(2) === 0 ? [subnet] : [],
  };
  return buildQuery({
    name: NAMES[random(NAMES.length)]!,
    type: TYPES[random(TYPES.length)]!,
    class: CLASSES[random(CLASSES.length)]!,
    id: random(65536),
    ...(random(2) === 0 ? {} : { edns }),
  });
}

/** Up to four changes; every fifth packet stays as it is. */
export function mutate(query: Buffer, random: Random): Buffer {
  let packet = query;
  for (let changes = random(5); changes > 0; changes--) packet = change(packet, random);
  return packet;
}

function change(packet: Buffer, random: Random): Buffer {
  const at = random(packet.length + 1);
  const octet = random(2) === 0 ? random(256) : INTERESTING[random(INTERESTING.length)]!;
  switch (random(7)) {
    case 0:
      return packet.subarray(0, at);
    case 1:
      return Buffer.concat([packet.subarray(0, at), Buffer.of(octet), packet.subarray(at)]);
    case 2:
      return Buffer.concat([packet.subarray(0, at), packet.subarray(at + 1 + random(4))]);
    case 3:
      return Buffer.concat([packet, packet.subarray(at)]);
    case 4: {
      const copy = Buffer.from(packet);
      if (copy.length >= 12) copy.writeUInt16BE(random(4), 4 + 2 * random(4));
      return copy;
    }
    case 5: {
      const copy = Buffer.from(packet);
      if (at < copy.length) copy.writeUInt8(copy.readUInt8(at) ^ (1 << random(8)), at);
      return copy;
    }
    default: {
      const copy = Buffer.from(packet);
      if (at < copy.length) copy.writeUInt8(octet, at);
      return copy;
    }
  }
}
