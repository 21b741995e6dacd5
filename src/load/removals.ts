/**
 * When the zone of a file that is gone may go, too: files often come back at once, and when most of a source go
 * together, that is taken for an accident. Must not know: how a zone is taken out.
 */
import { REMOVAL_GRACE_MS } from '../base/limits.js';
import type { Log } from '../base/log.js';
import type { QuietQueue } from './quiet-queue.js';
import type { Motion, Motions, TrackedSource } from './tracked-zone.js';
import { counted } from './zone-log.js';
import type { RowId } from './zone-rows.js';

export class Removals {
  private readonly queue: QuietQueue<RowId>;
  private readonly motions: Motions;
  private readonly log: Log;
  private readonly allowMass: boolean;

  constructor(queue: QuietQueue<RowId>, motions: Motions, log: Log, allowMass: boolean) {
    this.queue = queue;
    this.motions = motions;
    this.log = log;
    this.allowMass = allowMass;
  }

  /** A look has shown that the file is not there. @returns whether the zone is to be removed now */
  noteMissing(row: RowId, motion: Motion, from: TrackedSource): boolean {
    const now = performance.now();
    motion.missingSince ??= now;
    from.missing.add(row);
    const at = motion.missingSince + REMOVAL_GRACE_MS;
    if (now >= at) return this.mayRemove(from);
    this.queue.lookAgain(row, at);
    return false;
  }

  /** A look has shown that the file is there. */
  noteThere(row: RowId, motion: Motion, from: TrackedSource): void {
    if (motion.missingSince === null) return;
    motion.missingSince = null;
    from.missing.delete(row);
    if (!from.refusing) return;
    // Files are being put back: the others get their time again.
    const now = performance.now();
    for (const other of from.missing) {
      this.motions.of(other).missingSince = now;
      this.queue.lookAgain(other, now + REMOVAL_GRACE_MS);
    }
    if (from.missing.size > 0) return;
    from.refusing = false;
    const { path } = from.source;
    this.log.info('source.restored', { source: path }, `${path}: all zone files are back`);
  }

  private mayRemove(from: TrackedSource): boolean {
    const { missing, zoneCount, source } = from;
    if (this.allowMass || missing.size * 2 <= zoneCount) return true;
    if (!from.refusing) {
      from.refusing = true;
      this.log.error(
        'source.removal_refused',
        { source: source.path, missing: missing.size, zones: zoneCount },
        `${source.path}: ${missing.size} of ${counted(zoneCount, 'zone')} gone at once: all stay served ` +
          '(--allow-mass-removal lets them go)',
      );
    }
    return false;
  }
}
