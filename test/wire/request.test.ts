/**
 * Queries taken apart: what is read, what is malformed, what gets no reply. Rows are packets in hexadecimal.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RCODE_FORMERR, RCODE_NOERROR } from '../../src/wire/constants.js';
import { parseRequest, REQUEST_DROP, Request } from '../../src/wire/request.js';

const QNAME = '026e73076578616d706c6500';
const QUESTION = `${QNAME}00010001`;
const OPT = '0000291000000000000000';
const A_RECORD = 'c00c00010001000000000004c0000201';
const TSIG = '01610000fa00ff000000000000';

function header(flags: number, ...counts: number[]): string {
  const words = [0x1234, flags, ...counts, 0, 0, 0, 0].slice(0, 6);
  return words.map((word) => word.toString(16).padStart(4, '0')).join('');
}

function parse(hex: string): { verdict: number; request: Request } {
  const octets = Buffer.from(hex, 'hex');
  const request = new Request();
  return { verdict: parseRequest(request, octets, octets.length), request };
}

const longName = `${`3f${'61'.repeat(63)}`.repeat(3)}3d${'61'.repeat(61)}00`;
const tooLong = `${`3f${'61'.repeat(63)}`.repeat(3)}3e${'61'.repeat(62)}00`;

const ROWS: [name: string, hex: string, verdict: number][] = [
  ['nothing', '', REQUEST_DROP],
  ['11 octets', header(0, 1).slice(0, 22), REQUEST_DROP],
  ['a response', header(0x8000, 1) + QUESTION, REQUEST_DROP],
  ['a response, malformed', header(0x8000, 1), REQUEST_DROP],
  ['a plain query', header(0, 1) + QUESTION, RCODE_NOERROR],
  ['octets after the message', `${header(0, 1) + QUESTION}00`, RCODE_NOERROR],
  ['no question, RFC 9619 §4', header(0, 0), RCODE_FORMERR],
  ['two questions, RFC 9619 §4', header(0, 2) + QUESTION + QUESTION, RCODE_FORMERR],
  ['question missing', header(0, 1), RCODE_FORMERR],
  ['question cut in the name', header(0, 1) + QNAME.slice(0, 8), RCODE_FORMERR],
  ['question cut before its end', header(0, 1) + QUESTION.slice(0, -2), RCODE_FORMERR],
  ['pointer as qname', `${header(0, 1)}c00c00010001`, RCODE_FORMERR],
  ['pointer in qname', `${header(0, 1)}0161c00c00010001`, RCODE_FORMERR],
  ['label type 01', `${header(0, 1)}4161000000010001`, RCODE_FORMERR],
  ['label type 10', `${header(0, 1)}8161000000010001`, RCODE_FORMERR],
  ['qname of 255 octets', `${header(0, 1)}${longName}00010001`, RCODE_NOERROR],
  ['qname of 256 octets', `${header(0, 1)}${tooLong}00010001`, RCODE_FORMERR],
  ['additional record missing', header(0, 1, 0, 0, 1) + QUESTION, RCODE_FORMERR],
  ['answer record', header(0, 1, 1) + QUESTION + A_RECORD, RCODE_NOERROR],
  ['authority record cut', header(0, 1, 0, 1) + QUESTION + A_RECORD.slice(0, -2), RCODE_FORMERR],
  ['record owner of type 01', `${header(0, 1, 1)}${QUESTION}41${A_RECORD}`, RCODE_FORMERR],
  ['65535 records announced', header(0, 1, 65535, 65535, 65535) + QUESTION, RCODE_FORMERR],
  ['OPT, RFC 6891 §6.1.1', header(0, 1, 0, 0, 1) + QUESTION + OPT, RCODE_NOERROR],
  [
    'OPT after records',
    header(0, 1, 1, 1, 1) + QUESTION + A_RECORD + A_RECORD + OPT,
    RCODE_NOERROR,
  ],
  ['two OPT, RFC 6891 §6.1.1', header(0, 1, 0, 0, 2) + QUESTION + OPT + OPT, RCODE_FORMERR],
  ['OPT not at the root', `${header(0, 1, 0, 0, 1)}${QUESTION}0161${OPT}`, RCODE_FORMERR],
  ['OPT as answer', header(0, 1, 1) + QUESTION + OPT, RCODE_FORMERR],
  [
    'option longer than the OPT',
    `${header(0, 1, 0, 0, 1) + QUESTION}0000291000000000000006fde80003dead`,
    RCODE_FORMERR,
  ],
  [
    'option without length',
    `${header(0, 1, 0, 0, 1) + QUESTION}0000291000000000000002fde8`,
    RCODE_FORMERR,
  ],
  [
    'unknown option, RFC 6891 §6.1.2',
    `${header(0, 1, 0, 0, 1) + QUESTION}0000291000000000000006fde80002dead`,
    RCODE_NOERROR,
  ],
  ['TSIG last', header(0, 1, 0, 0, 1) + QUESTION + TSIG, RCODE_NOERROR],
  ['TSIG not last, RFC 8945 §5.1', header(0, 1, 0, 0, 2) + QUESTION + TSIG + OPT, RCODE_FORMERR],
  ['TSIG as answer', header(0, 1, 1) + QUESTION + TSIG, RCODE_FORMERR],
];

for (const [name, hex, verdict] of ROWS) {
  test(`request: ${name}`, () => assert.equal(parse(hex).verdict, verdict));
}

test('request: header and question are read, RFC 1035 §4.1', () => {
  const { request } = parse(header(0x2930, 1) + QUESTION);
  assert.equal(request.id, 0x1234);
  assert.equal(request.flags, 0x2930);
  assert.equal(request.opcode, 5);
  assert.equal(request.qname.labelCount, 2);
  assert.equal(request.qtype, 1);
  assert.equal(request.qclass, 1);
  assert.equal(request.questionOctets, QUESTION.length / 2);
  assert.equal(request.edns.present, false);
});

test('request: size, version, DO and NSID of the OPT record, RFC 6891 §6.1.3', () => {
  const opt = '00002904d000018000000800030000fde80000';
  const { verdict, request } = parse(header(0, 1, 0, 0, 1) + QUESTION + opt);
  assert.equal(verdict, RCODE_NOERROR);
  const { present, udpOctets, version, dnssecOk, wantsNsid } = request.edns;
  assert.deepEqual([present, udpOctets, version, dnssecOk, wantsNsid], [true, 1232, 1, true, true]);
});

test('request: nothing of one query is left in the next', () => {
  const request = new Request();
  const rich = Buffer.from(header(0, 1, 0, 0, 2) + QUESTION + OPT + TSIG, 'hex');
  assert.equal(parseRequest(request, rich, rich.length), RCODE_NOERROR);
  assert.ok(request.edns.present && request.tsigOffset > 0);
  const bad = Buffer.from(header(0, 1), 'hex');
  assert.equal(parseRequest(request, bad, bad.length), RCODE_FORMERR);
  const { edns, tsigOffset, questionOctets, qtype } = request;
  assert.deepEqual([edns.present, tsigOffset, questionOctets, qtype], [false, 0, 0, 0]);
});

test('request: a malformed message says nothing about EDNS, a missing question does', () => {
  const twice = parse(header(0, 1, 0, 0, 2) + QUESTION + OPT + OPT);
  assert.equal(twice.request.edns.present, false);
  const none = parse(header(0, 0, 0, 0, 1) + OPT);
  assert.equal(none.verdict, RCODE_FORMERR);
  assert.equal(none.request.edns.present, true);
});

test('request: octets beyond the given length do not count', () => {
  const octets = Buffer.from(header(0, 1) + QUESTION, 'hex');
  const request = new Request();
  for (let length = 12; length < octets.length; length++) {
    assert.equal(parseRequest(request, octets, length), RCODE_FORMERR, `${length} octets`);
  }
});
