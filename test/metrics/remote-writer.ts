/** A thread that remembers clients whose octets are all equal, as fast as it can, for at most two seconds. */
import { workerData } from 'node:worker_threads';
import { CounterBlock } from '../../src/metrics/counter-block.js';

const { remotes } = new CounterBlock('udp6', workerData);
const address = new Uint8Array(16);
const end = performance.now() + 2000;
for (let i = 0; performance.now() < end; i++) remotes.add(address.fill(i & 255));
