/**
 * Debian's tinydns asked about a data.cdb: questions in, replies out, decoded like any other server's. tinydns-get
 * prints a reply; it is put back into a message here. Must not know: what the answers should be.
 */
import { spawnSync } from 'node:child_process';
import { decodeMessage, type Message } from './message.js';

export type TinydnsQuestion = {
  /** Octets, in any case. */
  readonly name: Uint8Array;
  readonly type: number;
  /** An IPv4 address; `null`: tinydns-get is not told any. */
  readonly client: string | null;
};

/** What tinydns says to a question, at a second of Unix time; no reply is `null`. */
export type TinydnsReply = { readonly reply: Message | null; readonly second: number };

/** Questions of one run, few enough to be answered within one second. */
const BATCH = 100;
const RUN_MS_MAX = 20_000;
const OUTPUT_OCTETS_MAX = 64 << 20;
/** Types that are printed by name; all others are numbers, their RDATA in octal. */
const NAMED_TYPES: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
};
const RCODES = [
  'noerror',
  'format error',
  'server failure',
  'nxdomain',
  'not implemented',
  'refused',
];
const SECTIONS = ['answer', 'authority', 'additional'];

/**
 * Asks about the data.cdb of a folder.
 * @param take gets each question with its reply, in the order in which they were asked: those without client last
 */
export function askTinydns(
  folder: string,
  questions: readonly TinydnsQuestion[],
  take: (question: TinydnsQuestion, answer: TinydnsReply) => void,
): void {
  // one run has a number of arguments for each question
  for (const isTold of [true, false]) {
    const own = questions.filter(({ client }) => (client !== null) === isTold);
    for (let at = 0; at < own.length; at += BATCH)
      askBatch(folder, own.slice(at, at + BATCH), take);
  }
}

/** Asks until a run begins and ends in the same second: its clock was there all the time. */
function askBatch(
  folder: string,
  questions: readonly TinydnsQuestion[],
  take: Parameters<typeof askTinydns>[2],
): void {
  if (questions.length === 0) return;
  const second = nowSeconds();
  const replies = run(folder, questions);
  if (nowSeconds() === second) {
    for (const [i, reply] of replies.entries()) take(questions[i]!, { reply, second });
    return;
  }
  const half = Math.ceil(questions.length / 2);
  askBatch(folder, questions.slice(0, half), take);
  askBatch(folder, questions.slice(half), take);
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function run(folder: string, questions: readonly TinydnsQuestion[]): (Message | null)[] {
  const each = questions[0]?.client === null ? 2 : 3;
  const args = questions.flatMap(({ name, type, client }) => [
    String(type),
    nameText(name),
    ...(client === null ? [] : [client]),
  ]);
  const { stdout, stderr, status } = spawnSync('xargs', ['-0', '-n', String(each), 'tinydns-get'], {
    cwd: folder,
    input: args.map((arg) => `${arg}\0`).join(''),
    encoding: 'latin1',
    timeout: RUN_MS_MAX,
    maxBuffer: OUTPUT_OCTETS_MAX,
  });
  if (status !== 0) throw new Error(`tinydns-get: ${stderr}`);
  // `TYPE NAME:` begins the reply to each question, and is all of it if there is none
  const blocks = stdout.split(/^(?=\d+ \S+:$)/m);
  if (blocks.length !== questions.length) throw new Error(`${blocks.length} replies`);
  return blocks.map((block, i) => messageOf(block.split('\n').slice(1), questions[i]!));
}

/** Every octet that could mean something else is escaped. */
function nameText(name: Uint8Array): string {
  const labels: string[] = [];
  for (let at = 0; (name[at] ?? 0) !== 0; at += name[at]! + 1) {
    const octets = Buffer.from(name.subarray(at + 1, at + 1 + name[at]!)).toString('latin1');
    labels.push(octets.replace(/[^A-Za-z0-9-]/g, (char) => octal(char.charCodeAt(0))));
  }
  return labels.length === 0 ? '.' : labels.join('.');
}

function octal(octet: number): string {
  return `\\${octet.toString(8).padStart(3, '0')}`;
}

// --- reading ----------------------------------------------------------------------------------------------------

/** @param lines `N bytes, …` and the rest of what is printed; `null` if there is nothing */
function messageOf(lines: readonly string[], { name, type }: TinydnsQuestion): Message | null {
  const [status = '', ...rest] = lines;
  if (status === '') return null;
  const rcode = RCODES.findIndex((text) => status.endsWith(`, ${text}`));
  if (rcode < 0 || !status.includes(', response')) throw new Error(`not a reply: ${status}`);
  const sections: Buffer[][] = SECTIONS.map(() => []);
  for (const line of rest) {
    const [title = '', ...words] = line.split(' ');
    const section = sections[SECTIONS.indexOf(title.slice(0, -1))];
    if (section !== undefined) section.push(recordOctets(words));
    else if (line !== '' && title !== 'query:') throw new Error(`not a record: ${line}`);
  }
  const header = Buffer.alloc(12);
  const isAuthoritative = status.includes(', authoritative');
  header.writeUInt16BE(0x8000 | (isAuthoritative ? 0x400 : 0) | rcode, 2);
  header.writeUInt16BE(1, 4);
  for (const [i, records] of sections.entries()) header.writeUInt16BE(records.length, 6 + i * 2);
  const question = Buffer.concat([name, u16(type), u16(1)]);
  return decodeMessage(Buffer.concat([header, question, ...sections.flat()]));
}

/** `owner TTL type RDATA…` */
function recordOctets([owner = '', ttl = '', type = '', ...words]: readonly string[]): Buffer {
  const rdata = rdataOctets(type, words);
  const ttlOctets = Buffer.alloc(4);
  ttlOctets.writeUInt32BE(Number(ttl));
  const number = NAMED_TYPES[type] ?? Number(type);
  return Buffer.concat([
    nameOctets(owner),
    u16(number),
    u16(1),
    ttlOctets,
    u16(rdata.length),
    rdata,
  ]);
}

function rdataOctets(type: string, words: readonly string[]): Buffer {
  const [first = '', second = ''] = words;
  switch (type) {
    case 'A':
      return Buffer.from(first.split('.').map(Number));
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return nameOctets(first);
    case 'MX':
      return Buffer.concat([u16(Number(first)), nameOctets(second)]);
    case 'SOA': {
      const numbers = Buffer.alloc(20);
      for (const [i, word] of words.slice(2).entries()) numbers.writeUInt32BE(Number(word), i * 4);
      return Buffer.concat([nameOctets(first), nameOctets(second), numbers]);
    }
    default:
      return unescaped(first);
  }
}

/** A name as tinydns-get prints it: dots between labels, all that is odd in octal. */
function nameOctets(text: string): Buffer {
  const labels = text.split('.').filter((label) => label !== '');
  const parts = labels.map((label) => {
    const octets = unescaped(label);
    return Buffer.concat([Buffer.from([octets.length]), octets]);
  });
  return Buffer.concat([...parts, Buffer.alloc(1)]);
}

function unescaped(text: string): Buffer {
  const plain = text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return Buffer.from(plain, 'latin1');
}

function u16(value: number): Buffer {
  const octets = Buffer.alloc(2);
  octets.writeUInt16BE(value);
  return octets;
}
