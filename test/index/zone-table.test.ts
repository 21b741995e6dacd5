/**
 * Longest-suffix match over zones, against the plain way to find it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NONE } from '../../src/index/zone-index.js';
import { ZoneTable } from '../../src/index/zone-table.js';
import { NameView, parseName } from '../../src/wire/name.js';
import { name } from '../support/zones.js';

function find(table: ZoneTable, text: string, label = 0): number {
  const octets = name(text);
  const view = new NameView();
  parseName(view, octets, 0, octets.length);
  return table.find(view, label);
}

test('the longest apex wins, RFC 1034 §4.3.2 step 2', () => {
  const table = new ZoneTable();
  const example = table.set(name('example.'), null);
  const sub = table.set(name('sub.example.'), null);
  for (const [sought, zone] of [
    ['example.', example],
    ['EXAMPLE.', example],
    ['a.b.c.example.', example],
    ['xsub.example.', example],
    ['sub.example.', sub],
    ['x.SUB.example.', sub],
    ['test.', NONE],
    ['.', NONE],
  ] as const) {
    assert.equal(find(table, sought), zone, sought);
  }
});

test('from the label after the apex on, the parent zone is found, RFC 4035 §3.1.4.1', () => {
  const table = new ZoneTable();
  const root = table.set(name('.'), null);
  const example = table.set(name('example.'), null);
  table.set(name('sub.example.'), null);
  assert.equal(find(table, 'sub.example.', 1), example);
  assert.equal(find(table, 'sub.example.', 2), root);
});

test('a zone that is replaced keeps its slot, one that is removed gives it away', () => {
  const table = new ZoneTable();
  const slot = table.set(name('example.'), null);
  assert.equal(table.set(name('Example.'), null), slot);
  assert.equal(table.count, 1);
  assert.ok(table.remove(name('EXAMPLE.')));
  assert.ok(!table.remove(name('example.')));
  assert.equal(find(table, 'example.'), NONE);
  assert.equal(table.set(name('other.'), null), slot);
  assert.equal(table.apexLabels(slot), 1);
});

test('any sequence of additions and removals finds what a plain search finds', () => {
  const label = fc.constantFrom('a', 'b', 'c', 'd');
  const apex = fc.array(label, { maxLength: 4 }).map((labels) => `${labels.join('.')}.`);
  const step = fc.record({ apex, add: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.array(apex, { minLength: 1 }),
      (steps, asked) => {
        const table = new ZoneTable();
        const model = new Map<string, number>();
        for (const { apex, add } of steps) {
          if (add) model.set(apex, table.set(name(apex), null));
          else assert.equal(table.remove(name(apex)), model.delete(apex));
        }
        assert.equal(table.count, model.size);
        for (const text of asked) assert.equal(find(table, text), plainFind(model, text), text);
      },
    ),
  );
});

function plainFind(zones: ReadonlyMap<string, number>, text: string): number {
  const labels = text === '.' ? [] : text.slice(0, -1).split('.');
  for (let i = 0; i <= labels.length; i++) {
    const zone = zones.get(`${labels.slice(i).join('.')}.`);
    if (zone !== undefined) return zone;
  }
  return NONE;
}
