/**
 * Text to the value of a setting and back, by kind. Must not know: where the text comes from.
 */
import { PROBLEM_TOKEN_OCTETS_MAX } from '../base/limits.js';
import type { Environment } from './default-folders.js';
import type { ListRow, NumberRow, SettingRow, TextRow } from './setting-row.js';

export type SettingValue = boolean | number | string | readonly string[];

/** A value, or in words what is wrong with the text. */
export type Scanned = { readonly value: SettingValue } | { readonly fault: string };

const YES: readonly string[] = ['yes', 'true', 'on', '1', ''];
const NO: readonly string[] = ['no', 'false', 'off', '0'];

/** What the text means for a setting of that kind. An empty text is yes for a flag, and the default of a path. */
export function scanValue(row: SettingRow, text: string, environment: Environment): Scanned {
  switch (row.kind) {
    case 'flag':
      return scanFlag(text);
    case 'number':
      return scanNumber(row, text);
    case 'text':
      return scanText(row, text);
    case 'choice':
      return row.choices.includes(text)
        ? { value: text }
        : { fault: `want ${row.choices.join(', ')}; got ${quoted(text)}` };
    case 'path':
      return { value: text === '' ? defaultValue(row, environment) : text };
    case 'list':
      return scanList(row, text);
  }
}

export function defaultValue(row: SettingRow, environment: Environment): SettingValue {
  const value = row.default;
  return typeof value === 'object' && 'of' in value ? value.of(environment) : value;
}

/** As a settings file would say it. */
export function valueText(value: SettingValue): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'object' ? value.join(', ') : String(value);
}

/** The text of `table` that stands for `text`, or `text` itself. */
export function translated(
  table: Readonly<Record<string, string>> | undefined,
  text: string,
): string {
  const folded = text.toLowerCase();
  return table !== undefined && Object.hasOwn(table, folded) ? (table[folded] ?? text) : text;
}

/** Input as a problem shows it: in quotes and not too much of it, so that it stays one line. */
export function quoted(text: string): string {
  const long = text.length > PROBLEM_TOKEN_OCTETS_MAX;
  return JSON.stringify(long ? `${text.slice(0, PROBLEM_TOKEN_OCTETS_MAX)}…` : text);
}

function scanFlag(text: string): Scanned {
  const folded = text.toLowerCase();
  if (YES.includes(folded)) return { value: true };
  if (NO.includes(folded)) return { value: false };
  return { fault: `want yes or no; got ${quoted(text)}` };
}

function scanNumber(row: NumberRow, text: string): Scanned {
  const pattern = row.fraction ? /^\d+(?:\.\d+)?$/ : /^\d+$/;
  const value = Number(text);
  if (pattern.test(text) && value >= row.min && value <= row.max) return { value };
  const unit = row.unit === undefined ? '' : ` ${row.unit}`;
  return { fault: `want ${row.min} to ${row.max}${unit}; got ${quoted(text)}` };
}

function scanText(row: TextRow, text: string): Scanned {
  const value = translated(row.values, text);
  const octetsMax = row.octetsMax ?? Number.POSITIVE_INFINITY;
  if (Buffer.byteLength(value) > octetsMax) return { fault: `longer than ${octetsMax} octets` };
  const fault = row.check?.(value) ?? null;
  return fault === null
    ? { value }
    : { fault: row.secret ? fault : `${fault}; got ${quoted(value)}` };
}

function scanList(row: ListRow, text: string): Scanned {
  const items = text
    .split(row.items === 'paths' ? ',' : /[\s,]/)
    .map((item) => item.trim())
    .filter((item) => item !== '');
  for (const item of items) {
    const fault = row.check?.(item) ?? null;
    if (fault !== null) return { fault: `${fault}; got ${quoted(item)}` };
  }
  return { value: items };
}
