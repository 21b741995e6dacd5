/**
 * The log: one line per event, with a stable event name, fields for machines and a sentence for people. A terminal
 * gets the sentence, anything else one JSON object per line, both on standard error. Never called per packet.
 * Must not know: what the events mean. The one file that imports pino and pino-pretty.
 */
import { type Logger, pino } from 'pino';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Event names are dotted and stable (`zone.loaded`, `listen`): users search for them. */
export type Log = {
  /** Whether `debug` lines go anywhere; many of them are better not made in vain. */
  readonly debugging: boolean;
  debug(event: string, fields: LogFields, text: string): void;
  info(event: string, fields: LogFields, text: string): void;
  warn(event: string, fields: LogFields, text: string): void;
  error(event: string, fields: LogFields, text: string): void;
};

/** Standard error. */
const DESTINATION = 2;

/** @param options.terminal whether people read along: sentences, in colour if standard error is a terminal. */
export async function createLog(options: { terminal: boolean; level: LogLevel }): Promise<Log> {
  // Both destinations write at once, so nothing is lost when the process ends.
  const destination = options.terminal
    ? await sentences()
    : pino.destination({ dest: DESTINATION, sync: true });
  return logOf(
    pino(
      {
        level: options.level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      destination,
    ),
  );
}

/** Loaded only where somebody reads along: it takes as long as all else that is loaded for the log. */
async function sentences() {
  const { PinoPretty } = await import('pino-pretty');
  return PinoPretty({
    destination: DESTINATION,
    sync: true,
    colorize: process.stderr.isTTY === true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    hideObject: true,
  });
}

function logOf(logger: Logger): Log {
  return {
    debugging: logger.isLevelEnabled('debug'),
    debug: (event, fields, text) => logger.debug({ event, ...fields }, text),
    info: (event, fields, text) => logger.info({ event, ...fields }, text),
    warn: (event, fields, text) => logger.warn({ event, ...fields }, text),
    error: (event, fields, text) => logger.error({ event, ...fields }, text),
  };
}

/** Lets a message through at most once per `intervalMs`, and says how many were held back. */
export function limitedWarning(
  log: Log,
  event: string,
  intervalMs: number,
): (fields: LogFields, text: string) => void {
  let nextAt = 0;
  let heldBack = 0;
  return (fields, text) => {
    const now = performance.now();
    if (now < nextAt) {
      heldBack++;
      return;
    }
    log.warn(
      event,
      { ...fields, heldBack },
      heldBack === 0 ? text : `${text} (and ${heldBack} like it)`,
    );
    nextAt = now + intervalMs;
    heldBack = 0;
  };
}
