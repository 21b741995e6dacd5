/**
 * DNS messages for tests: builds queries and decodes whole responses into a form that two servers can be compared by.
 * Written apart from src/ on purpose and strict: `decodeMessage` throws on any malformation, so decoding an answer is
 * also a check of it (RFC 1035 §4, RFC 3597 §4, RFC 6891 §6.1). Must not know: sockets.
 */

/** What to ask. Defaults: class IN, no flags, no EDNS. */
export type Query = {
  /** Presentation format (`\.` and `\DDD` understood), or octets. */
  readonly name: string | Uint8Array;
  /** Mnemonic of TYPE_NUMBERS, `TYPEnnn`, or number. */
  readonly type: string | number;
  readonly class?: number;
  readonly id?: number;
  /** The header's second 16 bits, e.g. 0x0100 for RD. */
  readonly flags?: number;
  readonly edns?: Edns;
};

export type Edns = {
  readonly size?: number;
  readonly version?: number;
  readonly dnssecOk?: boolean;
  readonly options?: readonly EdnsOption[];
};

export type EdnsOption = { readonly code: number; readonly data: Uint8Array };

/** A decoded message. Each section is sorted; a record reads `owner ttl class type RDATA-in-hex`. */
export type Message = {
  readonly id: number;
  readonly opcode: number;
  /** Set flags, in the order qr aa tc rd ra z ad cd. */
  readonly flags: readonly string[];
  /** The extended code, RFC 6891 §6.1.3. */
  readonly rcode: number;
  /** `name class type` of each question, case kept. */
  readonly question: readonly string[];
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  /** Without the OPT record. */
  readonly additional: readonly string[];
  readonly edns: Required<Edns> | null;
  /** Extended DNS errors, RFC 8914. */
  readonly ede: readonly { readonly code: number; readonly text: string }[];
  /** Types outside RFC 1035 whose RDATA held compressed names: allowed to read, not to write (RFC 3597 §4). */
  readonly compressed: readonly string[];
  /** Of the whole message. */
  readonly octets: number;
};

/** The types that tests name. */
export const TYPE_NUMBERS: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  APL: 42,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  CDS: 59,
  CDNSKEY: 60,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  URI: 256,
  CAA: 257,
};

const MNEMONICS = new Map(Object.entries(TYPE_NUMBERS).map(([text, number]) => [number, text]));
const FLAG_NAMES = ['qr', 'aa', 'tc', 'rd', 'ra', 'z', 'ad', 'cd'];
const FLAG_BITS = [0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010];
const OPTION_EDE = 15;

/** Parts of an RDATA: octets to copy, `name`, `string` (length and octets), `rest`. */
type Part = number | 'name' | 'string' | 'rest';
/** Compression: 'may' of RFC 1035, 'read' is to be understood but not sent (RFC 3597 §4), 'never'. */
type Layout = { readonly parts: readonly Part[]; readonly pointers: 'may' | 'read' | 'never' };

const ONE_NAME: Layout = { parts: ['name'], pointers: 'may' };
const LAYOUTS: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  ...[2, 3, 4, 5, 7, 8, 9, 12].map((type): [number, Layout] => [type, ONE_NAME]),
  [6, { parts: ['name', 'name', 20], pointers: 'may' }],
  [14, { parts: ['name', 'name'], pointers: 'may' }],
  [15, { parts: [2, 'name'], pointers: 'may' }],
  [17, { parts: ['name', 'name'], pointers: 'read' }],
  [18, { parts: [2, 'name'], pointers: 'read' }],
  [21, { parts: [2, 'name'], pointers: 'read' }],
  [24, { parts: [18, 'name', 'rest'], pointers: 'read' }],
  [26, { parts: [2, 'name', 'name'], pointers: 'read' }],
  [30, { parts: ['name', 'rest'], pointers: 'read' }],
  [33, { parts: [6, 'name'], pointers: 'read' }],
  [35, { parts: [4, 'string', 'string', 'string', 'name'], pointers: 'read' }],
  [36, { parts: [2, 'name'], pointers: 'never' }],
  [39, { parts: ['name'], pointers: 'never' }],
  [46, { parts: [18, 'name', 'rest'], pointers: 'never' }],
  [47, { parts: ['name', 'rest'], pointers: 'never' }],
  [64, { parts: [2, 'name', 'rest'], pointers: 'never' }],
  [65, { parts: [2, 'name', 'rest'], pointers: 'never' }],
]);

// --- building ---------------------------------------------------------------------------------------------------

/** Octets of a query. */
export function buildQuery(query: Query): Buffer {
  const name = typeof query.name === 'string' ? nameOctets(query.name) : query.name;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(query.id ?? 0, 0);
  header.writeUInt16BE(query.flags ?? 0, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(query.edns === undefined ? 0 : 1, 10);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(typeNumber(query.type), 0);
  tail.writeUInt16BE(query.class ?? 1, 2);
  const opt = query.edns === undefined ? [] : [optRecord(query.edns)];
  return Buffer.concat([header, name, tail, ...opt]);
}

function optRecord(edns: Edns): Buffer {
  const options = (edns.options ?? []).map(({ code, data }) => {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(code, 0);
    head.writeUInt16BE(data.length, 2);
    return Buffer.concat([head, data]);
  });
  const rdata = Buffer.concat(options);
  const head = Buffer.alloc(11);
  head.writeUInt16BE(41, 1);
  head.writeUInt16BE(edns.size ?? 1232, 3);
  head.writeUInt8(edns.version ?? 0, 6);
  head.writeUInt16BE(edns.dnssecOk === true ? 0x8000 : 0, 7);
  head.writeUInt16BE(rdata.length, 9);
  return Buffer.concat([head, rdata]);
}

/** Uncompressed octets of a name in presentation format; a missing final dot is meant. */
export function nameOctets(text: string): Buffer {
  const octets: number[] = [];
  let label: number[] = [];
  const close = (): void => {
    octets.push(label.length, ...label);
    label = [];
  };
  for (const [token, digits, plain] of text.matchAll(/\\(\d{3})|\\?(.)/gs)) {
    if (token === '.') {
      if (label.length > 0) close();
    } else if (digits !== undefined) label.push(Number(digits));
    else label.push(...Buffer.from(plain ?? ''));
  }
  if (label.length > 0) close();
  return Buffer.from([...octets, 0]);
}

/** Number of a mnemonic or `TYPEnnn`. */
export function typeNumber(type: string | number): number {
  if (typeof type === 'number') return type;
  const known = TYPE_NUMBERS[type];
  if (known !== undefined) return known;
  const digits = /^TYPE(\d+)$/.exec(type)?.[1];
  if (digits === undefined) throw new Error(`no type ${type}`);
  return Number(digits);
}

function typeText(type: number): string {
  return MNEMONICS.get(type) ?? `TYPE${type}`;
}

// --- decoding ---------------------------------------------------------------------------------------------------

/**
 * Decodes a whole message.
 * @throws on anything that is not exactly a message: short or spare octets, a pointer that does not point back, a
 * name over 255 octets, RDATA that does not fit its type, an OPT in the wrong place or twice.
 */
export function decodeMessage(octets: Uint8Array): Message {
  const reader = new Reader(octets);
  const id = reader.u16();
  const bits = reader.u16();
  const counts = [reader.u16(), reader.u16(), reader.u16(), reader.u16()];
  const question = repeat(counts[0], () => {
    const name = reader.name('may');
    const type = reader.u16();
    return `${nameText(name)} ${classText(reader.u16())} ${typeText(type)}`;
  });
  const answer = repeat(counts[1], () => readRecord(reader));
  const authority = repeat(counts[2], () => readRecord(reader));
  const additional = repeat(counts[3], () => readRecord(reader));
  if (reader.at !== octets.length) throw new Error(`${octets.length - reader.at} spare octets`);
  const opts = additional.filter(({ type }) => type === 41);
  if (opts.length > 1) throw new Error('more than one OPT');
  if ([...answer, ...authority].some(({ type }) => type === 41)) throw new Error('a misplaced OPT');
  const opt = opts[0] === undefined ? null : readOpt(opts[0]);
  return {
    id,
    opcode: (bits >> 11) & 15,
    flags: FLAG_NAMES.filter((_, i) => (bits & (FLAG_BITS[i] ?? 0)) !== 0),
    rcode: (opt === null ? 0 : opt.rcodeHigh << 4) | (bits & 15),
    question,
    answer: texts(answer),
    authority: texts(authority),
    additional: texts(additional.filter(({ type }) => type !== 41)),
    edns: opt?.edns ?? null,
    ede:
      opt === null ? [] : opt.edns.options.filter(({ code }) => code === OPTION_EDE).map(readEde),
    compressed: [...reader.compressed].sort(),
    octets: octets.length,
  };
}

/**
 * The records of the answer section in their order, as a transfer has them; texts as in `Message`.
 * @throws as `decodeMessage`
 */
export function answerInOrder(octets: Uint8Array): string[] {
  const reader = new Reader(octets);
  reader.take(4);
  const questions = reader.u16();
  const records = reader.u16();
  reader.take(4);
  for (let i = 0; i < questions; i++) {
    reader.name('may');
    reader.take(4);
  }
  return repeat(records, () => recordText(readRecord(reader)));
}

type WireRecord = { owner: Buffer; type: number; class: number; ttl: number; rdata: Buffer };

function readRecord(reader: Reader): WireRecord {
  const owner = reader.name('may');
  const type = reader.u16();
  const classNumber = reader.u16();
  const ttl = reader.u32();
  const length = reader.u16();
  const stop = reader.at + length;
  if (stop > reader.octets.length) throw new Error('RDATA goes past the end');
  return { owner, type, class: classNumber, ttl, rdata: readRdata(reader, type, stop) };
}

function readRdata(reader: Reader, type: number, stop: number): Buffer {
  const layout = LAYOUTS.get(type);
  const parts: readonly Part[] = layout?.parts ?? ['rest'];
  const before = reader.pointers;
  const out = parts.map((part) => {
    if (part === 'name') return lower(reader.name(layout?.pointers ?? 'never'));
    if (part === 'rest') return reader.take(stop - reader.at);
    if (part === 'string') return reader.take(1 + reader.peek());
    return reader.take(part);
  });
  if (reader.at !== stop) throw new Error(`RDATA of ${typeText(type)} does not fit its length`);
  if (layout?.pointers === 'read' && reader.pointers > before)
    reader.compressed.add(typeText(type));
  return Buffer.concat(out);
}

function readOpt(record: WireRecord): { rcodeHigh: number; edns: Required<Edns> } {
  if (record.owner.length !== 1) throw new Error('an OPT whose owner is not the root');
  const reader = new Reader(record.rdata);
  const options: EdnsOption[] = [];
  while (reader.at < record.rdata.length) {
    const code = reader.u16();
    options.push({ code, data: reader.take(reader.u16()) });
  }
  const edns = {
    size: record.class,
    version: (record.ttl >>> 16) & 255,
    dnssecOk: (record.ttl & 0x8000) !== 0,
    options,
  };
  return { rcodeHigh: record.ttl >>> 24, edns };
}

function readEde({ data }: EdnsOption): { code: number; text: string } {
  if (data.length < 2) throw new Error('an extended error of less than two octets');
  const octets = Buffer.from(data);
  return { code: octets.readUInt16BE(0), text: octets.toString('utf8', 2) };
}

function texts(records: readonly WireRecord[]): string[] {
  return records.map(recordText).sort();
}

function recordText({ owner, type, class: classNumber, ttl, rdata }: WireRecord): string {
  return [
    nameText(lower(owner)),
    ttl,
    classText(classNumber),
    typeText(type),
    rdata.toString('hex'),
  ]
    .join(' ')
    .trimEnd();
}

function repeat<T>(count: number | undefined, read: () => T): T[] {
  return Array.from({ length: count ?? 0 }, read);
}

function classText(number: number): string {
  return number === 1 ? 'IN' : number === 3 ? 'CH' : number === 255 ? 'ANY' : `CLASS${number}`;
}

/** ASCII letters to lower case; length octets are below 64 and so not letters. */
function lower(name: Buffer): Buffer {
  return Buffer.from(name.map((octet) => (octet >= 65 && octet <= 90 ? octet + 32 : octet)));
}

function nameText(name: Buffer): string {
  let text = '';
  for (let at = 0; name.readUInt8(at) !== 0; at += name.readUInt8(at) + 1) {
    for (const octet of name.subarray(at + 1, at + 1 + name.readUInt8(at))) {
      const char = String.fromCharCode(octet);
      const plain = octet > 32 && octet < 127 && !'."();@$\\'.includes(char);
      text += plain ? char : `\\${String(octet).padStart(3, '0')}`;
    }
    text += '.';
  }
  return text === '' ? '.' : text;
}

/** A place in a message. Every read throws past the end. */
class Reader {
  readonly octets: Buffer;
  at = 0;
  /** Compression pointers followed so far. */
  pointers = 0;
  readonly compressed = new Set<string>();

  constructor(octets: Uint8Array) {
    this.octets = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  }

  peek(): number {
    return this.octets.readUInt8(this.at);
  }

  u16(): number {
    this.at += 2;
    return this.octets.readUInt16BE(this.at - 2);
  }

  u32(): number {
    this.at += 4;
    return this.octets.readUInt32BE(this.at - 4);
  }

  take(count: number): Buffer {
    if (count < 0 || this.at + count > this.octets.length) throw new Error('octets are missing');
    this.at += count;
    return this.octets.subarray(this.at - count, this.at);
  }

  /** Reads a name and returns its uncompressed octets. A pointer must point before the labels it continues. */
  name(pointers: Layout['pointers']): Buffer {
    const labels: Buffer[] = [];
    let length = 1;
    let from = this.at;
    let at = this.at;
    let next = -1;
    for (;;) {
      const octet = this.octets.readUInt8(at);
      if (octet === 0) break;
      if (octet >= 0xc0) {
        if (pointers === 'never') throw new Error('a compressed name where none may be');
        const target = this.octets.readUInt16BE(at) & 0x3fff;
        if (target >= from || target < 12) throw new Error(`a pointer from ${at} to ${target}`);
        if (next === -1) next = at + 2;
        this.pointers++;
        from = target;
        at = target;
        continue;
      }
      if (octet > 63) throw new Error(`a label of type ${octet >> 6}`);
      length += octet + 1;
      if (length > 255) throw new Error('a name of more than 255 octets');
      if (at + octet + 1 > this.octets.length) throw new Error('a label goes past the end');
      labels.push(this.octets.subarray(at, at + octet + 1));
      at += octet + 1;
    }
    this.at = next === -1 ? at + 1 : next;
    return Buffer.concat([...labels, Buffer.alloc(1)]);
  }
}
