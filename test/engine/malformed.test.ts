/**
 * Packets that are odd or wrong, to BIND, NSD, Knot and our engine: rcode, flags, counts of the sections and OPT of
 * our reply are those of at least one of them; the rows name which. `-`: no reply.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Engine } from '../../src/engine/process.js';
import { decodeMessage } from '../peers/message.js';
import { type PeerKind, requirePeer, startPeer } from '../peers/peer.js';
import { askUdp } from '../peers/query.js';
import { CLIENT, tableFromTexts } from '../support/zones.js';

const TEXT = '$TTL 3600\n@ SOA ns h 1 7200 900 1209600 300\n@ NS ns\nns A 192.0.2.1\n';
const QNAME = '026e73076578616d706c6500';
const QUESTION = `${QNAME}00010001`;
const OPT = '0000291000000000000000';
const RECORD = 'c00c00010001000000000004c0000201';

function header(flags: number, ...counts: number[]): string {
  const words = [0x1234, flags, ...counts, 0, 0, 0, 0].slice(0, 6);
  return words.map((word) => word.toString(16).padStart(4, '0')).join('');
}

function optWith(options: string, version = '00'): string {
  const length = (options.length / 2).toString(16).padStart(4, '0');
  return `000029100000${version}0000${length}${options}`;
}

const one = header(0, 1);
const additional = header(0, 1, 0, 0, 1) + QUESTION;
const question = (type: string, name = QNAME): string => `${one}${name}${type}`;
const VERSION_BIND = '0776657273696f6e0462696e6400';

/** Name, packet, our reply, and the peers that reply so: b, n, k. */
type Row = readonly [name: string, hex: string, reply: string, peers: string];

const ANSWER = '0 qr,aa 1/1/0/0';
const FORMERR_BARE = '1 qr 0/0/0/0';
const FORMERR = '1 qr 1/0/0/0';
const REFUSED = '5 qr 1/0/0/0';
const NODATA = '0 qr,aa 1/0/1/0';

const ROWS: readonly Row[] = [
  ['11 octets', one.slice(0, 22), '-', 'bnk'],
  ['a response', header(0x8000, 1) + QUESTION, '-', 'bnk'],
  ['RD comes back, AD does not', header(0x0120, 1) + QUESTION, '0 qr,aa,rd 1/1/0/0', 'bnk'],
  ['CD is cleared, RFC 4035 §3.1.6', header(0x0010, 1) + QUESTION, '0 qr,aa 1/1/0/0', 'nk'],
  ['TC in a query', header(0x0200, 1) + QUESTION, ANSWER, 'bnk'],
  ['AA, RA and Z in a query', header(0x04c0, 1) + QUESTION, ANSWER, 'bnk'],
  ['rcode in a query', header(0x0003, 1) + QUESTION, ANSWER, 'bk'],
  ['opcode IQUERY', header(0x0800, 1) + QUESTION, '4 qr 0/0/0/0', 'bn'],
  ['opcode 15', header(0x7800, 1) + QUESTION, '4 qr 0/0/0/0', 'bn'],
  ['opcode 2 with OPT', header(0x1000, 1, 0, 0, 1) + QUESTION + OPT, '4 qr 0/0/0/0 opt', 'b'],
  ['opcode 2, then nonsense', `${header(0x1000, 1)}ff`, '4 qr 0/0/0/0', 'n'],
  ['no question', header(0, 0), FORMERR_BARE, 'bnk'],
  ['no question with OPT', header(0, 0, 0, 0, 1) + OPT, `${FORMERR_BARE} opt`, 'bk'],
  ['two questions', header(0, 2) + QUESTION + QUESTION, FORMERR_BARE, 'bn'],
  ['pointer as qname', `${one}c00c00010001`, FORMERR_BARE, 'bn'],
  ['pointer in qname', `${one}0161c00c00010001`, FORMERR_BARE, 'bn'],
  ['label type 01', `${one}4161000000010001`, FORMERR_BARE, 'bn'],
  ['label type 10', `${one}8161000000010001`, FORMERR_BARE, 'bn'],
  ['question cut', `${one}${QNAME}0001`, FORMERR_BARE, 'bn'],
  ['question missing', one, FORMERR_BARE, 'bn'],
  ['octets after the message', `${one}${QUESTION}00`, ANSWER, 'bn'],
  ['octets after the OPT', `${additional + OPT}00`, `${ANSWER} opt`, 'bn'],
  ['additional record missing', additional, FORMERR, 'bk'],
  ['record in the answer', header(0, 1, 1) + QUESTION + RECORD, ANSWER, 'bk'],
  ['record in the authority', header(0, 1, 0, 1) + QUESTION + RECORD, ANSWER, 'bk'],
  ['record in the additional', additional + RECORD, ANSWER, 'bk'],
  ['two OPT, RFC 6891 §6.1.1', header(0, 1, 0, 0, 2) + QUESTION + OPT + OPT, FORMERR, 'bk'],
  ['OPT not at the root', `${additional}0161${OPT}`, FORMERR, 'b'],
  ['OPT in the answer', header(0, 1, 1) + QUESTION + OPT, FORMERR, 'bk'],
  ['EDNS version 1, RFC 6891 §6.1.3', additional + optWith('', '01'), '16 qr 1/0/0/0 opt', 'bnk'],
  ['EDNS version 1, bad option', additional + optWith('0003', '01'), FORMERR, 'bk'],
  ['unknown EDNS flags', `${additional}00002910000000ffff0000`, `${ANSWER} opt do`, 'bnk'],
  ['unknown EDNS option', additional + optWith('fde80002dead'), `${ANSWER} opt`, 'bnk'],
  ['option longer than OPT', additional + optWith('00030004dead'), FORMERR, 'bk'],
  ['OPT longer than the message', `${additional}0000291000000000000006`, FORMERR, 'bk'],
  ['class ANY is without AA, RFC 1035 §6.2', question('000100ff'), '0 qr 1/1/0/0', 'n'],
  ['class ANY, not ours', question('000100ff', '016100'), REFUSED, 'nk'],
  ['class NONE', question('000100fe'), REFUSED, 'k'],
  ['class HS', question('00010004'), REFUSED, 'bk'],
  ['class CH, unknown name', question('00010003'), REFUSED, 'bnk'],
  ['not ours', question('00010001', '016100'), REFUSED, 'bnk'],
  ['type 0', question('00000001'), NODATA, 'bn'],
  ['type 65535', question('ffff0001'), NODATA, 'bnk'],
  ['type OPT', question('00290001'), FORMERR, 'b'],
  ['type 128', question('00800001'), FORMERR, 'b'],
  ['type TKEY', question('00f90001'), FORMERR, 'b'],
  ['type TSIG', question('00fa0001'), FORMERR, 'b'],
  ['type MAILB', question('00fd0001'), '4 qr 1/0/0/0', 'b'],
  ['type MAILA', question('00fe0001'), '4 qr 1/0/0/0', 'b'],
  ['version.bind, RFC 4892 §3', question('00100003', VERSION_BIND), '0 qr 1/1/0/0', 'nk'],
  ['version.bind A', question('00010003', VERSION_BIND), REFUSED, 'nk'],
];

function summary(reply: Uint8Array | null): string {
  if (reply === null) return '-';
  const {
    rcode,
    flags,
    question: asked,
    answer,
    authority,
    additional: more,
    edns,
  } = decodeMessage(reply);
  const counts = [asked, answer, authority, more].map(({ length }) => length).join('/');
  const opt = edns === null ? '' : edns.dnssecOk ? ' opt do' : ' opt';
  return `${rcode} ${flags.join()} ${counts}${opt}`;
}

const engine = new Engine(tableFromTexts([{ origin: 'example', text: TEXT }]), {
  anyFull: false,
  minimalResponses: 'no-auth',
  roundRobin: false,
  udpOctetsMax: 1232,
  version: 'hotzone',
  hostname: null,
  serverId: null,
  clientSubnet: false,
  outsideDrop: false,
  defers: false,
});

function ours(hex: string): string {
  const request = Buffer.from(hex, 'hex');
  const response = new Uint8Array(65535);
  const length = engine.processQuery(request, request.length, response, false, CLIENT);
  return summary(length === 0 ? null : response.subarray(0, length));
}

for (const [name, hex, reply] of ROWS) test(name, () => assert.equal(ours(hex), reply));

test('peers reply so too', { timeout: 120_000 }, async (t) => {
  const kinds: readonly PeerKind[] = ['named', 'nsd', 'knot'];
  if (!kinds.every((kind) => requirePeer(t, kind))) return;
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-malformed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'example.zone');
  writeFileSync(file, `$ORIGIN example.\n${TEXT}`);
  const agreed = new Map<string, string>();
  for (const [kind, letter] of [
    ['named', 'b'],
    ['nsd', 'n'],
    ['knot', 'k'],
  ] as const) {
    const peer = await startPeer(kind, [{ origin: 'example', file }], { minimal: true });
    t.after(() => peer.stop());
    const replies = await Promise.all(
      ROWS.map(([, hex]) => askUdp(peer, Buffer.from(hex, 'hex'), { timeoutMs: 500, retries: 1 })),
    );
    for (const [i, [name, , expected]] of ROWS.entries()) {
      if (summary(replies[i] ?? null) !== expected) continue;
      agreed.set(name, (agreed.get(name) ?? '') + letter);
    }
    await peer.stop();
  }
  for (const [name, , , peers] of ROWS) assert.equal(agreed.get(name), peers, name);
});
