/**
 * The commands of the control channel: one table, and how a request line becomes the call of one row. Names, arguments
 * and plain replies are PowerDNS's (docs/CONTROL.md). Must not know: sockets.
 */
import { errorText } from '../base/errors.js';
import type { Log } from '../base/log.js';
import {
  ccounts,
  currentConfig,
  cycle,
  exitServer,
  flush,
  ping,
  purge,
  ring,
  setSetting,
  show,
  showAll,
  tokenLogin,
  uptime,
  version,
} from './command-server.js';
import { notify, notifyHost, retrieve, transferQueue } from './command-transfers.js';
import {
  addZone,
  domainStatus,
  extendedStatus,
  listRejects,
  listZones,
  rediscover,
  reload,
  reloadNow,
  serverStatus,
  zonesStatus,
} from './command-zones.js';
import { type Call, type Reply, textReply } from './control-reply.js';
import type { Progress, ServerControl } from './server-control.js';

type Command = {
  /** In lower case; requests may write it as they like. */
  readonly name: string;
  /** Its arguments, for `help`. */
  readonly args: string;
  readonly help: string;
  /** Whether it is logged: it changes what the server does. */
  readonly changes: boolean;
  readonly run: (call: Call) => Reply | Promise<Reply>;
};

const SEEN = false;
const LOGGED = true;

const COMMANDS: readonly Command[] = (
  [
    ['bind-add-zone', '<zone> <file>', 'add a zone, also after a restart', LOGGED, addZone],
    ['bind-domain-extended-status', '[zones]', 'all about each zone', SEEN, extendedStatus],
    ['bind-domain-status', '[zones]', 'one line about each zone', SEEN, domainStatus],
    ['bind-list-rejects', '', 'zones whose files do not load', SEEN, listRejects],
    ['bind-reload-now', '<zones>', 'load zones now and say what became of it', LOGGED, reloadNow],
    ['ccounts', '', 'entries of the caches, of which there are none', SEEN, ccounts],
    [
      'current-config',
      '[diff]',
      'the settings in force, or those that are set',
      SEEN,
      currentConfig,
    ],
    ['cycle', '', 'take the configuration and all zones anew', LOGGED, cycle],
    ['flush', '', 'accepted, nothing is buffered', SEEN, flush],
    ['help', '', 'this list', SEEN, help],
    ['list', '', 'all statistics', SEEN, showAll],
    ['list-zones', '[primary|secondary|native]', 'names of the zones', SEEN, listZones],
    ['notify', '<zone>|*', 'tell the secondaries of a zone, or of all', LOGGED, notify],
    ['notify-host', '<zone> <address>', 'tell one host of a zone', LOGGED, notifyHost],
    ['ping', '', 'answer PONG', SEEN, ping],
    ['purge', '[name[$]]', 'remove cache entries, of which there are none', SEEN, purge],
    ['qtypes', '', 'queries of late by type', SEEN, ring('qtypes')],
    ['quit', '', 'end the server', LOGGED, exitServer],
    ['rediscover', '[--force]', 'take the configuration anew', LOGGED, rediscover],
    ['reload', '', 'load all zones anew, soon', LOGGED, reload],
    ['remotes', '', 'queries of late by client', SEEN, ring('remotes')],
    ['respsizes', '', 'replies of late by size', SEEN, ring('respsizes')],
    ['retrieve', '<zone> [address]', 'transfer a secondary zone now', LOGGED, retrieve],
    ['rping', '', 'answer PONG', SEEN, ping],
    ['set', '<setting> <value>', 'change a setting until the next restart', LOGGED, setSetting],
    ['show', '<statistic>|<prefix>*|*', 'one statistic, some or all', SEEN, show],
    ['status', '', 'one line about the server', SEEN, serverStatus],
    ['stop', '', 'end the server', LOGGED, exitServer],
    ['token-login', '<module> <slot> <pin>', 'refused: there are no tokens', SEEN, tokenLogin],
    ['uptime', '', 'time since the start', SEEN, uptime],
    ['version', '', 'version of the server', SEEN, version],
    ['xfr-queue', '', 'transfers that wait or are under way', SEEN, transferQueue],
    ['zones-status', '[zones]', 'the server and a table of its zones', SEEN, zonesStatus],
  ] as const
).map(([name, args, text, changes, run]) => ({ name, args, help: text, changes, run }));

const BY_NAME: ReadonlyMap<string, Command> = new Map(COMMANDS.map((row) => [row.name, row]));

/** A request line, cut into words. */
export type Request = {
  readonly json: boolean;
  readonly progress: boolean;
  /** The command as it was written, empty if there is none. */
  readonly command: string;
  readonly args: readonly string[];
};

/** Cuts a line without its line feed; the words `json` and `progress` before the command ask for more than its text. */
export function scanRequest(line: string): Request {
  const words = line
    .trimEnd()
    .split(' ')
    .filter((word) => word !== '');
  const prefixes = new Set<string>();
  let at = 0;
  while (['json', 'progress'].includes((words[at] ?? '').toLowerCase())) {
    prefixes.add((words[at++] ?? '').toLowerCase());
  }
  return {
    json: prefixes.has('json'),
    progress: prefixes.has('progress'),
    command: words[at] ?? '',
    args: words.slice(at + 1),
  };
}

/** Runs one request. Never throws: what a command throws becomes a reply and a log line. */
export async function runRequest(
  request: Request,
  target: ServerControl,
  progress: Progress,
  log: Log,
): Promise<Reply> {
  const { command, args } = request;
  if ([command, ...args].some((word) => word.includes('\0'))) {
    return textReply('REQUEST_INVALID', 'Request line with a NUL octet');
  }
  if (command === '') return textReply('REQUEST_EMPTY', 'Empty line');
  const row = BY_NAME.get(command.toLowerCase());
  if (row === undefined) {
    const shown = command.replace(/[a-z]/g, (letter) => letter.toUpperCase());
    return textReply('COMMAND_UNKNOWN', `Unknown command: '${shown}'`);
  }
  if (row.changes) {
    const said = [row.name, ...args].join(' ');
    log.info('control.command', { command: row.name }, `control: ${JSON.stringify(said)}`);
  }
  try {
    return await row.run({ target, args, progress });
  } catch (error) {
    const stack = error instanceof Error ? `${error.stack}` : '';
    log.error('control.failed', { command: row.name, stack }, `${row.name}: ${errorText(error)}`);
    return textReply('INTERNAL', `internal error: ${errorText(error)}`);
  }
}

/** Columns of a command with its arguments before its help. */
const HELP_COLUMNS = 32;

function help(): Reply {
  const lines = COMMANDS.map((row) => {
    const synopsis = row.args === '' ? row.name : `${row.name} ${row.args}`;
    return `${synopsis.padEnd(HELP_COLUMNS)} ${row.help}`;
  });
  const data = COMMANDS.map(({ name, args, help: text }) => ({ name, args, help: text }));
  return { code: 'OK', text: lines.join('\n'), data };
}
