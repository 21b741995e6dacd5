/**
 * RDATA from text: every type's typed and generic form, and what must be refused.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIELD_KINDS, RR_TYPES, typeByCode, typeFromText } from '../../src/wire/rrtypes.js';
import { RDATA_SAMPLES } from '../wire/rdata-samples.js';
import { readRdata } from './rdata-reader.js';
import { REFUSED } from './rdata-refused.js';

test('every RR type with typed fields has a sample', () => {
  const sampled = new Set(RDATA_SAMPLES.map(([type]) => type));
  const missing = RR_TYPES.filter((type) => type.fields !== null && !sampled.has(type.mnemonic));
  assert.deepEqual(
    missing.map((type) => type.mnemonic),
    [],
  );
});

test('every kind of field is used by a type', () => {
  const used = new Set(RR_TYPES.flatMap((type) => type.fields ?? []));
  for (let kind = 1; kind < FIELD_KINDS; kind++) assert.ok(used.has(kind), `kind ${kind}`);
  assert.equal(used.size, FIELD_KINDS - 1);
});

test('typed text gives the octets of the sample (RFC of each type)', () => {
  for (const [type, text, hex] of RDATA_SAMPLES) {
    assert.deepEqual(readRdata(type, text), { hex, code: null, at: '' }, `${type} ${text}`);
  }
});

test('the generic form of known types gives the same octets (RFC 3597 §5)', () => {
  for (const [type, , hex] of RDATA_SAMPLES) {
    const code = typeFromText(type);
    const generic = `\\# ${hex.length / 2} ${hex}`;
    assert.deepEqual(readRdata(type, generic), { hex, code: null, at: '' }, `${type} ${generic}`);
    assert.equal(readRdata(`TYPE${code}`, generic).hex, hex);
  }
});

test('parentheses, comments and lines may stand between any two words (RFC 1035 §5.1)', () => {
  const texts: [string, string][] = [
    ['MX', '( 10 ; preference\n mail.example. )'],
    ['MX', '10(mail.example.)'],
    ['TYPE15', '( \\# 16 ; octets\n 000a 046d61696c 07\n6578616d706c6500 )'],
  ];
  for (const [type, text] of texts) {
    assert.equal(readRdata(type, text).hex, '000a046d61696c076578616d706c6500', text);
  }
});

test('names are completed with the origin, and @ is the origin (RFC 1035 §5.1)', () => {
  assert.equal(readRdata('NS', '@').hex, '076578616d706c6500');
  assert.equal(readRdata('NS', 'a').hex, '0161076578616d706c6500');
  assert.equal(readRdata('NS', '\\@').hex, '0140076578616d706c6500');
  assert.equal(readRdata('NS', '.').hex, '00');
  const long = `${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(53)}`;
  assert.equal(readRdata('NS', long).hex.length, 2 * 255);
  assert.equal(readRdata('NS', `${long}a`).code, 'NAME_TOO_LONG');
});

test('a quoted \\# is a string, an unquoted one the generic form (RFC 3597 §5)', () => {
  assert.equal(readRdata('TXT', '"\\#" 1').hex, '01230131');
  assert.equal(readRdata('TXT', '\\# 2 0131').hex, '0131');
});

test('RDATA of more than 65535 octets is refused', () => {
  const string = `"${'a'.repeat(255)}" `;
  assert.equal(readRdata('TXT', string.repeat(255)).hex.length, 2 * 255 * 256);
  assert.equal(readRdata('TXT', string.repeat(256)).code, 'RDATA_LENGTH');
  assert.equal(readRdata('TYPE65280', '\\# 65536 00').code, 'RDATA_NUMBER');
});

test('what cannot be put on the wire is refused at its place', () => {
  for (const [type, text, code, at] of REFUSED) {
    assert.deepEqual(readRdata(type, text), { hex: '', code, at }, `${type} ${text}`);
  }
});

test('types are found by code, mnemonic and number (RFC 3597 §5)', () => {
  for (const type of RR_TYPES) {
    assert.equal(typeByCode(type.code), type);
    assert.equal(typeFromText(type.mnemonic.toLowerCase()), type.code);
    assert.equal(typeFromText(`TYPE${type.code}`), type.code);
  }
  assert.equal(typeByCode(65280), null);
  assert.equal(typeFromText('TYPE65536'), -1);
  assert.equal(typeFromText('NOTYPE'), -1);
});
