/**
 * JSON with places: the values are those of JSON.parse, what that refuses is refused, and a span holds its value.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type JsonNode, readJson } from '../../src/parse/json-tree.js';

function read(text: string) {
  const octets = Buffer.from(text);
  return readJson(octets, 0, octets.length);
}

/** The value of a tree; each span must be the text of its value. */
function checkedValue(node: JsonNode, octets: Buffer): unknown {
  const value = plainOf(node, octets);
  const text = octets.toString('utf8', node.start, node.stop);
  assert.deepEqual(JSON.parse(text), value);
  return value;
}

function plainOf(node: JsonNode, octets: Buffer): unknown {
  if (node.kind === 'string') return node.text;
  if (node.kind === 'number' || node.kind === 'literal') return JSON.parse(node.text);
  if (node.kind === 'array') return node.items.map((item) => checkedValue(item, octets));
  const members = node.members.map(({ key, value }) => [key, checkedValue(value, octets)] as const);
  // as JSON.parse: a key is a key, whatever its name
  const object: Record<string, unknown> = {};
  for (const [key, value] of members) {
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}

test('any JSON: the values of JSON.parse, at their places', () => {
  const depth = { maxDepth: 5 };
  fc.assert(
    fc.property(fc.json(depth), fc.constantFrom(0, 1, 2), (text, indent) => {
      const spaced = JSON.stringify(JSON.parse(text), null, indent);
      const root = read(spaced);
      assert.ok('kind' in root, spaced);
      assert.deepEqual(checkedValue(root, Buffer.from(spaced)), JSON.parse(spaced));
    }),
  );
});

test('mutated JSON is refused if JSON.parse refuses it, and only then', () => {
  const seed = '{"a": [1, -2.5e+3, "x\\u00e9\\n"], "b": {"c": null, "d": true}}';
  const piece = fc.constantFrom(...'{}[]",:\\0e-. \n\t\u0001x');
  fc.assert(
    fc.property(fc.nat(seed.length), fc.nat(2), piece, (at, removed, put) => {
      const text = seed.slice(0, at) + put + seed.slice(at + removed);
      let wanted: unknown;
      try {
        wanted = JSON.parse(text);
      } catch {
        wanted = undefined;
      }
      const root = read(text);
      if (wanted === undefined) assert.ok(!('kind' in root), text);
      else assert.ok('kind' in root, text);
    }),
    { numRuns: 1000 },
  );
});

const FAULTS: readonly (readonly [text: string | Buffer, at: number, why: string])[] = [
  ['', 0, 'the text ends too early'],
  ['{', 1, 'the text ends too early'],
  ['{"a" 1}', 5, 'a colon is missing after the key'],
  ['{"a": 1 "b": 2}', 8, 'a comma or } is missing'],
  ['[1, ]', 4, 'a value is missing'],
  ['{a: 1}', 1, 'a key in quotes is missing'],
  ['"a\nb"', 0, 'a string does not end on its line'],
  ['"a', 0, 'a string does not end on its line'],
  ['["\\x"]', 1, 'a string with a bad escape, or that is not UTF-8'],
  ['["\\ud800"]', 1, 'a string with a bad escape, or that is not UTF-8'],
  [Buffer.from('["\xff"]', 'latin1'), 1, 'a string with a bad escape, or that is not UTF-8'],
  ['[01]', 1, 'a value is missing'],
  ['1 2', 2, 'the text goes on after its end'],
  ['['.repeat(17), 16, 'nested more than 16 deep'],
];

test('what is no JSON is told at its place', () => {
  for (const [text, at, why] of FAULTS) {
    const octets = Buffer.from(text);
    assert.deepEqual(readJson(octets, 0, octets.length), { at, text: why }, String(text));
  }
});
