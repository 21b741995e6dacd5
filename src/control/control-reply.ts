/**
 * What a command of the control channel is given, what it answers, and how that is written: as the bare text of
 * PowerDNS's protocol, or as one JSON document (docs/CONTROL.md). Both are made piece by piece, so that a status of
 * all zones is never in memory as a whole. Must not know: which commands there are, sockets.
 */
import type { Progress, ServerControl } from './server-control.js';

/** One call of a command. */
export type Call = {
  readonly target: ServerControl;
  readonly args: readonly string[];
  readonly progress: Progress;
};

/** Says what became of a command; stable, see docs/CONTROL.md. */
export type ReplyCode =
  | 'OK'
  | 'REQUEST_EMPTY'
  | 'REQUEST_INVALID'
  | 'COMMAND_UNKNOWN'
  | 'USAGE'
  | 'NAME_INVALID'
  | 'ADDRESS_INVALID'
  | 'ZONE_UNKNOWN'
  | 'ZONE_UNFIT'
  | 'ZONE_KNOWN'
  | 'ZONE_REJECTED'
  | 'SETTING_UNKNOWN'
  | 'STATISTIC_UNKNOWN'
  | 'UNSUPPORTED'
  | 'FAILED'
  | 'INTERNAL';

export type Reply = {
  /** `OK` if and only if the command did what it was asked for. */
  readonly code: ReplyCode;
  /** What the plain protocol sends; pieces of it if it may be long. */
  readonly text: string | (() => Iterable<string>);
  /** The same for programs, ready for JSON. */
  readonly data?: unknown;
  /** Instead of `data`: the elements of an array that may be long. */
  readonly items?: () => Iterable<unknown>;
  /** Called once the client has the reply. */
  readonly afterwards?: () => void;
};

/** A reply without data. */
export function textReply(code: ReplyCode, text: string): Reply {
  return { code, text };
}

/** The reply as it is sent. It is made while it is read, and throws what making it throws. */
export function* replyPieces(reply: Reply, asJson: boolean): Generator<string> {
  const texts = typeof reply.text === 'string' ? [reply.text] : reply.text();
  if (!asJson) {
    yield* texts;
    return;
  }
  yield `{"ok":${reply.code === 'OK'},"code":"${reply.code}","text":"`;
  for (const text of texts) yield JSON.stringify(text).slice(1, -1);
  yield '","data":';
  if (reply.items === undefined) yield JSON.stringify(reply.data ?? null);
  else yield* arrayPieces(reply.items());
  yield '}\n';
}

function* arrayPieces(items: Iterable<unknown>): Generator<string> {
  let before = '[';
  for (const item of items) {
    yield before + JSON.stringify(item);
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}

/** One line that says how far a command has come, with its line feed. */
export function progressLine(text: string, asJson: boolean): string {
  return asJson ? `${JSON.stringify({ progress: text })}\n` : `# ${text.replaceAll('\n', ' ')}\n`;
}
