/**
 * Which octets are valid RDATA.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRdata } from '../../src/wire/rdata-check.js';
import { rdataText } from '../../src/wire/rdata-text.js';
import { RR_TYPES, typeFromText } from '../../src/wire/rrtypes.js';
import { RDATA_SAMPLES } from './rdata-samples.js';

function check(type: string, hex: string): string | null {
  const octets = Buffer.from(hex, 'hex');
  return checkRdata(typeFromText(type), octets, 0, octets.length);
}

test('the octets of every sample are valid', () => {
  for (const [type, text, hex] of RDATA_SAMPLES)
    assert.equal(check(type, hex), null, `${type} ${text}`);
});

test('cut off and lengthened octets are refused where the layout is fixed', () => {
  const fixed = ['A', 'AAAA', 'NS', 'SOA', 'MX', 'SRV', 'NAPTR', 'RP', 'EUI48', 'NID', 'LOC', 'DS'];
  for (const [type, text, hex] of RDATA_SAMPLES) {
    if (!fixed.includes(type)) continue;
    assert.notEqual(check(type, `${hex}00`), null, `${type} ${text} and an octet`);
    for (let digits = 0; digits < hex.length; digits += 2) {
      assert.notEqual(check(type, hex.slice(0, digits)), null, `${type} ${text} to ${digits / 2}`);
    }
  }
});

test('wrong octets are refused with a reason', () => {
  const rows: [type: string, hex: string][] = [
    // names: compression pointers, missing root, beyond the end (RFC 3597 §4)
    ['NS', 'c000'],
    ['NS', '0161'],
    ['NS', '4061'],
    ['NS', `${`3f${'61'.repeat(63)}`.repeat(4)}00`],
    // character strings
    ['TXT', ''],
    ['TXT', '0200'],
    ['CAA', '0000'],
    ['CAA', '00012d'],
    // type bitmaps, RFC 4034 §4.1.2
    ['NSEC', '00'],
    ['NSEC', '000000'],
    ['NSEC', '00000100'],
    ['NSEC', '0000024000'],
    ['NSEC', '00010140000140'],
    ['NSEC', `000021${'40'.repeat(33)}`],
    ['NXT', '0080000002'],
    // types with rules
    ['NSEC3', '010000000004010203040001'],
    ['RRSIG', '000108000000000e65dfc9000000000100010165000102'],
    ['KEY', 'c000030801'],
    ['KEY', '00000308'],
    ['WKS', '010203040600'],
    ['SVCB', '00010000030000'],
    ['SVCB', '000100000a000000090000'],
    ['SVCB', '0001000000000400000003000300020001'],
    ['AMTRELAY', '0a010102030405'],
    ['IPSECKEY', '0a010201'],
  ];
  for (const [type, hex] of rows) assert.notEqual(check(type, hex), null, `${type} ${hex}`);
});

test('any octets are valid for a type without typed fields (RFC 3597 §3)', () => {
  for (const type of ['TYPE65280', 'NULL', 'UNSPEC']) {
    assert.equal(check(type, ''), null);
    assert.equal(check(type, 'c000ff'), null);
  }
});

test('random octets are checked without a throw, and print if they are valid', () => {
  let seed = 20240101;
  const random = (bound: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * bound);
  };
  const octets = new Uint8Array(48);
  let valid = 0;
  for (const type of RR_TYPES) {
    for (let round = 0; round < 300; round++) {
      const length = random(octets.length);
      for (let i = 0; i < length; i++) octets[i] = random(round % 2 === 0 ? 256 : 4);
      if (checkRdata(type.code, octets, 0, length) !== null) continue;
      valid++;
      const text = rdataText(type.code, octets, 0, length);
      assert.ok(!text.includes('undefined') && !text.includes('NaN'), `${type.mnemonic} ${text}`);
    }
  }
  assert.ok(valid > RR_TYPES.length);
});
