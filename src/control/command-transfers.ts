/**
 * Commands of the control channel about NOTIFY (RFC 1996) and zone transfers (RFC 5936, RFC 1995): they queue what
 * others do. Must not know: how either is done, sockets, the table of commands.
 */
import { isIP, isIPv4 } from 'node:net';
import { counted } from '../load/zone-log.js';
import type { QueuedTransfer } from '../transfer/secondary-status.js';
import { nameFromText } from '../wire/name-text.js';
import { type Call, type Reply, textReply } from './control-reply.js';
import type { TransferRequest } from './server-control.js';
import { withDot, withoutDot } from './zone-status.js';

export function notify({ target, args }: Call): Reply {
  const [name] = args;
  if (name === undefined || args.length > 1) return textReply('USAGE', 'syntax: notify zone');
  if (name === '*') return notifyAll(target);
  if (nameFromText(name) === null) return nameReply(name);
  const shown = withoutDot(name);
  const failure = failureReply(target.notify(name), shown);
  return failure ?? textReply('OK', `Added ${shown} to queue`);
}

function notifyAll(target: Call['target']): Reply {
  const { queued, total } = target.notifyAll();
  const data = { queued, total };
  if (queued === total) {
    const text = `Added ${total} MASTER/SLAVE/PRODUCER/CONSUMER zones to queue`;
    return { code: 'OK', text, data };
  }
  const text = `${queued} out of ${total} zones added to queue - see log`;
  return { code: 'FAILED', text, data };
}

export function notifyHost({ target, args }: Call): Reply {
  const [name, host] = args;
  if (name === undefined || host === undefined || args.length > 2) {
    return textReply('USAGE', 'syntax: notify-host zone ip');
  }
  if (nameFromText(name) === null) return nameReply(name);
  if (!isHost(host)) {
    return textReply('ADDRESS_INVALID', `Unable to convert '${host}' to an IP address`);
  }
  const failure = failureReply(target.notifyHost(name, host), withoutDot(name));
  return failure ?? textReply('OK', 'Added to queue');
}

/** Why a NOTIFY was not queued; `null` if it was. PowerDNS only refers to its log here. */
function failureReply(request: TransferRequest, zone: string): Reply | null {
  const failed = `Failed to add ${zone} to the queue`;
  switch (request.kind) {
    case 'queued':
      return null;
    case 'unknown':
      return textReply('ZONE_UNKNOWN', `${failed} - no such zone`);
    case 'unfit':
      return textReply('ZONE_UNFIT', `${failed} - this zone notifies nobody`);
    case 'failed':
      return textReply('FAILED', `${failed} - ${request.text}`);
  }
}

export function retrieve({ target, args }: Call): Reply {
  const [name, host] = args;
  if (name === undefined || args.length > 2) {
    return textReply('USAGE', 'syntax: retrieve zone [ip]');
  }
  if (nameFromText(name) === null) return nameReply(name);
  if (host !== undefined && !isHost(host)) {
    return textReply('ADDRESS_INVALID', 'Invalid primary address');
  }
  const request = target.retrieve(name, host ?? null);
  const primary = request.primary ?? host ?? '';
  switch (request.kind) {
    case 'queued':
      return {
        code: 'OK',
        text: `Added retrieval request for '${withoutDot(name)}' from primary ${primary}`,
        data: { zone: withoutDot(name), primary },
      };
    case 'unknown':
      return textReply('ZONE_UNKNOWN', ` Zone '${withDot(name)}' unknown`);
    case 'unfit':
      return textReply(
        'ZONE_UNFIT',
        `Zone '${withDot(name)}' is not a secondary/consumer zone (or has no primary defined)`,
      );
    case 'failed':
      return textReply('FAILED', `Failed to retrieve '${withoutDot(name)}': ${request.text}`);
  }
}

export function transferQueue({ target }: Call): Reply {
  const queue = target.transferQueue();
  const text = queue.map(queuedLine).join('');
  return { code: 'OK', text, data: queue };
}

/** A transfer that takes long says how far it has come. */
function queuedLine({ zone, primary, progress }: QueuedTransfer): string {
  const line = `${withDot(zone)} ${primary}`;
  if (progress === null) return `${line}\n`;
  const { records, octets, ms } = progress;
  return `${line} ${counted(records, 'record')} ${counted(octets, 'octet')} ${Math.round(ms / 1000)} s\n`;
}

function nameReply(name: string): Reply {
  return textReply('NAME_INVALID', `Failed to parse '${name}' as a valid zone name`);
}

/** Whether `text` is an address, `address:port` with IPv4, or `[address]:port`. */
function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  if (match === null || Number(match[3]) > 65535) return false;
  return match[1] === undefined ? isIPv4(match[2] ?? '') : isIP(match[1]) !== 0;
}
