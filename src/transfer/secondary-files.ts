/**
 * What the files of secondary zones may say: a file is served if it is as the server wrote it, or if nothing is known
 * of the zone yet, as at the first start on another server's files. A missing one is no fault, an edited one is told
 * and left alone. Must not know: when zones are checked, how they are received.
 */
import { fileProblem, type Problem } from '../base/problem.js';
import { type HeldImage, openHeld } from '../index/held-image.js';
import { soaRdata } from '../index/notify-set.js';
import { isSealedPrint } from '../load/file-print.js';
import type { LoadResult, RestoredZone } from '../load/load-zone.js';
import type { SecondaryGate, Withheld } from '../load/secondary-gate.js';
import { stampAt } from '../load/tracked-zone.js';
import type { Zone } from '../load/zone.js';
import { readU32 } from '../wire/octets.js';
import { serialGrows } from '../wire/serial.js';
import type { SecondaryLog } from './secondary-log.js';
import type { SecondaryZone } from './secondary-zone.js';
import type { SoaTimes } from './transfer-job.js';

export type SecondaryFileEvents = {
  /** What is known of a zone. */
  zoneOf(zone: Zone): SecondaryZone;
  now(): number;
  /** Its file has been tried: the zone takes part in the schedule. @param isUrgent at once */
  tried(zone: SecondaryZone, isUrgent: boolean): void;
};

const LEFT_AS_IT_IS: Withheld = { problems: [], isDone: true };
const NOT_NOW: Withheld = { problems: [], isDone: false };

export class SecondaryFiles implements SecondaryGate {
  private readonly events: SecondaryFileEvents;
  private readonly log: SecondaryLog;

  constructor(log: SecondaryLog, events: SecondaryFileEvents) {
    this.log = log;
    this.events = events;
  }

  judge(zone: Zone, result: LoadResult | RestoredZone): Withheld | null {
    const known = this.events.zoneOf(zone);
    const [main] = result.files;
    // what was kept of a file is no more than the file: one that is gone, as that of a zone that begins anew, is gone
    const isKeptAlone = 'readAt' in result && stampAt(zone.path) === null;
    if (main === undefined || main.stamp === null || isKeptAlone) {
      return this.judgeAbsent(zone, known);
    }
    // Without a print it was not read: the loader stopped.
    const isEdited = main.print !== '' && !isSealedPrint(main.print);
    if (isEdited && known.isKnown) return this.judgeEdited(zone, known);
    if (result.image === null) {
      // Its problems are told like any file's; the primary may know better.
      known.wantsWhole = known.held === null;
      this.events.tried(known, known.held === null);
      return null;
    }
    // A file that is just being replaced is soon another one.
    if (known.activity === 'transferring') return NOT_NOW;
    const { held } = known;
    if (held !== null && serialGrows(result.serial, held.serial)) return LEFT_AS_IT_IS;
    if (held === null && known.expiresAt !== 0 && known.expiresAt <= this.events.now()) {
      if (!known.isExpired) {
        known.expire();
        this.log.expired(known);
      }
      this.events.tried(known, true);
      return { problems: [expiredProblem(zone.path)], isDone: true };
    }
    return null;
  }

  loaded(zone: Zone, result: LoadResult | RestoredZone): void {
    const known = this.events.zoneOf(zone);
    if (result.image === null || zone.serial !== result.serial) return;
    if (known.held?.serial === result.serial) return;
    const isRemembered = known.remembered?.serial === result.serial;
    const fileMs = result.files[0]?.stamp?.mtimeMs ?? 0;
    const { image } = result;
    const times = timesOf('memory' in image ? image : { memory: image, offset: result.imageAt });
    known.holdLoaded(result.serial, times, fileMs, this.events.now());
    this.events.tried(known, !isRemembered);
  }

  private judgeAbsent(zone: Zone, known: SecondaryZone): Withheld | null {
    const isAbsent = stampAt(zone.path) === null;
    // One that is there and cannot be read is told like any file, and the zone goes on.
    const isNeeded = isAbsent || known.held === null;
    known.wantsWhole ||= isNeeded;
    this.events.tried(known, isNeeded);
    return isAbsent ? LEFT_AS_IT_IS : null;
  }

  private judgeEdited(zone: Zone, known: SecondaryZone): Withheld {
    this.log.edited(known, zone.path);
    this.events.tried(known, known.held === null);
    const text = 'the file was edited; what the primary gave is served';
    return {
      problems: [fileProblem('SECONDARY_EDITED', 'warning', zone.path, text)],
      isDone: true,
    };
  }
}

export function expiredProblem(path: string): Problem {
  const text = 'expired: no primary has confirmed the zone for too long';
  return fileProblem('SECONDARY_EXPIRED', 'error', path, text);
}

function timesOf(held: HeldImage): SoaTimes {
  const soa = soaRdata(openHeld(held));
  const end = soa.length;
  return {
    refresh: readU32(soa, end - 16),
    retry: readU32(soa, end - 12),
    expire: readU32(soa, end - 8),
  };
}
