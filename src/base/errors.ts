/**
 * The two kinds of failure that are exceptions: a bug (`assert`) and an operation that the
 * outside world refused (`ServerError`). Bad input is neither: it is a `Problem` value, see problem.ts.
 * Must not know: files, zones, sockets. Nothing on the query path throws.
 */

/** A failed operation: a socket that cannot be bound, a directory that cannot be read. */
export class ServerError extends Error {
  /** Stable code in capitals, e.g. `LISTEN_FAILED`. */
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ServerError';
    this.code = code;
  }
}

/** Ends the program's claim to be right: `condition` is false only if the code has a bug. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** Text of whatever was thrown, for a log line. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
