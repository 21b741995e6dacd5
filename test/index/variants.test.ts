/**
 * Variants of a zone: which one is seen, by location and time; and that the buffer may lie anywhere.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileZone, ImageRoom } from '../../src/index/compile.js';
import { IMAGE_SIZE } from '../../src/index/image.js';
import { compileLocations } from '../../src/index/locations.js';
import { VariantWriter } from '../../src/index/variants.js';
import { Viewpoint } from '../../src/index/viewpoint.js';
import {
  APEX,
  ENDING_LOWEST,
  ENDING_NONE,
  ENDING_OWN,
  type ZoneView,
} from '../../src/index/zone-index.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import { TYPE_SOA, TYPE_TXT } from '../../src/wire/constants.js';
import { NameView, parseName } from '../../src/wire/name.js';
import {
  compileText,
  compileVariants,
  name,
  tableIn,
  type VariantText,
  zoneFromText,
} from '../support/zones.js';

const LOCATIONS = compileLocations(
  [1, 2, 3, 9].map((location) => ({
    location,
    address: Uint8Array.of(location, 0, 0, 0),
    bits: 8,
  })),
);

/** A version that is told by its serial. */
function version(serial: number): string {
  return `@ 60 SOA ns hm ${serial} 2 3 4 5\n@ 60 NS ns.x.\n`;
}

/** Row: location, from, serial or null. */
type Row = readonly [location: number, fromSeconds: number, serial: number | null];

function variants(rows: readonly Row[]): SharedArrayBuffer {
  return compileVariants(
    'example.',
    rows.map(([location, from, serial]): VariantText => {
      return [location, from, serial === null ? null : version(serial)];
    }),
  );
}

/** What a client whose address begins with an octet sees at a time. */
function look(image: SharedArrayBuffer, octet: number, now: number): ZoneView | null {
  const store = new ZoneStore();
  const locations = store.addLocations(LOCATIONS.slice(0));
  // something else before it: it must not matter where it lies
  store.set(name('other.'), compileText('other.', version(77)));
  store.set(name('example.'), image, 0, locations);
  const table = tableIn(store);
  const viewpoint = new Viewpoint(() => now);
  viewpoint.begin(Uint8Array.of(octet, 0, 0, 1));
  table.begin(viewpoint);
  const octets = name('example.');
  const view = new NameView();
  parseName(view, octets, 0, octets.length);
  return table.view(table.find(view, 0));
}

function serialOf(view: ZoneView | null): number | null {
  assert.ok(view !== null);
  return view.isHidden ? null : view.serial;
}

/** Rows of the zone, then what clients see: first octet of the address, time, serial. */
const ROWS: readonly (readonly [why: string, rows: Row[], seen: Row[]])[] = [
  [
    'a location of its own, or else location 0',
    [
      [2, 0, 12],
      [0, 0, 10],
      [1, 0, 11],
    ],
    [
      [1, 5, 11],
      [2, 5, 12],
      [3, 5, 10],
      [77, 5, 10],
    ],
  ],
  [
    'no rows of location 0: nobody else sees the zone',
    [[2, 0, 12]],
    [
      [2, 5, 12],
      [1, 5, null],
      [9, 5, null],
    ],
  ],
  [
    'a row holds from its second on, the first also before',
    [
      [0, 300, 3],
      [0, 100, 1],
      [0, 200, 2],
    ],
    [
      [0, 0, 1],
      [0, 100, 1],
      [0, 199, 1],
      [0, 200, 2],
      [0, 201, 2],
      [0, 299, 2],
      [0, 300, 3],
      [0, 4_000_000_000, 3],
    ],
  ],
  [
    'times are by location, and a zone may come and go',
    [
      [0, 0, 10],
      [1, 0, null],
      [1, 100, 11],
      [1, 200, null],
    ],
    [
      [0, 150, 10],
      [1, 99, null],
      [1, 100, 11],
      [1, 199, 11],
      [1, 200, null],
    ],
  ],
  [
    'times beyond 32 bits, and of two at one time the last',
    [
      [0, -5, 1],
      [0, 2 ** 31 + 5, 2],
      [0, 2 ** 31 + 5, 3],
      [0, 2 ** 40, 4],
    ],
    [
      [0, 0, 1],
      [0, 2 ** 31 + 4, 1],
      [0, 2 ** 31 + 5, 3],
      [0, 2 ** 32 - 2, 3],
    ],
  ],
];

for (const [why, rows, seen] of ROWS) {
  test(`variants: ${why}`, () => {
    const image = variants(rows);
    const got = seen.map(([octet, now]) => [
      octet,
      now,
      serialOf(look(image.slice(0), octet, now)),
    ]);
    assert.deepEqual(got, seen);
  });
}

test('without a table of locations everybody is in location 0', () => {
  const store = new ZoneStore();
  store.set(
    name('example.'),
    variants([
      [0, 0, 1],
      [1, 0, 2],
    ]),
  );
  const table = tableIn(store);
  const viewpoint = new Viewpoint();
  viewpoint.begin(Uint8Array.of(1, 0, 0, 1));
  table.begin(viewpoint);
  assert.equal(serialOf(table.view(0)), 1);
  assert.equal(viewpoint.scopeBits, 0);
});

test('the clock is asked where time matters, once for a packet', () => {
  let asked = 0;
  const viewpoint = new Viewpoint(() => {
    asked++;
    return 150;
  });
  const store = new ZoneStore();
  store.set(name('a.'), variants([[0, 0, 1]]));
  store.set(
    name('b.'),
    variants([
      [0, 0, 1],
      [0, 100, 2],
    ]),
  );
  store.set(
    name('c.'),
    variants([
      [0, 0, 1],
      [0, 200, 2],
    ]),
  );
  const table = tableIn(store);
  viewpoint.begin(Uint8Array.of(1, 0, 0, 1));
  table.begin(viewpoint);
  assert.equal(serialOf(table.view(0)), 1);
  assert.equal(asked, 0);
  assert.deepEqual([serialOf(table.view(1)), serialOf(table.view(2))], [2, 1]);
  assert.equal(asked, 1);
});

test('the buffer is the same octets in a room, where that has space', () => {
  const zone = zoneFromText('example.', version(1));
  const alone = variants([
    [0, 0, 1],
    [1, 5, null],
  ]);
  const writer = (): VariantWriter => {
    const rows = new VariantWriter(0, { tinydns: false });
    rows.add(0, 0, zone);
    rows.add(1, 5, null);
    return rows;
  };
  const room = new ImageRoom(new SharedArrayBuffer(1 << 12));
  compileZone(zone, room);
  const before = room.used;
  assert.equal(writer().finish(room), room.buffer);
  assert.deepEqual([room.last, room.used], [before, before + alone.byteLength]);
  assert.equal(new Int32Array(alone)[IMAGE_SIZE], alone.byteLength);
  assert.deepEqual(new Uint8Array(room.buffer, before, alone.byteLength), new Uint8Array(alone));
  assert.deepEqual(writer().finish(new ImageRoom(new SharedArrayBuffer(16))), alone);
});

test('what becomes of TTLs, and since when ends count', () => {
  const ends = `${version(1)}a 60 TXT x ; ends 1900000000\n`;
  const rows: [text: string, tinydns: boolean, ending: number][] = [
    [version(1), false, ENDING_NONE],
    [version(1), true, ENDING_NONE],
    [ends, false, ENDING_LOWEST],
    [ends, true, ENDING_OWN],
  ];
  for (const [text, tinydns, ending] of rows) {
    const options = { baseSeconds: 1_800_000_000, tinydns };
    const view = look(compileVariants('example.', [[0, 0, text]], options), 0, 0);
    assert.deepEqual([view?.ending, view?.baseSeconds], [ending, 1_800_000_000]);
  }
});

test('no end of a record reads as "the TTL that is stored"', () => {
  const last = 0x7fff_ffff;
  const text = `@ 60 SOA ns hm 1 2 3 4 5 ; ends ${last}\n@ 60 NS ns.x.\n@ 60 TXT x ; ends ${last - 1}\n`;
  const view = look(compileVariants('example.', [[0, 0, text]]), 0, 0);
  assert.ok(view !== null);
  const ttls = [TYPE_SOA, TYPE_TXT].map((type) => view.rrsetTtl(view.nodeRrset(APEX, type)));
  assert.deepEqual([...ttls, view.negativeTtl], [-2, -2, -2]);
});
