/**
 * RDATA as text, spelled as BIND spells it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rdataText } from '../../src/wire/rdata-text.js';
import { typeFromText } from '../../src/wire/rrtypes.js';
import { readRdata } from '../parse/rdata-reader.js';
import { RDATA_SAMPLES } from './rdata-samples.js';

/** Octets of `hex` as text, from an offset and with neighbours that must not matter. */
function textOf(type: string, hex: string): string {
  const octets = Buffer.from(`ff${hex}ff`, 'hex');
  return rdataText(typeFromText(type), octets, 1, octets.length - 2);
}

test('octets print as BIND prints them, and what is printed parses back', () => {
  for (const [type, text, hex, printed] of RDATA_SAMPLES) {
    assert.equal(textOf(type, hex), printed ?? text, `${type} ${text}`);
    assert.equal(readRdata(type, printed ?? text).hex, hex, `${type} ${printed}`);
  }
});

test('IPv6 addresses are as short as inet_ntop makes them (RFC 5952 §4)', () => {
  const rows: [string, string][] = [
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['000000000000000000000000c0000201', '::192.0.2.1'],
    ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
    ['00010000000000010000000000000001', '1:0:0:1::1'],
    ['00010000000100010000000000010001', '1:0:1:1::1:1'],
    ['00010000000100010001000100010001', '1:0:1:1:1:1:1:1'],
    ['00010000000000010001000000000001', '1::1:1:0:0:1'],
    ['fe800000000000000000000000000000', 'fe80::'],
  ];
  for (const [hex, text] of rows) assert.equal(textOf('AAAA', hex), text);
});

test('long hexadecimal and base64 have a blank after every 56 digits', () => {
  assert.equal(textOf('TYPE65280', '0a'.repeat(28)), `\\# 28 ${'0A'.repeat(28)}`);
  assert.equal(textOf('TYPE65280', '0a'.repeat(29)), `\\# 29 ${'0A'.repeat(28)} 0A`);
  assert.equal(textOf('OPENPGPKEY', '000000'.repeat(15)), `${'A'.repeat(56)} AAAA`);
});

test('octets without typed text print in the generic form (RFC 3597 §5)', () => {
  const version1 = '01121613800000008000000000989680';
  assert.equal(textOf('LOC', version1), `\\# 16 ${version1}`);
  assert.equal(textOf('APL', '0003000101'), '\\# 5 0003000101');
  assert.equal(textOf('AMTRELAY', '0a0400'), '\\# 3 0A0400');
});

test('times are those nearest to now (RFC 4034 §3.1.5)', () => {
  const now = Math.floor(Date.now() / 1000);
  for (const distance of [-(2 ** 31) + 60, -1, 0, 1, 2 ** 31 - 60]) {
    const hex = ((now + distance) >>> 0).toString(16).padStart(8, '0');
    const text = textOf('RRSIG', `0001080000000e10${hex}00000000000100ff`);
    const wanted = new Date((now + distance) * 1000).toISOString().replace(/[-T:]|\..*/g, '');
    assert.equal(text.split(' ')[4], wanted);
  }
});

test('lists of service parameters guard commas twice (RFC 9460 appendix A.1)', () => {
  const hex = '0001000001000803612c6203635c64';
  assert.equal(textOf('SVCB', hex), '1 . alpn="a\\\\,b,c\\\\\\\\d"');
  assert.equal(readRdata('SVCB', '1 . alpn="a\\\\,b,c\\\\\\\\d"').hex, hex);
});
