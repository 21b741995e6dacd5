/**
 * Entry of a thread that reads one named.conf and ends: a configuration of 100,000 zones takes a second, for which
 * neither control nor timers shall wait. Must not know: what becomes of it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/errors.js';
import { CONFIG_ZONES_CHUNK } from '../base/limits.js';
import { readNamedConf } from '../config/named-conf.js';
import type { ConfigReport } from './config-reader.js';

const port = parentPort;
assert(port !== null, 'runs as a worker thread');
const path: string = workerData;
const say = (report: ConfigReport) => port.postMessage(report);
const { zones, ...rest } = readNamedConf(path);
for (let at = 0; at < zones.length; at += CONFIG_ZONES_CHUNK) {
  say({ kind: 'zones', zones: zones.slice(at, at + CONFIG_ZONES_CHUNK) });
}
say({ kind: 'rest', rest });
