/**
 * Prints the octets of heap that counting a query costs, clients included. Run with --expose-gc, in a process of its
 * own: nothing else must allocate meanwhile.
 */
import { CounterBlock } from '../../src/metrics/counter-block.js';
import { buildQuery } from '../peers/message.js';

const QUERIES = 200_000;

const requests = ['A', 'MX', 'TYPE300', 'TYPE65280'].flatMap((type) => [
  buildQuery({ name: 'www.example', type }),
  buildQuery({ name: 'www.example', type, edns: { dnssecOk: true } }),
  buildQuery({
    name: 'a.b.c.www.example',
    type,
    edns: { options: [{ code: 10, data: Buffer.alloc(8) }] },
  }),
]);
const block = new CounterBlock('udp6');
const client = new Uint8Array(16);

function run(): void {
  for (let i = 0; i < QUERIES; i++) {
    const request = requests[i % requests.length]!;
    block.add(request, request.length, request, 30 + (i & 1023));
    block.remotes.add(client);
  }
}

const collect = globalThis.gc;
if (collect === undefined) throw new Error('run with --expose-gc');
run();
let least = Number.POSITIVE_INFINITY;
for (let round = 0; round < 5; round++) {
  collect();
  const before = process.memoryUsage().heapUsed;
  run();
  least = Math.min(least, process.memoryUsage().heapUsed - before);
}
process.stdout.write(String(least / QUERIES));
