/**
 * The command line: names, options and help of every command, exit codes and signals. The one file that imports
 * commander. What only one command needs is loaded for that command. Must not know: how any command does its work.
 *
 * Exit codes: 0 done, 1 could not do it, 2 called wrongly.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { SIGNATURE_WARNING_DAYS, SIGNATURE_WARNING_DAYS_MAX } from './base/limits.js';
import { programVersion } from './base/version.js';
import { flagHelp, separateFlags } from './config/setting-flags.js';
import type { CheckFormat, CheckOptions } from './control/check.js';
import type { ConvertOptions } from './control/convert.js';
import type { StoreFormat, StorePlace } from './control/store-place.js';
import type { StoreTableName } from './control/store-tables.js';
import type { ZoneLoader } from './load/loader.js';
import { type Serving, serve } from './serve-command.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const CHECK_FORMATS: readonly CheckFormat[] = ['text', 'json', 'sarif'];
const CONVERT_FORMATS: readonly ConvertOptions['to'][] = ['bind', 'json', 'cdb', 'data'];
const DIALECTS: readonly ConvertOptions['dialect'][] = ['djb', 'debian', 'fefe', 'all'];

const STORE_FORMATS: readonly StoreFormat[] = ['text', 'json'];
const STORE_TABLES: readonly StoreTableName[] = [
  'images',
  'journal',
  'notified',
  'secondaries',
  'served',
];

function makeProgram(serving: Serving): Command {
  const program = new Command('hotzone')
    .description(
      'Authoritative DNS server whose zones are files. Save a file and the change is live.',
    )
    .version(programVersion())
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE));
  addServe(program, serving);
  addCheck(program);
  addConvert(program);
  addStore(program);
  program
    .command('control')
    .description('Send a command to a running server; `hotzone control help` lists them.')
    .argument('[word...]', 'options and the command')
    .helpOption(false);
  return program;
}

/** Its options are settings, which are taken out of the command line before commander sees it. */
function addServe(program: Command, serving: Serving): void {
  const command = program
    .command('serve')
    .description('Serve zone files, and reload each of them when it changes.')
    .argument(
      '[source...]',
      'zone directories (NAME.zone, NAME.db, db.NAME in them) or files; if none, zones-dir or `zones`',
    )
    .option('--check-config', 'tell what is wrong with settings and named.conf, and serve nothing')
    .addHelpText(
      'after',
      '\nEvery option but --check-config is a setting: it may also stand in a settings file (see\n' +
        '--config-dir) or in the environment (HOTZONE_LOCAL_PORT). With --launch=tinydns:a,\n' +
        '--tinydns-a-dbfile is --tinydns-dbfile of that instance only, and so are the others.\n' +
        '\nSignals: HUP compares everything with the disk, TERM and INT stop the server.\n' +
        'The log goes to standard error: sentences on a terminal, JSON lines elsewhere.',
    )
    .action((sources: string[], options: { readonly checkConfig?: boolean }) =>
      serve(sources, options.checkConfig === true, serving),
    );
  for (const { flags, text } of flagHelp()) command.option(flags, text);
}

function addCheck(program: Command): void {
  program
    .command('check')
    .description('Check zone files as the server would read them, and serve nothing.')
    .argument('<path...>', 'zone files, directories of them, or - for standard input')
    .option('--origin <name>', 'the zone, if neither file name nor SOA says it')
    .addOption(
      new Option('--format <how>', 'form of the report').choices(CHECK_FORMATS).default('text'),
    )
    .option('--print', 'write each good zone in canonical form to standard output', false)
    .option('--strict', 'count warnings as errors', false)
    .option(
      '--ignore-broken',
      'leave out records that cannot be served, each with a warning',
      false,
    )
    .option('--include-outside', 'let $INCLUDE leave the zone directory', false)
    .option('--no-signatures', 'do not verify the signatures of signed zones, which takes time')
    .addOption(
      new Option('--signature-warning-days <days>', 'warn of signatures that end within so long')
        .argParser(daysOf)
        .default(SIGNATURE_WARNING_DAYS),
    )
    .addHelpText('after', '\nExit codes: 0 no errors, 1 errors, 2 called wrongly.')
    .action(check);
}

function addConvert(program: Command): void {
  program
    .command('convert')
    .description('Turn zone files, zones as JSON, tinydns data and data.cdb into each other.')
    .argument('<file...>', 'files in any of these formats')
    .addOption(
      new Option('--to <format>', 'what to write').choices(CONVERT_FORMATS).makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--from <format>',
        'what the files are, if name and content do not say it',
      ).choices(CONVERT_FORMATS),
    )
    .option(
      '-o, --output <path>',
      'file, or folder for a file per zone; without it, standard output',
    )
    .option('--origin <name>', 'the zone of a zone file, if neither its name nor its SOA says it')
    .option('--include-outside', 'let $INCLUDE leave the folder of its file', false)
    .addOption(
      new Option('--dialect <name>', 'which extensions of tinydns data are read')
        .choices(DIALECTS)
        .default('all'),
    )
    .option('--lossy', 'leave out what the format cannot hold, each with a warning', false)
    .addHelpText('after', '\nExit codes: 0 done, 1 nothing was written, 2 called wrongly.')
    .action(convert);
}

type StoreFlags = StorePlace & { readonly format: StoreFormat };
type StoreTableFlags = StoreFlags & {
  readonly table?: StoreTableName[];
  readonly all: boolean;
};

function addStore(program: Command): void {
  const store = program
    .command('store')
    .description('Look after what the server keeps in state-dir across restarts.');
  const ls = storeCommand(store, 'ls', 'Tell what is kept, whether a server runs or not.')
    .argument('[zone...]', 'only these')
    .option('--all', 'every table', false);
  addTables(ls, 'what is listed, more than once for more (default: images)')
    .addHelpText('after', storeHelp('ls', 'ls example.com --all', 'ls --table journal'))
    .action(storeLs);
  storeCommand(store, 'verify', 'Read all that is kept, and tell what is not as it was written.')
    .addHelpText('after', storeHelp('verify', 'verify --state-dir /var/lib/hotzone --format json'))
    .action(storeVerify);
  storeCommand(store, 'compact', 'Give disk space back that is not needed; no server may run.')
    .addHelpText('after', storeHelp('compact'))
    .action(storeCompact);
  const drop = storeCommand(store, 'drop', 'Forget what is kept; no server may run.')
    .argument('[zone...]', 'only these')
    .option('--all', 'every table', false)
    .option('--yes', 'also what cannot be had again from the zone files', false);
  addTables(drop, 'what is forgotten, more than once for more (default: images)')
    .addHelpText(
      'after',
      storeHelp('drop example.com', 'drop --table images', 'drop example.com --all --yes'),
    )
    .action(storeDrop);
}

function storeCommand(store: Command, name: string, text: string): Command {
  return store
    .command(name)
    .description(text)
    .option('--state-dir <path>', 'as for serve: the store is the folder `store` in it')
    .option('--config-dir <path>', 'folder of the pdns.conf that says where state-dir is')
    .option('--config-name <name>', 'name of the instance: the file is pdns-NAME.conf')
    .addOption(
      new Option('--format <how>', 'form of the output').choices(STORE_FORMATS).default('text'),
    );
}

function addTables(command: Command, text: string): Command {
  return command.addOption(
    new Option('--table <name>', text)
      .choices(STORE_TABLES)
      .argParser((value: string, former: StoreTableName[] = []) => {
        const known = STORE_TABLES.find((name) => name === value);
        if (known !== undefined) return [...former, known];
        throw new InvalidArgumentError(`Allowed choices are ${STORE_TABLES.join(', ')}.`);
      }),
  );
}

function storeHelp(...examples: readonly string[]): string {
  const lines = examples.map((example) => `\n  hotzone store ${example}`).join('');
  return `\nExamples:${lines}\n\nExit codes: 0 done, 1 could not do it, or errors, 2 called wrongly.`;
}

async function storeLs(zones: string[], { table = [], ...flags }: StoreTableFlags): Promise<void> {
  endWithReader();
  const { runStoreLs } = await import('./control/store-ls.js');
  process.exitCode = await runStoreLs({ ...flags, zones, tables: table }, process);
}

async function storeVerify(flags: StoreFlags): Promise<void> {
  endWithReader();
  const { runStoreVerify } = await import('./control/store-verify.js');
  process.exitCode = await runStoreVerify(flags, process);
}

async function storeCompact(flags: StoreFlags): Promise<void> {
  endWithReader();
  const { runStoreCompact } = await import('./control/store-compact.js');
  process.exitCode = await runStoreCompact(flags, process);
}

async function storeDrop(
  zones: string[],
  { table = [], ...flags }: StoreTableFlags & { readonly yes: boolean },
): Promise<void> {
  endWithReader();
  const { runStoreDrop } = await import('./control/store-drop.js');
  process.exitCode = await runStoreDrop({ ...flags, zones, tables: table }, process);
}

/** Its commands are a table, which is read with them alone. */
async function addKeyCommands(key: Command): Promise<void> {
  const { KEY_COMMANDS, KEY_OPTIONS, runKeyCommand } = await import('./control/key-commands.js');
  key.addHelpText('after', '\nExit codes: 0 done, 1 the command failed, 2 called wrongly.');
  for (const row of KEY_COMMANDS) {
    const command = key.command(row.name).description(row.help);
    for (const word of row.args.split(' ')) command.argument(word);
    for (const [flags, help] of [...row.options, ...KEY_OPTIONS]) command.option(flags, help);
    command.addHelpText('after', `\nExamples:\n  ${row.examples.join('\n  ')}`);
    command.action((...given: unknown[]) => {
      const flags = Object.entries(command.opts<Record<string, string | boolean>>());
      const call = {
        args: given.filter((word): word is string => typeof word === 'string'),
        flags: new Map(flags.map(([name, value]) => [hyphenated(name), String(value)])),
      };
      const { stdout, stderr, env } = process;
      const now = Math.floor(Date.now() / 1000);
      process.exitCode = runKeyCommand(row, call, { stdout, stderr }, env, now);
    });
  }
}

/** `keyDirectory` as commander has it, `key-directory` as it was written. */
function hyphenated(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

type ConvertFlags = Omit<ConvertOptions, 'inputs' | 'from' | 'output' | 'origin'> &
  Partial<Pick<ConvertOptions, 'from' | 'output' | 'origin'>>;

async function convert(inputs: string[], flags: ConvertFlags): Promise<void> {
  endWithReader();
  const { runConvert } = await import('./control/convert.js');
  const { stdout, stderr } = process;
  const { from = null, output = null, origin = null } = flags;
  const options = { ...flags, inputs, from, output, origin };
  process.exitCode = await runConvert(options, { stdout, stderr });
}

function daysOf(text: string): number {
  const days = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (days <= SIGNATURE_WARNING_DAYS_MAX) return days;
  throw new InvalidArgumentError('not a number of days');
}

type CheckFlags = Omit<CheckOptions, 'origin'> & { readonly origin?: string };

async function check(paths: string[], flags: CheckFlags): Promise<void> {
  endWithReader();
  const terminal = (flags.print ? process.stderr : process.stdout).isTTY === true;
  const colour = terminal && (process.env['NO_COLOR'] ?? '') === '';
  const streams = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    terminal,
    colour,
    progress: process.stderr.isTTY === true,
  };
  const { runCheck } = await import('./control/check.js');
  process.exitCode = await runCheck(paths, { ...flags, origin: flags.origin ?? null }, streams);
}

async function control(args: readonly string[]): Promise<void> {
  endWithReader();
  const { controlConfig } = await import('./control/control-config.js');
  const { runControlProgram } = await import('./control/control-program.js');
  process.exitCode = await runControlProgram(
    args,
    {
      name: 'hotzone control',
      version: programVersion(),
      zonesWithStatus: true,
      readConfig: controlConfig,
    },
    { stdout: process.stdout, stderr: process.stderr, terminal: process.stderr.isTTY === true },
  );
}

/** Whoever reads the report has read enough of it. */
function endWithReader(): void {
  process.stdout.on('error', () => process.exit(EXIT_FAILED));
}

/**
 * Does what the arguments say.
 * @param loader for `serve`, started already
 */
export async function runCommandLine(
  args: readonly string[],
  loader: ZoneLoader | null,
): Promise<void> {
  const [command, ...own] = args;
  const { flags, rest } =
    command === 'serve' ? separateFlags(own) : { flags: new Map(), rest: own };
  const program = makeProgram({ flags, loader });
  const key = program
    .command('key')
    .description('Make, list, roll over and delete the keys that zones are signed with.');
  if (command === 'key') await addKeyCommands(key);
  if (command === undefined) program.outputHelp();
  else if (command === 'control') await control(own);
  else await program.parseAsync([command, ...rest], { from: 'user' });
}
