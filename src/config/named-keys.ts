/**
 * TSIG keys of named.conf (RFC 8945 §6): their statements, and which names are known. A secret is never quoted in a
 * problem. Must not know: who signs with them.
 */
import { placeOf } from '../base/source.js';
import { nameFromText, nameText } from '../wire/name-text.js';
import { digestOctets, macOctetsMin, type TsigAlgorithm, tsigAlgorithm } from '../wire/tsig-key.js';
import type { Cursor } from './named-cursor.js';
import { type NamedReport, quoted, type Spot } from './named-report.js';
import type { Word } from './named-tree.js';
import type { NamedKey } from './named-types.js';

/** A key's name, comparable. */
export function keyNameOf(text: string): string {
  const lower = text.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** What the block of a `key` statement has said so far. */
export type KeyDraft = { algorithm: Word | null; secret: Word | null };

export class KeyTable {
  private readonly keys = new Map<string, { readonly key: NamedKey | null; readonly spot: Spot }>();
  private readonly report: NamedReport;

  constructor(report: NamedReport) {
    this.report = report;
  }

  list(): NamedKey[] {
    return [...this.keys.values()].flatMap(({ key }) => (key === null ? [] : [key]));
  }

  /** Says so if a key is used that is not defined. A key that is defined wrongly was reported already. */
  use(name: string, spot: Spot): void {
    if (this.keys.has(name)) return;
    this.report.add('CONFIG_KEY_UNKNOWN', spot, `no key is named ${quoted(name)}`);
  }

  /** Takes a key as defined. */
  define(cursor: Cursor, name: Word, draft: KeyDraft): void {
    const text = keyNameOf(name.text);
    const known = this.keys.get(text);
    if (known !== undefined) {
      const { line } = placeOf(known.spot.source, known.spot.start);
      const where = `${known.spot.source.path}:${line}`;
      cursor.fault('CONFIG_REPEATED', name, `the key is already defined at ${where}`);
      return;
    }
    this.keys.set(text, { key: readKey(cursor, name, draft), spot: cursor.spot(name) });
  }
}

function readKey(cursor: Cursor, name: Word, { algorithm, secret }: KeyDraft): NamedKey | null {
  const octets = nameFromText(name.text);
  if (octets === null) return cursor.fault('CONFIG_KEY', name, 'the name is not a domain name');
  if (algorithm === null || secret === null) {
    const missing = algorithm === null ? 'algorithm' : 'secret';
    return cursor.fault('CONFIG_KEY', name, `the key has no ${missing}`);
  }
  const parsed = /^(hmac-(?:md5|sha\d+))(?:\.sig-alg\.reg\.int\.?)?(?:-(\d{1,3}))?$/.exec(
    algorithm.text.toLowerCase(),
  );
  const family = tsigAlgorithm(parsed?.[1] ?? '');
  if (family === null) return cursor.fault('CONFIG_KEY', algorithm, 'no such algorithm');
  const bits = parsed?.[2] === undefined ? null : Number(parsed[2]);
  if (bits !== null && (bits % 8 !== 0 || bits > 8 * digestOctets(family))) {
    return cursor.fault('CONFIG_KEY', algorithm, 'the digest cannot be cut to so many bits');
  }
  const base64 = secret.text.replace(/\s+/g, '');
  if (base64 === '' || base64.length % 4 !== 0 || !/^[a-z0-9+/]+={0,2}$/i.test(base64)) {
    return cursor.fault('CONFIG_KEY', secret, 'the secret is not base64');
  }
  return {
    name: nameText(octets, 0).slice(0, -1).toLowerCase(),
    algorithm: family,
    digestBits: bits === null ? null : raisedBits(cursor, algorithm, family, bits),
    secret: base64,
    place: { file: cursor.statement.source.path, ...placeOf(cursor.statement.source, name.start) },
  };
}

/** BIND takes a key that is cut too short, but nobody takes what it signs. */
function raisedBits(cursor: Cursor, word: Word, family: TsigAlgorithm, bits: number): number {
  const least = 8 * macOctetsMin(family);
  if (bits >= least) return bits;
  const text = `a digest cut to ${bits} bits is taken by nobody: ${least} are used`;
  cursor.fault('CONFIG_UNSUPPORTED', word, text);
  return least;
}
