/**
 * tinydns `data` before two servers: compiled by Debian's tinydns-data for tinydns-get, and loaded by us. Questions go
 * to both at the same second of the real clock. Must not know: which differences are meant.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { buildQuery, type Message, nameOctets, typeNumber } from '../peers/message.js';
import { requirePeer } from '../peers/peer.js';
import { askTinydns, type TinydnsQuestion } from '../peers/tinydns-get.js';
import { DataModel } from '../support/data-model.js';
import { ServedData } from '../support/served-data.js';

export type BothReplies = {
  readonly question: TinydnsQuestion;
  readonly second: number;
  readonly ours: Message | null;
  readonly theirs: Message | null;
};

const MTIME_SECONDS = 1234567890;
const RUN_MS_MAX = 20_000;
/** What tinydns-get takes an address for that it is not told. */
const NO_CLIENT = '0.0.0.0';
const RULES = {
  dialect: 'debian',
  taiAdjust: 10,
  locations: true,
  ignoreBroken: false,
  strict: false,
  asTinydns: true,
} as const;

export class TinydnsPair {
  readonly data: DataModel;
  readonly served: ServedData;
  private readonly folder: string;

  /** @param text each character an octet. @throws if Debian's compiler refuses it */
  constructor(t: TestContext, text: string) {
    this.folder = mkdtempSync(join(tmpdir(), 'hotzone-tinydns-'));
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    const path = join(this.folder, 'data');
    writeFileSync(path, Buffer.from(text, 'latin1'));
    utimesSync(path, MTIME_SECONDS, MTIME_SECONDS);
    const options = { cwd: this.folder, encoding: 'latin1', timeout: RUN_MS_MAX } as const;
    const { status, stderr } = spawnSync('tinydns-data', [], options);
    if (status !== 0) throw new Error(stderr);
    this.data = new DataModel(text);
    this.served = new ServedData(path, RULES, Math.floor(Date.now() / 1000));
  }

  ask(questions: readonly TinydnsQuestion[]): BothReplies[] {
    const replies: BothReplies[] = [];
    askTinydns(this.folder, questions, (question, { reply, second }) => {
      const query = buildQuery({ name: question.name, type: question.type });
      const client = Uint8Array.from((question.client ?? NO_CLIENT).split('.').map(Number));
      const ours = this.served.ask(query, client, second);
      replies.push({ question, second, ours, theirs: reply });
    });
    return replies;
  }
}

/** Whether tinydns is installed; see `requirePeer`. */
export function requireTinydns(t: TestContext): boolean {
  return ['tinydns-data', 'tinydns-get', 'xargs'].every((program) => requirePeer(t, program));
}

/** A question as `name type`, or `name type client`. */
export function question(text: string): TinydnsQuestion {
  const [name = '', type = '', client = null] = text.split(' ');
  return { name: nameOctets(name), type: typeNumber(type), client };
}

/** A question for people. */
export function questionText({ name, type, client }: TinydnsQuestion): string {
  return `${JSON.stringify(Buffer.from(name).toString('latin1'))} ${type} from ${client}`;
}
