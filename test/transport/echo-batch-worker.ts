/**
 * Entry of a UDP worker that echoes, and does on demand what no worker should: octet 2 of a query says what.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { runBatches } from '../../src/transport/udp-batch.js';
import { EXIT, echo, HANG, THROW } from '../support/echo.js';

await runBatches(
  workerData,
  (request, length, response, overTcp, client) => {
    switch (request[2]) {
      case THROW:
        throw new Error('magic query');
      case EXIT:
        process.exit(3);
        break;
      case HANG:
        for (;;);
    }
    return echo(request, length, response, overTcp, client);
  },
  () => {},
  (report) => parentPort?.postMessage(report),
);
