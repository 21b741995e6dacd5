/**
 * Replies written: compression, whole RRsets or nothing, and what is left after an RRset that did not fit.
 * Messages are decoded by an independent decoder that refuses anything malformed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NameView, parseName } from '../../src/wire/name.js';
import {
  QNAME_OFFSET,
  ResponseWriter,
  SECTION_ADDITIONAL,
  SECTION_AUTHORITY,
  TTL_AS_STORED,
} from '../../src/wire/response.js';
import { decodeMessage, nameOctets, typeNumber } from '../peers/message.js';

const QUESTION = Buffer.concat([nameOctets('WWW.Example.test'), Buffer.from('00010001', 'hex')]);

function view(text: string): NameView {
  const name = new NameView();
  const octets = nameOctets(text);
  assert.equal(parseName(name, octets, 0, octets.length), octets.length);
  return name;
}

/** Records in the layout of zone-index.ts, TTL 300. */
function rrset(type: string, ...rdatas: Buffer[]): Buffer {
  return Buffer.concat(
    rdatas.map((rdata) => {
      const head = Buffer.alloc(12);
      head.writeUInt16BE(0xc00c, 0);
      head.writeUInt16BE(typeNumber(type), 2);
      head.writeUInt16BE(1, 4);
      head.writeUInt32BE(300, 6);
      head.writeUInt16BE(rdata.length, 10);
      return Buffer.concat([head, rdata]);
    }),
  );
}

const qname = new NameView();

function begin(writer: ResponseWriter, limit: number): Buffer {
  const octets = Buffer.alloc(65535, 0xff);
  parseName(qname, QUESTION, 0, QUESTION.length);
  writer.begin(octets, limit);
  writer.writeQuestion(qname, QUESTION.length);
  return octets;
}

function write(
  writer: ResponseWriter,
  owner: string,
  type: string,
  rdatas: Buffer[],
  ttl: number = TTL_AS_STORED,
): boolean {
  const data = rrset(type, ...rdatas);
  const at = owner === 'qname' ? QNAME_OFFSET : 0;
  const name = owner === 'qname' ? qname : view(owner);
  return writer.writeRrset(name, at, data, 0, data.length, typeNumber(type), rdatas.length, ttl);
}

function finished(writer: ResponseWriter, octets: Buffer): Buffer {
  return octets.subarray(0, writer.finish(7, 0x8400));
}

test('response: qname keeps its spelling and its records point at it, RFC 4343 §4.1', () => {
  const writer = new ResponseWriter();
  const octets = begin(writer, 512);
  assert.ok(write(writer, 'qname', 'A', [Buffer.of(192, 0, 2, 1), Buffer.of(192, 0, 2, 2)]));
  const reply = finished(writer, octets);
  const message = decodeMessage(reply);
  assert.deepEqual(message.question, ['WWW.Example.test. IN A']);
  assert.deepEqual(message.answer, [
    'www.example.test. 300 IN A c0000201',
    'www.example.test. 300 IN A c0000202',
  ]);
  assert.equal(reply.length, 12 + QUESTION.length + 2 * 16);
});

test('response: names of RFC 1035 types are compressed in any case, RFC 1035 §4.1.4', () => {
  const writer = new ResponseWriter();
  const octets = begin(writer, 512);
  const exchange = nameOctets('Mail.EXAMPLE.test');
  assert.ok(write(writer, 'qname', 'MX', [Buffer.concat([Buffer.of(0, 5), exchange])]));
  writer.section = SECTION_AUTHORITY;
  const soa = [nameOctets('mail.example.test'), nameOctets('h.mail.example.test')];
  assert.ok(write(writer, 'example.test', 'SOA', [Buffer.concat([...soa, Buffer.alloc(20)])], 60));
  writer.section = SECTION_ADDITIONAL;
  assert.ok(write(writer, 'mail.example.test', 'A', [Buffer.of(192, 0, 2, 1)]));
  const reply = finished(writer, octets);
  const message = decodeMessage(reply);
  assert.equal(message.answer.length + message.authority.length + message.additional.length, 3);
  assert.match(message.authority[0] ?? '', /^example\.test\. 60 IN SOA 046d61696c/);
  const mx = 12 + 2 + 5 + 2;
  const soaOctets = 12 + 2 + 4 + 20;
  assert.equal(reply.length, 12 + QUESTION.length + mx + soaOctets + 16);
});

test('response: names of later types are not compressed, RFC 3597 §4', () => {
  const writer = new ResponseWriter();
  const octets = begin(writer, 512);
  const target = nameOctets('www.example.test');
  for (const type of ['SRV', 'DNAME', 'SVCB', 'TYPE65280', 'KX']) {
    const head = Buffer.alloc({ SRV: 6, SVCB: 2, KX: 2 }[type] ?? 0);
    assert.ok(write(writer, 'a.example.test', type, [Buffer.concat([head, target])]), type);
  }
  assert.deepEqual(decodeMessage(finished(writer, octets)).compressed, []);
});

test('response: the root is written as it is', () => {
  const writer = new ResponseWriter();
  const octets = begin(writer, 512);
  assert.ok(write(writer, '.', 'NS', [nameOctets('.'), nameOctets('a.root-servers.net')]));
  const message = decodeMessage(finished(writer, octets));
  assert.deepEqual(message.answer.length, 2);
  assert.ok(message.answer.includes('. 300 IN NS 00'));
});

test('response: an RRset that does not fit leaves no trace, RFC 2181 §9', () => {
  const names = [nameOctets('ns1.long-label.example.test'), nameOctets('ns2.other.example.test')];
  const full = new ResponseWriter();
  const whole = begin(full, 65535);
  assert.ok(write(full, 'sub.example.test', 'NS', names));
  const needed = finished(full, whole).length;
  for (let limit = 12 + QUESTION.length; limit <= needed; limit++) {
    const writer = new ResponseWriter();
    const octets = begin(writer, limit);
    const fits = write(writer, 'sub.example.test', 'NS', names);
    assert.equal(fits, limit === needed, `limit ${limit}`);
    assert.ok(
      octets.subarray(limit).every((octet) => octet === 0xff),
      `limit ${limit}`,
    );
    // The names that were rolled back must not be pointed at.
    writer.limit = 65535;
    assert.ok(write(writer, 'ns1.long-label.example.test', 'A', [Buffer.alloc(4)]));
    assert.ok(write(writer, 'x.other.example.test', 'A', [Buffer.alloc(4)]));
    const { answer } = decodeMessage(finished(writer, octets));
    assert.equal(answer.length, fits ? 4 : 2);
    assert.ok(answer.includes('ns1.long-label.example.test. 300 IN A 00000000'));
    assert.ok(answer.includes('x.other.example.test. 300 IN A 00000000'));
  }
});

test('response: the question can still be pointed at after an RRset that did not fit', () => {
  const lengths = [false, true].map((failsFirst) => {
    const writer = new ResponseWriter();
    const octets = begin(writer, 512);
    const long = Array.from({ length: 40 }, (_, i) => nameOctets(`a-long-name-${i}.example.test`));
    if (failsFirst) assert.ok(!write(writer, 'sub.example.test', 'NS', long));
    assert.ok(write(writer, 'mail.example.test', 'A', [Buffer.alloc(4)]));
    return finished(writer, octets).length;
  });
  assert.equal(lengths[0], lengths[1]);
});

test('response: names beyond 16383 octets are written whole, RFC 1035 §4.1.4', () => {
  const writer = new ResponseWriter();
  const octets = begin(writer, 65535);
  const filler = Array.from({ length: 70 }, (_, i) => Buffer.alloc(240, i));
  assert.ok(write(writer, 'qname', 'TYPE65280', filler));
  for (let i = 0; i < 2; i++)
    assert.ok(write(writer, 'far.away', 'NS', [nameOctets('ns.far.away')]));
  const message = decodeMessage(finished(writer, octets));
  assert.equal(message.answer.filter((record) => record.startsWith('far.away.')).length, 2);
});

test('response: more names than the table holds are still right', () => {
  const writer = new ResponseWriter();
  const octets = begin(writer, 65535);
  for (let i = 0; i < 400; i++) {
    assert.ok(
      write(writer, `n${i}.zone${i % 7}.test`, 'NS', [nameOctets(`t${i}.zone${i % 5}.net`)]),
    );
  }
  const { answer } = decodeMessage(finished(writer, octets));
  for (let i = 0; i < 400; i++) {
    const target = nameOctets(`t${i}.zone${i % 5}.net`).toString('hex');
    assert.ok(answer.includes(`n${i}.zone${i % 7}.test. 300 IN NS ${target}`), `record ${i}`);
  }
});

test('response: hasRrset knows owner and type, in this reply only', () => {
  const writer = new ResponseWriter();
  const has = (owner: string, type: string): boolean =>
    writer.hasRrset(writer.offsetOf(view(owner)), typeNumber(type));
  begin(writer, 512);
  write(writer, 'qname', 'A', [Buffer.alloc(4)]);
  write(writer, 'a.example.test', 'A', [Buffer.alloc(4)]);
  assert.equal(writer.offsetOf(view('www.example.TEST')), QNAME_OFFSET);
  assert.ok(has('www.example.TEST', 'A'));
  assert.ok(has('A.example.test', 'A'));
  assert.ok(!has('a.example.test', 'AAAA'));
  assert.ok(!has('b.example.test', 'A'));
  assert.ok(!has('.', 'A'));
  begin(writer, 512);
  assert.ok(!has('a.example.test', 'A'));
  assert.ok(!has('www.example.test', 'A'));
});

test('response: the generation that empties the table may wrap', () => {
  const writer = new ResponseWriter();
  Reflect.set(writer, 'generation', -2);
  for (let i = 0; i < 4; i++) {
    const octets = begin(writer, 512);
    assert.ok(write(writer, 'a.b.example.test', 'NS', [nameOctets('a.b.example.test')]));
    assert.equal(decodeMessage(finished(writer, octets)).answer.length, 1);
  }
});
