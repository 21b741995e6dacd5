/**
 * The page docs/CONFIG.md, made of the tables of settings. Must not know: who writes it.
 */
import { type NamedRow, settingRows } from '../src/config/options.js';
import { PDNS_SETTINGS_WITHOUT_EFFECT } from '../src/config/pdns-settings.js';
import type { SettingRow } from '../src/config/setting-row.js';
import { valueText } from '../src/config/setting-values.js';
import { hasInstances } from '../src/config/value-checks.js';

const INTRODUCTION = `# Settings

Every setting can be given as a flag of \`hotzone serve\`, as an environment variable, or in a file. A flag counts more
than a variable, a variable more than a file, a file more than the default. Where PowerDNS has the same setting, it
has the same name.

This page is written by \`npm run docs\` from \`src/config/options.ts\` and \`src/config/pdns-settings.ts\`.

## Where settings are read from

| | |
|---|---|
| flag | \`--local-port=53\` |
| variable | \`HOTZONE_LOCAL_PORT=53\`; an empty variable counts as none |
| file | \`local-port=53\` in \`pdns.conf\` of the config-dir, or in \`pdns-NAME.conf\` with \`config-name=NAME\` |
| more files | every \`*.conf\` of the include-dir, after the main file |

The files of the include-dir are read in the order of their names, letter case aside. Hidden files are left alone, and
folders in it are not looked into.

No file is read unless \`config-dir\` or \`config-name\` is given as a flag or variable. Relative paths start at the
directory in which the server was started.

A flag, or a setting in a file, that does not exist is an error. So is a variable that begins with \`HOTZONE_\` and is
nearly the name of a setting; other such variables are left alone, since orchestrators make some of their own.

## Syntax of a file

\`\`\`ini
# a comment, at the start of a line or after a blank
local-address = 192.0.2.53, [2001:db8::53]:5353
local-port    = 53
strict                           # a bare name is yes
zones-dir     = /srv/zones, \\
                /srv/more zones  # a backslash joins lines
zones-dir    += /srv/others      # appends to a list
\`\`\`

This is the syntax of PowerDNS, and \`pdns_server --config\` is what the tests compare with. What PowerDNS leaves out
without a word is a problem here, with file, line and column: a line that is no setting, a file that ends in a
backslash, a line that a comment before it swallows, a value out of its range. More differences:

- \`false\` and \`0\` are no. PowerDNS 4.7 takes them for yes; it knows \`no\` and \`off\` in small letters only.
- \`+=\` is for lists only, and needs no \`=\` before it: it appends to the default then.
- An unknown setting is an error, unless \`ignore-unknown-settings\` names it.
- A setting given twice is a warning that names both places. The last one counts.
- The dump of effective settings shows secrets as \`****\`.

## Instances

The source tinydns can be launched more than once, each time with another name of lower-case letters, digits and
hyphens. A setting with that name behind \`tinydns\` is for this instance only.

\`\`\`ini
launch              = tinydns:a, tinydns:b
tinydns-locations   = no                    # for a and b
tinydns-a-dbfile    = /srv/a/data.cdb
tinydns-b-dbfile    = /srv/b/data
tinydns-b-locations = yes                   # for b, instead
\`\`\`

The same as flag and variable: \`--tinydns-a-dbfile=…\`, \`HOTZONE_TINYDNS_A_DBFILE=…\`. What an instance is not
given itself it takes from the setting without a name, wherever that is given, else it has the default. PowerDNS
differs here: each of its instances has settings of its own only, and with \`launch=tinydns:a\` it refuses to start if
there is a \`tinydns-dbfile\`, or the setting of an instance that is not launched. That one is a warning here.

The settings \`tinydns-…\` without a name, but for \`tinydns-dbfile\` and \`tinydns-notify-on-startup\`, count for
tinydns data in zone directories, too.
`;

/** The whole page. */
export function configPage(): string {
  return [
    INTRODUCTION,
    '## All settings',
    '',
    '| setting | values | default | meaning |',
    '|---|---|---|---|',
    ...settingRows().map(settingLine),
    '',
    '## Other names',
    '',
    'These count, with a warning that says what they are called here.',
    '',
    '| name | setting |',
    '|---|---|',
    ...settingRows().flatMap((row) => (row.former ?? []).map(({ name }) => line([name, row.name]))),
    '',
    '## Settings of PowerDNS that have no effect',
    '',
    'A file may have them; each is a warning. So are the settings of sources of zones that are not served.',
    '',
    '| setting | why |',
    '|---|---|',
    ...Object.entries(PDNS_SETTINGS_WITHOUT_EFFECT)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, why]) => `| \`${name}\` | ${why} |`),
    '',
  ].join('\n');
}

function settingLine(row: NamedRow): string {
  const change = row.atRunTime === true ? '; may change at run time' : '';
  const where = row.startOnly === true ? '; not in a file' : '';
  const each =
    row.source !== undefined && hasInstances(row.source) ? '; each instance may have its own' : '';
  const meaning = `${row.help.replaceAll('|', '\\|')}${change}${where}${each}`;
  return `| \`${row.name}\` | ${valuesText(row)} | ${defaultText(row)} | ${meaning} |`;
}

function line(names: readonly string[]): string {
  return `| ${names.map((name) => `\`${name}\``).join(' | ')} |`;
}

function valuesText(row: SettingRow): string {
  switch (row.kind) {
    case 'flag':
      return 'yes, no';
    case 'number':
      return `${row.min} to ${row.max}${row.unit === undefined ? '' : ` ${row.unit}`}`;
    case 'choice':
      return row.choices.join(', ');
    case 'list':
      return `list of ${row.items}`;
    case 'text':
    case 'path':
      return row.kind;
  }
}

function defaultText(row: SettingRow): string {
  const value = row.default;
  if (typeof value === 'object' && 'says' in value) return value.says;
  const text = valueText(value);
  return text === '' ? '' : `\`${text}\``;
}
