/**
 * Entry of the thread that compares versions of large zones, one pair after the other. Must not know: why they are
 * compared. A throw ends the thread with what it had to do.
 */
import { parentPort } from 'node:worker_threads';
import { assert } from '../base/errors.js';
import { collectGarbageSoon } from '../base/garbage.js';
import type { HeldImage } from '../index/held-image.js';
import { diffZones, type ZoneDifference } from './zone-diff.js';

export type DiffOrder = {
  readonly id: number;
  readonly former: HeldImage;
  readonly next: HeldImage;
  readonly octetsMax: number;
};

export type DiffReport = { readonly id: number; readonly difference: ZoneDifference };

const port = parentPort;
assert(port !== null, 'runs as a worker thread');
port.on('message', ({ id, former, next, octetsMax }: DiffOrder) => {
  const difference = diffZones(former, next, octetsMax);
  const report: DiffReport = { id, difference };
  const sides = typeof difference === 'string' ? [] : [difference.removed, difference.added];
  port.postMessage(
    report,
    sides.map(({ buffer }) => buffer as ArrayBuffer),
  );
  // the former version is nobody's now
  collectGarbageSoon();
});
