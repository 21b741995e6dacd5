/**
 * Problems as one JSON document, whose shape is stable (docs/CHECK.md). Must not know: how zones are checked.
 */
import type { CheckedZone, Reporter } from './checked-zone.js';

const SHAPE_VERSION = 1;

export class JsonReporter implements Reporter {
  private readonly out: { write(text: string): unknown };
  private readonly zones: object[] = [];
  private errors = 0;
  private warnings = 0;

  constructor(out: { write(text: string): unknown }) {
    this.out = out;
  }

  zone(checked: CheckedZone): void {
    this.errors += checked.errorCount;
    this.warnings += checked.warningCount;
    this.zones.push({
      file: checked.file,
      zone: checked.name,
      serial: checked.serial,
      records: checked.recordCount,
      errors: checked.errorCount,
      warnings: checked.warningCount,
      problems: checked.problems.map(({ code, severity, file, line, column, length, text }) => ({
        code,
        severity,
        file,
        line,
        column,
        length,
        message: text,
      })),
    });
  }

  end(): void {
    const { errors, warnings, zones } = this;
    this.out.write(
      `${JSON.stringify({ version: SHAPE_VERSION, errors, warnings, zones }, null, 2)}\n`,
    );
  }
}
