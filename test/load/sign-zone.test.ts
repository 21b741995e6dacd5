/**
 * Loads of zones that are to be signed: which policy counts, what was signed elsewhere, which serial, and what is wrong
 * with keys. RFC 1982 §3.2, RFC 4035 §2, RFC 8901.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { problemLine } from '../../src/base/problem.js';
import {
  DEFAULT_POLICY,
  type SigningPolicy,
  type ZoneSigning,
} from '../../src/config/signing-policy.js';
import { type LoadRequest, type LoadResult, loadZone, readZone } from '../../src/load/load-zone.js';
import type { SigningOrder } from '../../src/load/signing-order.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { makeKey } from '../dnssec/signed-zones.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { name } from '../support/zones.js';

const NOW_MS = Date.now();
const NOW = Math.floor(NOW_MS / 1000);
const IN_USE = { Created: NOW - 9000, Publish: NOW - 9000, Activate: NOW - 9000 };
const TEXT =
  '$TTL 300\n@ SOA ns1 h 5 7200 3600 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\nwww A 192.0.2.2\n';

class Place {
  readonly folder: string;
  readonly keys: string;
  private readonly file: string;

  constructor(t: TestContext, text = TEXT, file: string = 'example.com.zone') {
    this.file = file;
    this.folder = temporaryDirectory(t);
    this.keys = join(this.folder, 'keys');
    mkdirSync(this.keys);
    this.write(text);
  }

  get path(): string {
    return join(this.folder, this.file);
  }

  write(text: string): void {
    writeFileSync(this.path, text);
  }

  signing(policy: Partial<SigningPolicy> = {}): ZoneSigning {
    return { policy: { ...DEFAULT_POLICY, ...policy }, keyFolder: this.keys };
  }

  request(order: Partial<SigningOrder> = {}, more: Partial<LoadRequest> = {}): LoadRequest {
    return {
      path: this.path,
      origin: name('example.com'),
      originCertain: true,
      root: this.folder,
      includeOutside: false,
      strict: false,
      signing: {
        rules: { all: this.signing(), zones: {} },
        former: null,
        method: 'keep',
        keptFolder: join(this.folder, 'kept'),
        nowMs: NOW_MS,
        ...order,
      },
      ...more,
    };
  }

  load(order: Partial<SigningOrder> = {}, more: Partial<LoadRequest> = {}): LoadResult {
    return loadZone(this.request(order, more));
  }

  /** The zone as it would be served, as text. */
  lines(order: Partial<SigningOrder> = {}, more: Partial<LoadRequest> = {}): string[] {
    const { zone, problems } = readZone(this.request(order, more));
    assert.ok(
      zone !== null && problems.errorCount === 0,
      problems.items.map(problemLine).join('\n'),
    );
    return [...zoneLines(zone)];
  }
}

function saidOf({ problems }: LoadResult): string[] {
  return problems.map(({ severity, code }) => `${severity} ${code}`);
}

test('a zone without keys is an error that says where they are looked for', (t) => {
  const place = new Place(t);
  const result = place.load();
  assert.equal(result.image, null);
  assert.deepEqual(result.problems.map(problemLine), [
    `${place.path}: error: no key is published: keys of example.com. are looked for in ${place.keys} [KEY_MISSING]`,
  ]);
});

/** Keys by the times that they have, and what is missing. */
const LACKS: readonly (readonly [
  what: string,
  keys: readonly (readonly ['ksk' | 'zsk', object])[],
  lack: RegExp,
])[] = [
  [
    'a key of the future',
    [['ksk', { Publish: NOW + 60, Activate: NOW + 60 }]],
    /no key is published/,
  ],
  ['a key that is only published', [['ksk', { Publish: NOW - 60 }]], /no key signs the zone/],
  ['a key that is retired', [['ksk', { ...IN_USE, Inactive: NOW - 1 }]], /no key signs the zone/],
  ['a key that has left', [['ksk', { ...IN_USE, Delete: NOW - 1 }]], /no key is published/],
];

for (const [what, keys, lack] of LACKS) {
  test(`a zone with nothing but ${what} is not served`, (t) => {
    const place = new Place(t);
    for (const [role, times] of keys) makeKey(place.keys, role, times);
    const result = place.load();
    assert.equal(result.image, null);
    assert.match(result.problems.map(problemLine).join('\n'), lack);
  });
}

test('a policy counts for a zone by its name, known or told by its SOA', (t) => {
  const place = new Place(t, TEXT.replace('@ SOA', 'example.com. SOA'), 'any');
  makeKey(place.keys, 'ksk', IN_USE);
  const unknown = { origin: new Uint8Array(1), originCertain: false };
  const text = TEXT.replaceAll('@', 'example.com.')
    .replaceAll('ns1', 'ns1.example.com.')
    .replace('www', 'www.example.com.');
  place.write(text);
  const none = { all: place.signing(), zones: { 'example.com.': null } };
  const only = { all: null, zones: { 'example.com.': place.signing() } };
  for (const more of [{}, unknown]) {
    assert.ok(place.load({ rules: only }, more).signing);
    assert.ok(place.load({}, more).signing);
    const plain = place.load({ rules: none }, more);
    assert.equal(plain.signing ?? null, null);
    assert.equal(plain.recordCount, 4);
    assert.ok(plain.image !== null);
  }
});

test('a zone that is signed by a key that is here is signed anew, with a warning', (t) => {
  const place = new Place(t);
  makeKey(place.keys, 'ksk', IN_USE);
  const once = place.lines();
  place.write(`${once.join('\n')}\n`);
  const result = place.load();
  assert.deepEqual(saidOf(result), ['warning ZONE_PRESIGNED']);
  assert.equal(result.problems[0]?.line, 2);
  const kept = place.lines();
  // the signatures made before are kept, but for that of the SOA, whose serial was theirs
  assert.deepEqual(kept, once);
});

test('a zone that is signed by other keys is an error, and left alone without policy', (t) => {
  const other = new Place(t);
  makeKey(other.keys, 'ksk', IN_USE);
  const place = new Place(t, `${other.lines().join('\n')}\n`);
  makeKey(place.keys, 'ksk', IN_USE);
  const result = place.load();
  assert.equal(result.image, null);
  assert.ok(saidOf(result).includes('error PRESIGNED_KEYS'));
  const plain = place.load({ rules: { all: null, zones: {} } });
  assert.ok(plain.image !== null);
  assert.equal(plain.signing ?? null, null);
});

test('records behind one that signing makes keep their owner', (t) => {
  const more = [
    'a NSEC b A NSEC',
    '  A 192.0.2.7',
    'b RRSIG A 13 3 300 20300101000000 20200101000000 1 example.com. AAAA',
    '  A 192.0.2.8',
    '@ DNSKEY 256 3 13 AAAA',
  ];
  const signed = `${TEXT}${more.join('\n')}\n`;
  const place = new Place(t, signed);
  makeKey(place.keys, 'ksk', IN_USE);
  const { zone } = readZone(place.request());
  assert.ok(zone !== null);
  const text = [...zoneLines(zone)].join('\n');
  assert.match(text, /^a\.example\.com\. 300 IN A 192\.0\.2\.7$/m);
  assert.match(text, /^b\.example\.com\. 300 IN A 192\.0\.2\.8$/m);
  assert.doesNotMatch(text, /20300101000000/);
});

/** Method, serial of the file, serial served before or none, and the serial of a version with other content. */
const SERIALS: readonly (readonly [
  method: SigningOrder['method'],
  own: number,
  former: number | null,
  next: number,
])[] = [
  ['keep', 5, null, 5],
  ['keep', 5, 4, 5],
  ['keep', 5, 5, 6],
  ['keep', 5, 9, 10],
  ['keep', 5, 4_294_967_295, 5],
  ['increment', 5, 9, 10],
  ['unixtime', 5, 9, NOW],
  ['unixtime', 5, NOW, NOW + 1],
];

for (const [method, own, former, next] of SERIALS) {
  test(`RFC 1982 §3.2: ${method}, file ${own}, served ${former}: ${next}`, (t) => {
    const place = new Place(t);
    makeKey(place.keys, 'ksk', IN_USE);
    const served = former === null ? null : { serial: former, print: 'other' };
    const first = place.load({ method, former: served });
    assert.equal(first.serial, next);
    // the same again is the same version
    const print = first.signing?.print ?? '';
    const again = place.load({ method, former: { serial: next, print } });
    assert.equal(again.serial, next);
    assert.equal(again.signing?.made, 0);
    assert.equal(again.signing?.print, print);
  });
}

test('TTLs above the policy are a warning', (t) => {
  const place = new Place(t, TEXT.replace('www A', 'www 90000 A'));
  makeKey(place.keys, 'ksk', IN_USE);
  assert.deepEqual(saidOf(place.load()), ['warning TTL_ABOVE_POLICY']);
});

test('a zone that leaves DNSSEC is served unsigned when its last key has left', (t) => {
  const place = new Place(t);
  makeKey(place.keys, 'ksk', { ...IN_USE, Inactive: NOW - 2, Delete: NOW - 1 });
  const rules = { all: place.signing({ leaves: true, keys: [] }), zones: {} };
  const result = place.load({ rules });
  assert.deepEqual(saidOf(result), []);
  assert.ok(result.image !== null);
  assert.equal(result.recordCount, 4);
});

test('signatures are kept in a file of the zone, and none for a check', (t) => {
  const place = new Place(t);
  makeKey(place.keys, 'ksk', IN_USE);
  place.load({ keptFolder: null });
  assert.ok(!readdirSync(place.folder).includes('kept'));
  place.load();
  assert.deepEqual(readdirSync(join(place.folder, 'kept')), ['example.com.signatures']);
});

test('signatures that cannot be kept are a warning, and are served', (t) => {
  const place = new Place(t);
  makeKey(place.keys, 'ksk', IN_USE);
  const result = place.load({ keptFolder: join(place.path, 'no', 'folder') });
  assert.deepEqual(saidOf(result), ['warning SIGNATURES_UNKEPT']);
  assert.ok(result.image !== null);
});
