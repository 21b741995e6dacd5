/**
 * Problems as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), for code scanners and editors.
 * Must not know: how zones are checked.
 */
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Problem } from '../base/problem.js';
import { PROBLEM_CODES, type ProblemCode } from '../base/problem-codes.js';
import { lineText, type Source } from '../base/source.js';
import type { CheckedZone, Reporter } from './checked-zone.js';

const CODES = Object.keys(PROBLEM_CODES) as ProblemCode[];

export class SarifReporter implements Reporter {
  private readonly out: { write(text: string): unknown };
  private readonly results: object[] = [];

  constructor(out: { write(text: string): unknown }) {
    this.out = out;
  }

  zone(checked: CheckedZone): void {
    for (const problem of checked.problems) {
      const source = checked.sources.find(({ path }) => path === problem.file);
      this.results.push(resultOf(problem, source));
    }
  }

  end(): void {
    const rules = CODES.map((id) => ({
      id,
      shortDescription: { text: PROBLEM_CODES[id].help },
      help: { text: PROBLEM_CODES[id].help },
      defaultConfiguration: { level: PROBLEM_CODES[id].severity },
    }));
    const run = {
      tool: { driver: { name: 'hotzone', rules } },
      columnKind: 'utf16CodeUnits',
      results: this.results,
    };
    const document = {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [run],
    };
    this.out.write(`${JSON.stringify(document, null, 2)}\n`);
  }
}

function resultOf(problem: Problem, source: Source | undefined): object {
  const artifactLocation = { uri: uriOf(problem.file) };
  const region = regionOf(problem, source);
  const physicalLocation = region === null ? { artifactLocation } : { artifactLocation, region };
  return {
    ruleId: problem.code,
    ruleIndex: CODES.indexOf(problem.code),
    level: problem.severity,
    message: { text: problem.text },
    locations: [{ physicalLocation }],
  };
}

/** Octets become UTF-16 units, which SARIF counts. */
function regionOf({ line, column, length }: Problem, source: Source | undefined): object | null {
  if (line === 0) return null;
  const text = source === undefined ? null : lineText(source, line);
  if (column === 0 || text === null) return { startLine: line };
  const octets = Buffer.from(text);
  const startColumn = octets.toString('utf8', 0, column - 1).length + 1;
  const marked = octets.toString('utf8', column - 1, column - 1 + length).length;
  return { startLine: line, startColumn, endColumn: startColumn + Math.max(1, marked) };
}

function uriOf(path: string): string {
  if (isAbsolute(path)) return pathToFileURL(path).href;
  return path.split('/').map(encodeURIComponent).join('/');
}
