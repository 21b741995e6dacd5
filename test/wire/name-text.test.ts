/**
 * Names between text and octets.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  nameFromText,
  nameText,
  SCAN_BAD_ESCAPE,
  SCAN_EMPTY_LABEL,
  SCAN_LABEL_TOO_LONG,
  SCAN_NAME_TOO_LONG,
  SCAN_NO_ORIGIN,
  scanName,
} from '../../src/wire/name-text.js';

const LABEL_63 = 'a'.repeat(63);
const ORIGIN = Buffer.from('076578616d706c6500', 'hex');

/** Octets of a name in hexadecimal, or why there are none. */
function scan(text: string, origin: Uint8Array = ORIGIN): string | number {
  const octets = Buffer.from(`x${text}x`);
  const out = new Uint8Array(2000);
  const length = scanName(octets, 1, octets.length - 1, out, 5, origin, origin.length);
  return length < 0 ? length : Buffer.from(out.subarray(5, 5 + length)).toString('hex');
}

test('text to octets (RFC 1035 §5.1)', () => {
  const rows: [text: string, result: string | number][] = [
    ['.', '00'],
    ['@', '076578616d706c6500'],
    ['a', '0161076578616d706c6500'],
    ['a.', '016100'],
    ['a.B.', '0161014200'],
    ['\\@', '0140076578616d706c6500'],
    ['a\\.b.', '03612e6200'],
    ['\\000\\255.', '0200ff00'],
    ['\\\\.', '015c00'],
    ['a@.', '02614000'],
    ['*.', '012a00'],
    ['', SCAN_EMPTY_LABEL],
    ['..', SCAN_EMPTY_LABEL],
    ['.a', SCAN_EMPTY_LABEL],
    ['a..', SCAN_EMPTY_LABEL],
    ['a..b', SCAN_EMPTY_LABEL],
    ['a\\256', SCAN_BAD_ESCAPE],
    ['a\\25', SCAN_BAD_ESCAPE],
    ['a\\2x5', SCAN_BAD_ESCAPE],
    ['a\\', SCAN_BAD_ESCAPE],
    [`${LABEL_63}.`, `3f${'61'.repeat(63)}00`],
    [`${LABEL_63}a`, SCAN_LABEL_TOO_LONG],
    [`${LABEL_63}a.`, SCAN_LABEL_TOO_LONG],
    [`${`${LABEL_63}.`.repeat(3)}${'a'.repeat(62)}.`, SCAN_NAME_TOO_LONG],
    [`${`${LABEL_63}.`.repeat(3)}${'a'.repeat(54)}`, SCAN_NAME_TOO_LONG],
    ['a.'.repeat(128), SCAN_NAME_TOO_LONG],
    ['a.'.repeat(5000), SCAN_NAME_TOO_LONG],
  ];
  for (const [text, result] of rows) assert.equal(scan(text), result, text);
});

test('names of exactly 255 octets are names (RFC 1035 §2.3.4)', () => {
  const longest = `${`${LABEL_63}.`.repeat(3)}${'a'.repeat(61)}.`;
  assert.equal(String(scan(longest)).length, 2 * 255);
  assert.equal(String(scan('a.'.repeat(127))).length, 2 * 255);
  const completed = `${`${LABEL_63}.`.repeat(3)}${'a'.repeat(53)}`;
  assert.equal(String(scan(completed)).length, 2 * 255);
});

test('relative names need an origin', () => {
  const none = new Uint8Array(0);
  assert.equal(scan('@', none), SCAN_NO_ORIGIN);
  assert.equal(scan('a', none), SCAN_NO_ORIGIN);
  assert.equal(scan('a.', none), '016100');
});

test('octets to text, spelled as BIND spells it', () => {
  const rows: [hex: string, text: string][] = [
    ['00', '.'],
    ['03777777076578616d706c6500', 'www.example.'],
    ['07612e6220633a2300', 'a\\.b\\032c:#.'],
    ['0728293b4024225c00', '\\(\\)\\;\\@\\$\\"\\\\.'],
    ['04007f80ff00', '\\000\\127\\128\\255.'],
    ['022a2f00', '*/.'],
  ];
  for (const [hex, text] of rows) {
    const octets = Buffer.from(`00${hex}`, 'hex');
    assert.equal(nameText(octets, 1), text);
    assert.deepEqual(Buffer.from(nameFromText(text) ?? []), octets.subarray(1));
  }
});

test('names of settings are absolute with and without the final dot', () => {
  assert.deepEqual(nameFromText('a.example'), nameFromText('a.example.'));
  assert.equal(nameText(nameFromText('a.example') ?? ORIGIN, 0), 'a.example.');
  for (const text of ['', 'a..b', '.a', 'a\\', `${LABEL_63}a`])
    assert.equal(nameFromText(text), null);
});
