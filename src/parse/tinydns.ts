/**
 * Text of tinydns, the file `data`: one pass over octets; every line becomes the records that djb's tinydns-data would
 * store, and what is wrong, or what djb takes silently, a problem with its place. A bad line makes no records and does
 * not end the parse. Must not know: zones, data.cdb, where the text comes from.
 */
import type { ProblemList } from '../base/problem.js';
import type { Source } from '../base/source.js';
import { LINE_KINDS, type LineKind, type TinydnsDialect } from './tinydns-kinds.js';
import { TinydnsLine } from './tinydns-line.js';
import { RecordMaker } from './tinydns-records.js';
import type { TinydnsSink } from './tinydns-sink.js';

/** How a text is meant. */
export type TinydnsOptions = {
  readonly dialect: TinydnsDialect;
  /** Modification time of the file, since 1970: the serial of SOAs that have none; 0 counts as 1. */
  readonly mtimeSeconds: number;
};

const NEWLINE = 0x0a;
/** `#` and `-`: the latter is a `+` line that a monitor has switched off. */
const HASH = 0x23;
const HYPHEN = 0x2d;

/**
 * Parses a text. Records and locations go to the sink in the order in which tinydns-data stores them, those of the
 * lines with errors left out; `file` is 0 in all of them.
 */
export function parseTinydns(
  source: Source,
  sink: TinydnsSink,
  problems: ProblemList,
  options: TinydnsOptions,
): void {
  const kinds = kindsOf(options.dialect);
  const line = new TinydnsLine(source, problems);
  readLines(source, line, kinds, new RecordMaker(sink, options.mtimeSeconds >>> 0 || 1));
  line.reportUnknownLocations();
  if (source.length > 0 && source.octets[source.length - 1] !== NEWLINE) {
    line.reportAt('FINAL_NEWLINE_MISSING', source.length, 1, 'the last line has no newline');
  }
}

/** Kinds of line by first octet. */
function kindsOf(dialect: TinydnsDialect): readonly (LineKind | null)[] {
  const kinds: (LineKind | null)[] = new Array(256).fill(null);
  for (const kind of LINE_KINDS) {
    if (kind.dialects.includes(dialect)) kinds[kind.character.charCodeAt(0)] = kind;
  }
  return kinds;
}

// === hot path

function readLines(
  source: Source,
  line: TinydnsLine,
  kinds: readonly (LineKind | null)[],
  out: RecordMaker,
): void {
  const { octets, length } = source;
  let at = 0;
  while (at < length) {
    const first = octets[at]!;
    if (first === NEWLINE) {
      at++;
    } else if (first === HASH || first === HYPHEN) {
      at = octets.indexOf(NEWLINE, at) + 1;
    } else {
      at = line.split(at);
      const kind = kinds[first]!;
      if (kind === null) refuseLine(line, first);
      else {
        kind.read(line, out);
        const fieldCount = kind.fields.length;
        if (line.fieldCount > fieldCount) line.reportExtra(fieldCount);
      }
    }
  }
}

// === end of hot path

function refuseLine(line: TinydnsLine, first: number): void {
  // blanks alone are an empty line
  if (line.start === line.stop) return;
  const character = String.fromCharCode(first);
  const kind = LINE_KINDS.find((row) => row.character === character);
  const shown =
    first > 0x20 && first < 0x7f ? character : `\\${first.toString(8).padStart(3, '0')}`;
  const text =
    kind === undefined
      ? `no line begins with ${shown}`
      : `lines that begin with ${shown} belong to other dialects: ${kind.dialects.join(', ')}`;
  line.reportAt('TINYDNS_LINE', line.start, 1, text);
}
