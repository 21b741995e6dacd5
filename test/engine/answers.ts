/**
 * One question to an engine over zone text, and the reply as lines, for tables of rows:
 *
 *     NOERROR aa
 *     answer     www 60 A 192.0.2.1
 *     authority  @ 300 SOA ns h 1 2 3 4 300
 *
 * Names are relative to `origin` where they are below it.
 */
import assert from 'node:assert/strict';
import { Engine, type EngineOptions } from '../../src/engine/process.js';
import type { ZoneTable } from '../../src/index/zone-table.js';
import { buildQuery, decodeMessage, type Edns, type Message } from '../peers/message.js';
import { CLIENT, tableFromTexts } from '../support/zones.js';
import type { ZoneText } from './peers-zones.js';

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED', 'YXDOMAIN'];

export const OPTIONS: EngineOptions = {
  anyFull: false,
  minimalResponses: 'no-auth',
  roundRobin: false,
  udpOctetsMax: 1232,
  version: null,
  hostname: null,
  serverId: null,
  clientSubnet: false,
  outsideDrop: false,
  defers: false,
};

/** What to answer from: zone texts, or a table that somebody else has filled. */
type Zones = readonly ZoneText[] | { readonly origin: string; readonly table: ZoneTable };

/** An engine over zones; `origin` of the first is what names in rows are relative to. */
export class Subject {
  readonly engine: Engine;
  /** Who asks. */
  client: Uint8Array = CLIENT;
  private readonly origin: string;
  private readonly response = new Uint8Array(65535);
  private length = 0;

  constructor(zones: Zones, options: Partial<EngineOptions> = {}, clock?: () => number) {
    const table = 'table' in zones ? zones.table : tableFromTexts(zones);
    this.engine = new Engine(table, { ...OPTIONS, ...options }, clock);
    this.origin = `${('table' in zones ? zones.origin : zones[0]?.origin) ?? ''}.`;
  }

  /** Asks `name type`, the name absolute if it ends in a dot. */
  ask(question: string, edns?: Edns, overTcp = false): Message {
    const [name = '', type = ''] = question.split(' ');
    const full = name.endsWith('.') ? name : name === '@' ? this.origin : `${name}.${this.origin}`;
    const query = buildQuery({ name: full, type, ...(edns === undefined ? {} : { edns }) });
    const { engine, response, client } = this;
    this.length = engine.processQuery(query, query.length, response, overTcp, client);
    assert.ok(this.length > 0, 'a reply is owed');
    const message = decodeMessage(this.response.subarray(0, this.length));
    assert.deepEqual(message.compressed, [], 'RFC 3597 §4');
    return message;
  }

  /** The last reply, whole, in hexadecimal. */
  octets(): string {
    return Buffer.from(this.response.subarray(0, this.length)).toString('hex');
  }

  /** The reply as lines, without QR and OPT. */
  lines(question: string, edns?: Edns, overTcp = false): string[] {
    const { rcode, flags, answer, authority, additional } = this.ask(question, edns, overTcp);
    const status = [RCODES[rcode] ?? String(rcode), ...flags.filter((flag) => flag !== 'qr')];
    const section = (title: string, records: readonly string[]): string[] =>
      records.map((record) => `${title} ${this.recordText(record)}`);
    return [
      status.join(' '),
      ...section('answer', answer),
      ...section('authority', authority),
      ...section('additional', additional),
    ];
  }

  /** `owner TTL type RDATA`, the RDATA of the types that tables use in presentation format. */
  private recordText(record: string): string {
    const [owner = '', ttl = '', , type = '', hex = ''] = record.split(' ');
    return [this.relative(owner), ttl, type, this.rdataText(type, Buffer.from(hex, 'hex'))].join(
      ' ',
    );
  }

  private rdataText(type: string, rdata: Buffer): string {
    if (type === 'A') return [...rdata].join('.');
    if (type === 'TXT') return `"${rdata.toString('latin1', 1)}"`;
    if (['NS', 'CNAME', 'DNAME', 'PTR'].includes(type)) return this.nameAt(rdata, 0);
    if (type === 'MX') return `${rdata.readUInt16BE(0)} ${this.nameAt(rdata, 2)}`;
    if (type === 'SRV') {
      const numbers = [0, 2, 4].map((at) => rdata.readUInt16BE(at));
      return `${numbers.join(' ')} ${this.nameAt(rdata, 6)}`;
    }
    if (type === 'SOA') return this.nameAt(rdata, 0);
    return rdata.toString('hex');
  }

  private nameAt(rdata: Buffer, offset: number): string {
    let text = '';
    for (let at = offset; rdata.readUInt8(at) !== 0; at += rdata.readUInt8(at) + 1) {
      text += `${rdata.toString('latin1', at + 1, at + 1 + rdata.readUInt8(at))}.`;
    }
    return this.relative(text === '' ? '.' : text);
  }

  private relative(name: string): string {
    if (name === this.origin) return '@';
    return name.endsWith(`.${this.origin}`) ? name.slice(0, -this.origin.length - 1) : name;
  }
}

/** A question, and its reply without the blanks that make the table readable. */
type Row = readonly [question: string, ...lines: string[]];

/** Compares rows; a row's name is its question. */
export function checkRows(subject: Subject, rows: readonly Row[]): void {
  for (const [question, ...lines] of rows) {
    assert.deepEqual(subject.lines(question), lines, question);
  }
}
