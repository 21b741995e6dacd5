/**
 * Prints the octets of heap that a query costs, over 200 000 mixed queries after a warm-up; with the argument `varied`
 * of zones that depend on who asks and when, with `nsec`, `nsec3` or `opt-out` of zones that look signed. Run with
 * --expose-gc, in a process of its own: nothing else must allocate meanwhile.
 */

import { Engine } from '../../src/engine/process.js';
import type { ZoneTable } from '../../src/index/zone-table.js';
import { buildQuery } from '../peers/message.js';
import { pretendSigned } from '../support/pretend-signed.js';
import { CLIENT, tableFromTexts } from '../support/zones.js';
import { OPTIONS } from './answers.js';
import { PEER_ZONES, type ZoneText } from './peers-zones.js';
import { variedTable } from './varied-table.js';

const QUERIES = 200_000;
const QUESTIONS: readonly (readonly [name: string, type: string])[] = [
  ['mail.addresses.test', 'A'],
  ['addresses.test', 'MX'],
  ['_sip._udp.addresses.test', 'SRV'],
  ['nope.addresses.test', 'A'],
  ['mail.addresses.test', 'TXT'],
  ['child.addresses.test', 'DS'],
  ['x.glue.delegations.test', 'A'],
  ['x.sub.sizes.test', 'AAAA'],
  ['x.y.wildcards.test', 'TXT'],
  ['x.c.wildcards.test', 'A'],
  ['a.aliases.test', 'A'],
  ['over-miss.aliases.test', 'MX'],
  ['loop1.aliases.test', 'A'],
  ['x.chain1.dnames.test', 'A'],
  ['x.pair1.dnames.test', 'A'],
  ['nnn.long.dnames.test', 'A'],
  ['t5000.sizes.test', 'TXT'],
  ['mail.addresses.test', 'ANY'],
  ['elsewhere.invalid', 'A'],
  ['noglue.delegations.test', 'DS'],
  ['x.y.noglue.delegations.test', 'A'],
  ['below.host.delegations.test', 'A'],
  ['x.y.wildcards.test', 'AAAA'],
  ['deep.down.addresses.test', 'NSEC'],
];

/** Of no location, of location 1 and of 2. */
const CLIENTS = [CLIENT, Uint8Array.of(1, 2, 3, 4), new Uint8Array(16).fill(2)];
/** Family 1, 24 bits of 2.0.0.0. */
const SUBNET = { code: 8, data: Uint8Array.of(0, 1, 24, 0, 2, 0, 0) };

const requests = QUESTIONS.flatMap(([name, type]) => [
  buildQuery({ name, type }),
  buildQuery({ name, type, edns: { size: 1232, dnssecOk: true } }),
  buildQuery({ name, type, edns: { options: [SUBNET] } }),
  buildQuery({ name, type, class: 3 }),
  buildQuery({ name, type }).subarray(0, 20),
]);
const kind = process.argv[2] ?? 'plain';
const isVaried = kind === 'varied';

function tableOfKind(): ZoneTable {
  if (isVaried) return variedTable(PEER_ZONES);
  if (kind !== 'nsec' && kind !== 'nsec3' && kind !== 'opt-out') return tableFromTexts(PEER_ZONES);
  const sign = ({ origin, text }: ZoneText): ZoneText => ({
    origin,
    text: pretendSigned(`${origin}.`, text, kind),
  });
  return tableFromTexts(PEER_ZONES.map(sign));
}

let seconds = 0;
const engine = new Engine(
  tableOfKind(),
  { ...OPTIONS, minimalResponses: 'no', roundRobin: true, clientSubnet: true, defers: true },
  () => (seconds = (seconds + 1) % 7200),
);
const response = new Uint8Array(65535);

function run(count: number): number {
  let octets = 0;
  for (let i = 0; i < count; i++) {
    const request = requests[i % requests.length]!;
    const client = isVaried ? CLIENTS[i % CLIENTS.length]! : CLIENT;
    octets += engine.processQuery(request, request.length, response, (i & 64) === 0, client);
  }
  return octets;
}

const collect = globalThis.gc;
if (collect === undefined) throw new Error('run with --expose-gc');
run(QUERIES);
let least = Number.POSITIVE_INFINITY;
for (let round = 0; round < 5; round++) {
  collect();
  const before = process.memoryUsage().heapUsed;
  run(QUERIES);
  least = Math.min(least, process.memoryUsage().heapUsed - before);
}
process.stdout.write(String(least / QUERIES));
