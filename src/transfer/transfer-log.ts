/**
 * The log lines about transfers to secondaries: event names, fields and sentences. Must not know: how they are made.
 */
import type { Log, LogFields } from '../base/log.js';
import { ip4Text, ip6Text } from '../wire/address-text.js';
import { RCODE_NOTAUTH, RCODE_REFUSED, RCODE_SERVFAIL } from '../wire/constants.js';
import { nameText } from '../wire/name-text.js';
import { rcodeText } from '../wire/rcode-text.js';
import type { Ending, ReplyPump } from './reply-pump.js';
import type { TransferQuery } from './seams.js';
import type { ZoneAnswer } from './zone-answer.js';

const ENDING_TEXTS: Readonly<Record<Exclude<Ending, 'sent'> | 'failed', string>> = {
  'client-gone': 'the client has closed the connection',
  stalled: 'the client has taken nothing for too long',
  'record-too-large': 'a record is larger than a message can be',
  failed: 'it could not be made',
};

const REFUSAL_TEXTS: ReadonlyMap<number, string> = new Map([
  [RCODE_NOTAUTH, 'no such zone'],
  [RCODE_SERVFAIL, 'the zone is not loaded'],
  [RCODE_REFUSED, 'too many transfers'],
]);

/** What was sent, in full. */
export function logSent(
  log: Log,
  query: TransferQuery,
  answer: ZoneAnswer,
  pump: ReplyPump,
  durationMs: number,
): void {
  const fields = { ...fieldsOf(query), ...countsOf(answer, pump), ms: Math.round(durationMs) };
  const { messages, records, octets, ms } = fields;
  const from = query.kind === 'ixfr' ? ` from serial ${query.serial}` : '';
  const counts = `${records} records in ${messages} messages, ${octets} octets, ${ms} ms`;
  log.info(
    'transfer.out',
    fields,
    `${titleOf(query)}${from}: ${answer.form} to serial ${answer.serial}, ${counts}`,
  );
}

/** @param cause what was thrown, if that is why */
export function logFailed(
  log: Log,
  query: TransferQuery,
  answer: ZoneAnswer,
  pump: ReplyPump,
  ending: Exclude<Ending, 'sent'> | 'failed',
  cause: string,
): void {
  const fields = { ...fieldsOf(query), ...countsOf(answer, pump), ending, cause };
  const why = cause === '' ? ENDING_TEXTS[ending] : `${ENDING_TEXTS[ending]}: ${cause}`;
  const done = `after ${pump.records} records`;
  log.warn('transfer.out.failed', fields, `${titleOf(query)}: ended ${done}: ${why}`);
}

/** @param warn holds back what repeats */
export function logRefused(
  warn: (fields: LogFields, text: string) => void,
  query: TransferQuery,
  rcode: number,
): void {
  const why = REFUSAL_TEXTS.get(rcode) ?? 'no transfer';
  warn(
    { ...fieldsOf(query), rcode: rcodeText(rcode) },
    `${titleOf(query)}: ${rcodeText(rcode)}, ${why}`,
  );
}

function fieldsOf({ apex, kind, client, port, verdict, serial }: TransferQuery): LogFields {
  const key = verdict?.key ?? null;
  return {
    zone: nameText(apex, 0),
    kind,
    peer: addressText(client),
    port,
    ...(kind === 'ixfr' ? { from: serial } : {}),
    ...(key === null ? {} : { key: nameText(key.name, 0) }),
  };
}

function countsOf({ form, serial }: ZoneAnswer, { messages, records, octets }: ReplyPump) {
  return { form, serial, messages, records, octets };
}

function titleOf({ apex, kind, client, port }: TransferQuery): string {
  return `${kind.toUpperCase()} of ${nameText(apex, 0)} to ${addressText(client)}#${port}`;
}

function addressText(client: Uint8Array): string {
  return client.length === 4 ? ip4Text(client) : ip6Text(client);
}
