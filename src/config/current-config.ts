/**
 * The effective settings as text, in the form that PowerDNS gives its own: sorted by name, each with its help, and
 * those left at their defaults as comments. The text can be read as a settings file. Must not know: where values come
 * from.
 */
import type { SettingRow } from './setting-row.js';
import { type SettingValue, valueText } from './setting-values.js';

type ShownSetting = {
  /** As it is written, with the instance in it if it is one's own. */
  readonly name: string;
  readonly row: SettingRow;
  readonly value: SettingValue;
  /** Whether it was given, so that the line counts. */
  readonly changed: boolean;
};

const SECRET = '****';

/** @param changedOnly only the lines that count, without help. */
export function currentConfig(settings: readonly ShownSetting[], changedOnly: boolean): string {
  const sorted = settings.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const blocks = sorted
    .filter(({ changed }) => changed || !changedOnly)
    .map((setting) => (changedOnly ? `${lineOf(setting)}\n` : blockOf(setting)));
  return `# Effective settings of this running server\n\n${blocks.join('')}`;
}

function blockOf(setting: ShownSetting): string {
  const { name, row, changed } = setting;
  const line = changed ? lineOf(setting) : `# ${lineOf(setting)}`;
  return `${'#'.repeat(33)}\n# ${name}\t${row.help}\n#\n${line}\n\n`;
}

function lineOf({ name, row, value }: ShownSetting): string {
  const secret = row.kind === 'text' && row.secret === true && value !== '';
  return `${name}=${secret ? SECRET : valueText(value)}`;
}
