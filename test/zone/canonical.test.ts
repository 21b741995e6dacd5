/**
 * Canonical order: RFC 4034 §6.1's example, odd octets, and any zone against a plain sort by the name comparison.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareNames } from '../../src/wire/name.js';
import { nameText } from '../../src/wire/name-text.js';
import { canonicalOrder } from '../../src/zone/canonical.js';
import type { Zone } from '../../src/zone/zone.js';
import { readText } from '../support/zones.js';

function zoneOf(origin: string, owners: readonly string[]): Zone {
  const records = owners.map((owner) => `${owner} TXT x\n`).join('');
  const { zone } = readText(origin, `$TTL 1\n@ SOA . . 1 2 3 4 5\n${records}`);
  assert.ok(zone !== null);
  return zone;
}

function orderedNames(zone: Zone): string[] {
  const { octets, offsets } = zone.names;
  return Array.from(canonicalOrder(zone), (owner) => nameText(octets, offsets[owner]!));
}

test('RFC 4034 §6.1: the example', () => {
  const sorted = [
    'example.',
    'a.example.',
    'yljkjljk.a.example.',
    'Z.a.example.',
    'zABC.a.EXAMPLE.',
    'z.example.',
    '\\001.z.example.',
    '*.z.example.',
    '\\200.z.example.',
  ];
  const zone = zoneOf('example', [...sorted].reverse());
  assert.deepEqual(
    orderedNames(zone).map((name) => name.toLowerCase()),
    sorted.map((name) => name.toLowerCase()),
  );
});

test('RFC 4034 §6.1: octets 0 and 1, and labels that others begin with', () => {
  const owners = [
    '\\000',
    'a.\\000',
    '\\000\\000',
    '\\001',
    'b.\\001',
    '\\000\\001',
    '\\002',
    'aa',
    'a.aa',
    'a',
    'a-',
  ];
  const expected = [
    '@',
    '\\000',
    'a.\\000',
    '\\000\\000',
    '\\000\\001',
    '\\001',
    'b.\\001',
    '\\002',
    'a',
    'a-',
    'aa',
    'a.aa',
  ];
  assert.deepEqual(
    orderedNames(zoneOf('x', owners)),
    expected.map((owner) => (owner === '@' ? 'x.' : `${owner}.x.`)),
  );
});

test('names out of zone are left out, empty non-terminals are not', () => {
  assert.deepEqual(orderedNames(zoneOf('x', ['a.b', 'other.', 'a.other.'])), [
    'x.',
    'b.x.',
    'a.b.x.',
  ]);
});

test('the root zone', () => {
  assert.deepEqual(orderedNames(zoneOf('.', ['b', 'a.b', 'a'])), ['.', 'a.', 'b.', 'a.b.']);
});

test('any names: as a sort by comparison', () => {
  const label = fc.array(fc.constantFrom(0, 1, 2, 42, 65, 97, 98, 255), {
    minLength: 1,
    maxLength: 9,
  });
  const owner = fc
    .array(label, { minLength: 1, maxLength: 4 })
    .map((labels) =>
      labels
        .map((octets) => octets.map((octet) => `\\${String(octet).padStart(3, '0')}`).join(''))
        .join('.'),
    );
  fc.assert(
    fc.property(fc.array(owner, { maxLength: 120 }), (owners) => {
      const zone = zoneOf('example', owners);
      const { octets, offsets, count } = zone.names;
      const plain = Array.from({ length: count }, (_, id) => id).sort((a, b) =>
        compareNames(octets, offsets[a]!, octets, offsets[b]!),
      );
      assert.deepEqual([...canonicalOrder(zone)], plain);
    }),
    { numRuns: 200 },
  );
});
