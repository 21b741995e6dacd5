/**
 * Entry of a thread that makes one catalog zone and ends: of 100,000 members it takes most of a second, for which
 * neither control nor timers shall wait. Must not know: what becomes of it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/errors.js';
import { type CatalogOrder, makeCatalog } from './catalog-maker.js';

const port = parentPort;
assert(port !== null, 'runs as a worker thread');
const order: CatalogOrder = workerData;
port.postMessage(makeCatalog(order));
