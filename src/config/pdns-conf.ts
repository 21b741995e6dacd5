/**
 * Reads the syntax of pdns.conf: `name=value`, `name+=value`, a bare name, comments after #, lines that go on after a
 * backslash. Keeps the place of every name and value. Must not know: which settings there are.
 *
 * As PowerDNS does it, lines are joined first: a comment that ends in a backslash takes the next line with it. A #
 * starts a comment at the start of a line or after a blank, and only the first # of a line is looked at.
 */
import { isUtf8 } from 'node:buffer';
import { type Problem, type ProblemList, wholeFile } from '../base/problem.js';
import { placeOf, type Source, textStart } from '../base/source.js';

export type SettingPlace = Omit<Problem, 'code' | 'severity' | 'text'>;

/** The place of what is in no file: `source` is a flag or the name of a variable. */
export function placeOutside(source: string): SettingPlace {
  return wholeFile(source);
}

/** A place in words. */
export function placeText({ file, line }: SettingPlace): string {
  return line === 0 ? file : `${file}:${line}`;
}

/** One setting as written. */
export type SettingEntry = {
  readonly name: string;
  /** `null` for a bare name. */
  readonly value: string | null;
  /** Whether `+=` was written. */
  readonly append: boolean;
  /** Of the name. */
  readonly at: SettingPlace;
  /** Of the value; of the name if there is none. */
  readonly valueAt: SettingPlace;
};

/** A line with those that continue it, one character per octet. */
type JoinedLine = {
  readonly text: string;
  /** Where each piece starts, in `text` and in the file. */
  readonly pieces: readonly { readonly at: number; readonly offset: number }[];
  /** Whether the file ends where a further line should be. */
  readonly cut: boolean;
  /** Offset of the next line in the file. */
  readonly next: number;
};

/** What is wrong with `file` from `offset` on. */
type Report = (offset: number, length: number, text: string) => void;

const BLANKS = ' \t\r\v\f';

/** Every setting of the file in order; what is no setting becomes a SETTING_SYNTAX problem. */
export function readPdnsConf(source: Source, problems: ProblemList): SettingEntry[] {
  const text = Buffer.from(source.octets.subarray(0, source.length)).toString('latin1');
  const place = (offset: number, length: number): SettingPlace => {
    return { file: source.path, ...placeOf(source, offset), length: Math.max(1, length) };
  };
  const report: Report = (offset, length, what) => {
    problems.add('SETTING_SYNTAX', place(offset, length), what);
  };
  const entries: SettingEntry[] = [];
  let at = textStart(source);
  while (at < text.length) {
    const line = joinLine(text, at);
    at = line.next;
    if (line.cut)
      report(offsetIn(line, 0), 1, 'the file ends after a backslash: a line is missing');
    const stop = commentStart(line.text);
    const swallowed = statementAfter(line, stop);
    if (swallowed !== null) {
      const what = 'this line belongs to the comment above it, which ends in a backslash';
      problems.add('SETTING_IGNORED', place(swallowed, 1), what);
    }
    const entry = line.cut ? null : scanEntry(line, stop, place, report);
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

function joinLine(text: string, start: number): JoinedLine {
  const pieces: { at: number; offset: number }[] = [];
  const parts: string[] = [];
  let joined = 0;
  let at = start;
  for (;;) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    const stop = stopBeforeBlanks(text, at, end);
    const goesOn = stop > at && text[stop - 1] === '\\';
    const part = text.slice(at, goesOn ? stop - 1 : stop);
    pieces.push({ at: joined, offset: at });
    parts.push(part);
    joined += part.length;
    at = newline === -1 ? text.length : newline + 1;
    const cut = goesOn && at >= text.length;
    if (!goesOn || cut) return { text: parts.join(''), pieces, cut, next: at };
  }
}

function scanEntry(
  line: JoinedLine,
  end: number,
  place: (offset: number, length: number) => SettingPlace,
  report: Report,
): SettingEntry | null {
  const { text } = line;
  const start = startAfterBlanks(text, 0, end);
  const stop = stopBeforeBlanks(text, start, end);
  if (start === stop) return null;
  const sign = text.indexOf('=', start);
  const bare = sign === -1 || sign >= stop;
  const append = !bare && sign > start && text[sign - 1] === '+';
  const nameStop = stopBeforeBlanks(text, start, bare ? stop : append ? sign - 1 : sign);
  const name = text.slice(start, nameStop);
  const nameOffset = offsetIn(line, start);
  if (!/^[a-z0-9][a-z0-9-]*$/i.test(name)) {
    report(nameOffset, name.length, name === '' ? 'no name before =' : 'want name=value');
    return null;
  }
  const at = place(nameOffset, name.length);
  if (bare) return { name, value: null, append, at, valueAt: at };
  const valueStart = startAfterBlanks(text, sign + 1, stop);
  const octets = Buffer.from(text.slice(valueStart, stop), 'latin1');
  const valueOffset = offsetIn(line, valueStart);
  if (!isUtf8(octets) || octets.some(isControl)) {
    report(valueOffset, 1, 'the value is not UTF-8, or has control characters');
    return null;
  }
  const shown = Math.min(stop, pieceEnd(line, valueStart)) - valueStart;
  const valueAt = place(valueOffset, shown);
  return { name, value: octets.toString('utf8'), append, at, valueAt };
}

/** Offset in the file of the first line behind `stop` that has more than blanks and a comment of its own. */
function statementAfter({ text, pieces }: JoinedLine, stop: number): number | null {
  const found = pieces.find(({ at }, i) => {
    const end = pieces[i + 1]?.at ?? text.length;
    const first = startAfterBlanks(text, at, end);
    return at > stop && first < end && text[first] !== '#';
  });
  return found?.offset ?? null;
}

/** Where the comment starts, or the length of the text. */
function commentStart(text: string): number {
  const at = text.indexOf('#');
  const starts = at === 0 || (at > 0 && BLANKS.includes(text[at - 1]!));
  return starts ? at : text.length;
}

/** Offset in the file of an index into a joined line. */
function offsetIn(line: JoinedLine, index: number): number {
  const piece = line.pieces.findLast(({ at }) => at <= index);
  return piece === undefined ? 0 : piece.offset + index - piece.at;
}

/** Index at which the piece with `index` ends. */
function pieceEnd(line: JoinedLine, index: number): number {
  return line.pieces.find(({ at }) => at > index)?.at ?? line.text.length;
}

function startAfterBlanks(text: string, start: number, stop: number): number {
  let at = start;
  while (at < stop && BLANKS.includes(text[at]!)) at++;
  return at;
}

function stopBeforeBlanks(text: string, start: number, stop: number): number {
  let at = stop;
  while (at > start && BLANKS.includes(text[at - 1]!)) at--;
  return at;
}

function isControl(octet: number): boolean {
  return (octet < 0x20 && octet !== 0x09) || octet === 0x7f;
}
