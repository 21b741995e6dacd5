/**
 * THE table of `hotzone key …`: names, arguments, options, help, and what each does. Must not know: the package that
 * reads the command line.
 */
import { errorText, ServerError } from '../base/errors.js';
import type { Environment } from '../config/default-folders.js';
import type { KeyRole } from '../config/signing-policy.js';
import { TIME_FIELDS, timeFromWords } from '../dnssec/key-times.js';
import { ALGORITHMS, DIGEST_TYPES, mnemonicValue } from '../wire/mnemonics.js';
import {
  activateKey,
  deleteKey,
  dsSeen,
  type GivenTimes,
  generateKeys,
  type KeyChange,
  keysOf,
  purgeKeys,
  retireKey,
  startRollover,
} from './key-actions.js';
import { KEY_SETTING_FLAGS, type KeyContext, keyContext } from './key-context.js';
import { keyListData, keyListText, parentRecords } from './key-report.js';

export type KeyOption = readonly [flags: string, help: string];

/** What was given on the command line. */
export type KeyCall = {
  readonly args: readonly string[];
  /** By name without hyphens; those without a value are empty. */
  readonly flags: ReadonlyMap<string, string>;
};

type KeyCommand = {
  readonly name: string;
  readonly args: string;
  readonly help: string;
  readonly options: readonly KeyOption[];
  readonly examples: readonly string[];
  readonly run: (context: KeyContext, call: KeyCall, now: number) => KeyChange | ReportOnly;
};

/** A command that changes nothing. */
type ReportOnly = { readonly text: string; readonly data: object };

export type KeyStreams = {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
};

const AT: KeyOption = ['--at <time>', 'when, instead of now: +1d, 20270131120000'];
const FORCE: KeyOption = ['--force', 'do it though the zone needs the key'];

export const KEY_COMMANDS: readonly KeyCommand[] = [
  {
    name: 'generate',
    args: '<zone>',
    help: 'make the keys that the policy wants and that are not there, or one of a role',
    options: [
      ['--role <role>', 'csk, ksk or zsk'],
      ['--algorithm <name>', 'by name or number, instead of the policy’s'],
      ['--bits <number>', 'of an RSA key'],
      ['--publish <time>', 'when the DNSKEY is in the zone; none: not before you say so'],
      ['--activate <time>', 'when it signs'],
      ['--inactive <time>', 'when it stops signing'],
      ['--delete <time>', 'when it leaves the zone'],
    ],
    examples: [
      'hotzone key generate example.com',
      'hotzone key generate example.com --role zsk --algorithm ed25519',
    ],
    run: generate,
  },
  {
    name: 'list',
    args: '<zone>',
    help: 'the keys of a zone, their states, and rollovers under way',
    options: [],
    examples: ['hotzone key list example.com', 'hotzone key list example.com --json'],
    run: (context, _, now) => listed(context, now),
  },
  {
    name: 'ds',
    args: '<zone>',
    help: 'the DS, CDS, CDNSKEY and DNSKEY records that the parent wants',
    options: [['--digest <types>', 'SHA-256, SHA-384 or both, instead of the policy’s']],
    examples: ['hotzone key ds example.com', 'hotzone key ds example.com --digest 2,4'],
    run: ds,
  },
  {
    name: 'activate',
    args: '<zone> <tag>',
    help: 'have a key sign',
    options: [AT],
    examples: ['hotzone key activate example.com 12345 --at +2d'],
    run: (context, call, now) => activateKey(context, tagOf(call), atOf(call, now)),
  },
  {
    name: 'retire',
    args: '<zone> <tag>',
    help: 'have a key make no more signatures; it leaves the zone when caches need it no more',
    options: [AT, FORCE],
    examples: ['hotzone key retire example.com 12345'],
    run: (context, call, now) =>
      retireKey(context, tagOf(call), atOf(call, now), call.flags.has('force')),
  },
  {
    name: 'delete',
    args: '<zone> <tag>',
    help: 'delete the files of a key that is not in the zone',
    options: [FORCE],
    examples: ['hotzone key delete example.com 12345'],
    run: (context, call, now) => deleteKey(context, tagOf(call), now, call.flags.has('force')),
  },
  {
    name: 'purge',
    args: '<zone>',
    help: 'delete the files of keys that left the zone as long ago as the policy says',
    options: [],
    examples: ['hotzone key purge example.com'],
    run: (context, _, now) => purgeKeys(context, now),
  },
  {
    name: 'rollover',
    args: '<zone> [tag]',
    help: 'make a key that takes over from one in use: a ZSK by pre-publication, a KSK by double DS',
    options: [['--role <role>', 'csk, ksk or zsk, if the zone has several keys in use']],
    examples: [
      'hotzone key rollover example.com --role zsk',
      'hotzone key rollover example.com --role ksk',
    ],
    run: (context, call, now) => startRollover(context, roleOf(call), optionalTag(call), now),
  },
  {
    name: 'ds-seen',
    args: '<zone> [tag]',
    help: 'say that the parent has the DS of the new key on all of its servers',
    options: [AT],
    examples: ['hotzone key ds-seen example.com'],
    run: (context, call, now) => dsSeen(context, optionalTag(call), atOf(call, now), now),
  },
];

/** Options of all commands. */
export const KEY_OPTIONS: readonly KeyOption[] = [
  ...KEY_SETTING_FLAGS.map(([name, value, help]): KeyOption => [`--${name} ${value}`, help]),
  ['--json', 'tell it as one JSON document'],
];

const EXIT_FAILED = 1;

/**
 * Runs a command.
 * @param now seconds since 1970
 * @returns the exit code
 */
export function runKeyCommand(
  command: KeyCommand,
  call: KeyCall,
  streams: KeyStreams,
  environment: Environment,
  now: number,
): number {
  const json = call.flags.has('json');
  try {
    const settings = new Map(
      KEY_SETTING_FLAGS.flatMap(([name]) => {
        const value = call.flags.get(name);
        return value === undefined ? [] : [[name, value] as const];
      }),
    );
    const context = keyContext(call.args[0] ?? '', settings, environment);
    const result = command.run(context, call, now);
    streams.stdout.write(json ? jsonOf(context, result, now) : textOf(context, result, now));
    return 0;
  } catch (error) {
    const text = errorText(error);
    const code = error instanceof ServerError ? error.code : 'KEY_FAILED';
    if (json) streams.stdout.write(`${JSON.stringify({ ok: false, code, text })}\n`);
    else streams.stderr.write(`error: ${text}\n`);
    return EXIT_FAILED;
  }
}

function jsonOf(context: KeyContext, result: KeyChange | ReportOnly, now: number): string {
  if ('data' in result) return `${JSON.stringify({ ok: true, ...result.data })}\n`;
  const data = { ok: true, changed: result.tags, said: result.said };
  return `${JSON.stringify({ ...data, ...keyListData(context, keysOf(context), now) })}\n`;
}

function textOf(context: KeyContext, result: KeyChange | ReportOnly, now: number): string {
  if ('text' in result) return result.text;
  const said = result.said.map((line) => `${line}\n`).join('');
  return `${said}${keyListText(context, keysOf(context), now)}`;
}

// --- arguments --------------------------------------------------------------------------------------------------

function wrong(text: string): ServerError {
  return new ServerError('USAGE', text);
}

function optionalTag({ args }: KeyCall): number | null {
  const text = args[1];
  if (text === undefined) return null;
  if (/^\d{1,5}$/.test(text) && Number(text) < 65536) return Number(text);
  throw wrong(`not the tag of a key: ${text}`);
}

function tagOf(call: KeyCall): number {
  const tag = optionalTag(call);
  if (tag === null) throw wrong('which key? its tag is missing');
  return tag;
}

function timeOf(name: string, text: string, now: number): number | 'none' {
  const at = timeFromWords(text, now);
  if (at !== null) return at;
  throw wrong(`--${name}: not a time: ${text} (want now, +1d, -2h, YYYYMMDDHHMMSS or none)`);
}

function atOf({ flags }: KeyCall, now: number): number {
  const at = timeOf('at', flags.get('at') ?? 'now', now);
  if (at === 'none') throw wrong('--at: want a time');
  return at;
}

function roleOf({ flags }: KeyCall): KeyRole | null {
  const text = flags.get('role');
  if (text === undefined) return null;
  if (text === 'csk' || text === 'ksk' || text === 'zsk') return text;
  throw wrong(`--role: want csk, ksk or zsk, not ${text}`);
}

/** Algorithms that keys can be made for. */
const ALGORITHMS_MADE: ReadonlySet<number> = new Set([8, 10, 13, 14, 15, 16]);
const RSA_BITS_MIN = 1024;
const RSA_BITS_MAX = 4096;

function generate(context: KeyContext, call: KeyCall, now: number): KeyChange {
  const { flags } = call;
  const name = flags.get('algorithm') ?? null;
  const algorithm = name === null ? null : numberOf(ALGORITHMS, name);
  if (algorithm !== null && !ALGORITHMS_MADE.has(algorithm)) {
    throw wrong(`--algorithm: keys are not made for ${name}`);
  }
  const bitsText = flags.get('bits') ?? null;
  const bits = bitsText === null ? null : Number(bitsText);
  if (bits !== null && !(bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX)) {
    throw wrong(`--bits: want ${RSA_BITS_MIN} to ${RSA_BITS_MAX}`);
  }
  const times: { -readonly [Field in keyof GivenTimes]: GivenTimes[Field] } = {};
  for (const field of TIME_FIELDS) {
    const text = flags.get(field.toLowerCase());
    if (text !== undefined) times[field] = timeOf(field.toLowerCase(), text, now);
  }
  return generateKeys(context, { role: roleOf(call), algorithm, bits, times }, now);
}

function numberOf(table: ReadonlyMap<string, number>, text: string): number {
  return /^\d{1,3}$/.test(text) ? Number(text) : mnemonicValue(table, text);
}

function listed(context: KeyContext, now: number): ReportOnly {
  const keys = keysOf(context);
  return { text: keyListText(context, keys, now), data: keyListData(context, keys, now) };
}

function ds(context: KeyContext, { flags }: KeyCall, now: number): ReportOnly {
  const digests = (flags.get('digest') ?? '').split(',').filter((word) => word !== '');
  const types = digests.map((text) => numberOf(DIGEST_TYPES, text));
  if (types.some((type) => type !== 2 && type !== 4)) {
    throw wrong('--digest: want SHA-256, SHA-384 or both');
  }
  const records = parentRecords(context, keysOf(context), types, now);
  if (records.length === 0) {
    throw new ServerError('KEY_UNKNOWN', `${context.zoneText} has no key for its parent`);
  }
  const text = records.map((record) => `${record.text}\n`).join('');
  return { text, data: { zone: context.zoneText, records } };
}
