/**
 * How checks of a zone tell what they find: at a record, at an RRset, or of the zone's file as a whole.
 * Must not know: what is checked.
 */
import { type ProblemList, wholeFile } from '../base/problem.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { nameText } from '../wire/name-text.js';
import type { Locate } from './builder.js';
import type { OwnerId } from './name-table.js';
import type { Zone } from './zone.js';

export class ZoneReport {
  readonly zone: Zone;
  private readonly problems: ProblemList;
  private readonly locate: Locate;

  constructor(zone: Zone, problems: ProblemList, locate: Locate) {
    this.zone = zone;
    this.problems = problems;
    this.locate = locate;
  }

  /** Reports about a record; `text` is made only if the problem is kept. */
  report(code: ProblemCode, record: number, text: () => string): void {
    if (!this.problems.wants(code)) {
      this.problems.skip(code);
      return;
    }
    const { recordFile, recordPosition } = this.zone;
    const place = this.locate(recordFile[record]!, recordPosition[record]!);
    this.problems.add(code, { ...place, length: 1 }, text());
  }

  /** As `report`, about the first record of an RRset. */
  reportRrset(code: ProblemCode, rrset: number, text: () => string): void {
    this.report(code, this.zone.rrsetRecordFirst[rrset]!, text);
  }

  /** Reports about the main file as a whole. */
  reportZone(code: ProblemCode, text: string): void {
    this.problems.add(code, wholeFile(this.locate(0, 0).file), text);
  }

  ownerText(rrset: number): string {
    return this.nameText(this.zone.rrsetOwner[rrset]!);
  }

  nameText(owner: OwnerId): string {
    const { names } = this.zone;
    return nameText(names.octets, names.offsets[owner]!);
  }
}
