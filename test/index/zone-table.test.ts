/**
 * Longest-suffix match over zones, against the plain way to find it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NONE } from '../../src/index/zone-index.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import type { ZoneTable } from '../../src/index/zone-table.js';
import { NameView, parseName } from '../../src/wire/name.js';
import { compileText, name, tableIn } from '../support/zones.js';

function find(table: ZoneTable, text: string, label = 0): number {
  const octets = name(text);
  const view = new NameView();
  parseName(view, octets, 0, octets.length);
  return table.find(view, label);
}

/** A store of zones without versions, and a reader of it. */
function open(...apexes: string[]): { store: ZoneStore; table: ZoneTable } {
  const store = new ZoneStore();
  for (const apex of apexes) store.set(name(apex), null);
  return { store, table: tableIn(store) };
}

test('the longest apex wins, RFC 1034 §4.3.2 step 2', () => {
  const { table } = open('example.', 'sub.example.');
  const example = find(table, 'example.');
  const sub = find(table, 'sub.example.');
  assert.notEqual(example, sub);
  for (const [sought, zone] of [
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
  assert.equal(table.apexLabels(sub), 2);
});

test('from the label after the apex on, the parent zone is found, RFC 4035 §3.1.4.1', () => {
  const { table } = open('.', 'example.', 'sub.example.');
  assert.equal(find(table, 'sub.example.', 1), find(table, 'example.'));
  assert.equal(find(table, 'sub.example.', 2), find(table, '.'));
});

test('a zone is there until it is removed, under any case', () => {
  const { store, table } = open('example.');
  store.set(name('Example.'), null);
  assert.equal(store.count, 1);
  assert.ok(store.remove(name('EXAMPLE.')));
  assert.ok(!store.remove(name('example.')));
  assert.equal(find(table, 'example.'), NONE);
  assert.equal(store.count, 0);
});

test('any sequence of additions and removals finds what a plain search finds', () => {
  const label = fc.constantFrom('a', 'b', 'c', 'd');
  const apexes = fc.array(label, { maxLength: 4 }).map((labels) => `${labels.join('.')}.`);
  const step = fc.record({ apex: apexes, add: fc.boolean() });
  const image = compileText('example.', '@ 60 SOA ns hm 1 2 3 4 5\n@ 60 NS ns.x.\n');
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.array(apexes), (steps, asked) => {
      const { store, table } = open();
      const model = new Set<string>();
      for (const { apex, add } of steps) {
        if (add) store.set(name(apex), image);
        else assert.equal(store.remove(name(apex)), model.has(apex));
        if (add) model.add(apex);
        else model.delete(apex);
      }
      assert.equal(store.count, model.size);
      for (const text of asked) {
        const zone = find(table, text);
        const apex = plainFind(model, text);
        assert.equal(zone, apex === null ? NONE : find(table, apex), text);
        if (apex !== null)
          assert.equal(table.apexLabels(zone), apex.split('.').length - 1 - (apex === '.' ? 1 : 0));
      }
    }),
  );
});

function plainFind(zones: ReadonlySet<string>, text: string): string | null {
  const labels = text === '.' ? [] : text.slice(0, -1).split('.');
  for (let i = 0; i <= labels.length; i++) {
    const apex = `${labels.slice(i).join('.')}.`;
    if (zones.has(apex)) return apex;
  }
  return null;
}
