/**
 * Commands of the control channel about the server as a whole: is it there, what does it count, how is it set.
 * Must not know: zones, sockets, the table of commands.
 */
import { nameFromText } from '../wire/name-text.js';
import { type Call, type Reply, textReply } from './control-reply.js';
import type { RingName } from './server-control.js';

export function ping(): Reply {
  return textReply('OK', 'PONG');
}

export function version({ target }: Call): Reply {
  return { code: 'OK', text: target.version, data: { version: target.version } };
}

export function uptime({ target }: Call): Reply {
  const seconds = Math.max(0, Math.floor((Date.now() - target.startedAt) / 1000));
  return { code: 'OK', text: durationText(seconds), data: { seconds } };
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const MONTH = 30.41 * DAY;

function durationText(seconds: number): string {
  if (seconds < MINUTE) return `${seconds} seconds`;
  if (seconds < HOUR) return `${shortNumber(seconds / MINUTE, 2)} minutes`;
  if (seconds < DAY) return `${shortNumber(seconds / HOUR, 3)} hours`;
  if (seconds < MONTH) return `${shortNumber(seconds / DAY, 3)} days`;
  return `${shortNumber(seconds / MONTH, 3)} months`;
}

function shortNumber(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

export function exitServer({ target }: Call): Reply {
  return { code: 'OK', text: 'Exiting', afterwards: () => target.quit() };
}

/** PowerDNS ends the process here and starts another; the same comes of it without a gap in the answers. */
export async function cycle({ target }: Call): Promise<Reply> {
  const found = await target.rediscover(false);
  if (!found.ok) return textReply('FAILED', found.text);
  target.reload();
  return textReply('OK', 'ok');
}

/** There is no cache. */
export function purge({ args }: Call): Reply {
  const wrong = args.find((name) => nameFromText(name.replace(/\$$/, '') || '.') === null);
  if (wrong !== undefined) return textReply('NAME_INVALID', `Failed to parse '${wrong}' as a name`);
  return { code: 'OK', text: '0', data: { removed: 0 } };
}

/** There is no cache. */
export function ccounts(): Reply {
  const data = { negativeQueries: 0, queries: 0, packets: 0 };
  return { code: 'OK', text: 'negative queries: 0, queries: 0, packets: 0', data };
}

/** There is no write buffer: what was written is on disk. */
export function flush(): Reply {
  return textReply('OK', 'Ok');
}

export function tokenLogin(): Reply {
  return textReply('UNSUPPORTED', 'PKCS#11 support not compiled in');
}

export function show({ target, args }: Call): Reply {
  const [key] = args;
  if (key === undefined || args.length > 1) {
    return textReply('USAGE', 'Wrong number of parameters');
  }
  const statistics = target.statistics();
  if (key.endsWith('*')) return statisticsReply(statistics, key.slice(0, -1));
  const value = statistics.get(key);
  if (value === undefined) return textReply('STATISTIC_UNKNOWN', 'Unknown');
  return { code: 'OK', text: String(value), data: { [key]: value } };
}

export function showAll({ target }: Call): Reply {
  return statisticsReply(target.statistics(), '');
}

function statisticsReply(statistics: ReadonlyMap<string, number>, prefix: string): Reply {
  const found = [...statistics].filter(([key]) => key.startsWith(prefix));
  const text = found.map(([key, value]) => `${key}=${value},`).join('');
  return { code: 'OK', text, data: Object.fromEntries(found) };
}

/** The command that tells a ring. */
export function ring(name: RingName): (call: Call) => Reply {
  return ({ target }) => {
    const rows = target.ring(name);
    const text = rows.map(([key, count]) => `${key}\t${count}\n`).join('');
    return { code: 'OK', text, data: rows.map(([key, count]) => ({ key, count })) };
  };
}

export function setSetting({ target, args }: Call): Reply {
  const [name, value] = args;
  if (name === undefined || value === undefined || args.length > 2) {
    return textReply('USAGE', 'Syntax: set variable value');
  }
  if (target.set(name, value)) return textReply('OK', 'done');
  return textReply(
    'SETTING_UNKNOWN',
    'This setting cannot be changed at runtime, or no such setting',
  );
}

export function currentConfig({ target, args }: Call): Reply {
  const [what] = args;
  if (args.length > 1 || (what !== undefined && what !== 'diff')) {
    return textReply('USAGE', 'Syntax: current-config [diff]');
  }
  return textReply('OK', target.currentConfig(what === 'diff'));
}
