/**
 * Compiled address match lists, without servers: against a plain reading of BIND's rules on random lists, what counts
 * as IPv4, and what the host's own networks are.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessList } from '../../src/config/access-list.js';
import { LocalNetworks } from '../../src/config/local-networks.js';
import { addressOctets } from '../../src/config/named-address.js';
import type { MatchElement, MatchList } from '../../src/config/named-types.js';
import { networkItemFault, networkList } from '../../src/config/network-list.js';
import { PrefixSet } from '../../src/config/prefix-set.js';
import { type Random, seededRandom } from '../fuzz/random.js';
import { name } from '../support/zones.js';

const NOWHERE = new LocalNetworks([]);

function octets(address: string): Uint8Array {
  const found = addressOctets(address);
  assert.ok(found !== null, address);
  return found;
}

function prefix(text: string, negated = false): MatchElement {
  const [address = '', bits = ''] = text.split('/');
  return { kind: 'prefix', negated, address, bits: Number(bits) };
}

// --- a plain reading of the rules -------------------------------------------------------------------------------

/** Whether the first `bits` bits are the same; of the other family they never are. */
function isWithin(client: Uint8Array, address: Uint8Array, bits: number): boolean {
  const text = (all: Uint8Array) =>
    Array.from(all, (octet) => octet.toString(2).padStart(8, '0')).join('');
  return client.length === address.length && text(client).startsWith(text(address).slice(0, bits));
}

/** 1 permits, -1 refuses, 0 is no match. */
function decide(list: MatchList, client: Uint8Array, key: string | null): number {
  for (const element of list) {
    if (isMatch(element, client, key)) {
      const permits = element.kind === 'none' ? element.negated : !element.negated;
      return permits ? 1 : -1;
    }
  }
  return 0;
}

function isMatch(element: MatchElement, client: Uint8Array, key: string | null): boolean {
  switch (element.kind) {
    case 'prefix':
      return isWithin(client, octets(element.address), element.bits);
    case 'key':
      return element.name === key;
    case 'list':
      return decide(element.elements, client, key) === 1;
    default:
      return true;
  }
}

const ADDRESSES = ['10.0.0.0', '10.0.0.1', '10.0.0.2', '10.0.0.3', '2001:db8::', '2001:db8::1'];

function randomList(random: Random, depth: number): MatchList {
  return Array.from({ length: random(6) }, (): MatchElement => {
    const negated = random(3) === 0;
    const address = ADDRESSES[random(ADDRESSES.length)] ?? '';
    const bitsMax = octets(address).length * 8;
    switch (random(depth > 0 ? 8 : 6)) {
      case 0:
        return { kind: 'key', negated, name: `k${random(2)}` };
      case 1:
        return { kind: random(2) === 0 ? 'any' : 'none', negated };
      case 6:
      case 7:
        return { kind: 'list', negated, elements: randomList(random, depth - 1) };
      default:
        return { kind: 'prefix', negated, address, bits: bitsMax - random(3) };
    }
  });
}

test('access list: random lists decide as a plain reading of the rules does', () => {
  const random = seededRandom(20250731);
  const counts = [0, 0];
  for (let i = 0; i < 3000; i++) {
    const list = randomList(random, 3);
    const compiled = new AccessList(list, NOWHERE);
    for (const address of ADDRESSES) {
      for (const key of [null, 'k0', 'k1']) {
        const client = octets(address);
        const expected = decide(list, client, key) === 1;
        const found = compiled.allows(client, key === null ? null : name(key));
        assert.equal(found, expected, `${address} ${key} ${JSON.stringify(list)}`);
        counts[Number(expected)]!++;
      }
    }
  }
  assert.ok(Math.min(...counts) > 10_000, `${counts}`);
});

test('access list: sets of many networks hold what is in one of them', () => {
  const random = seededRandom(7);
  const prefixes = Array.from({ length: 300 }, () => ({
    octets: Uint8Array.of(10, random(4), random(256), random(256)),
    bits: 12 + random(21),
  }));
  const set = new PrefixSet(4, prefixes.slice(0, 40));
  let inside = 0;
  for (let i = 0; i < 5000; i++) {
    const client = Uint8Array.of(9 + random(3), random(5), random(256), random(256));
    const expected = prefixes.slice(0, 40).some((each) => isWithin(client, each.octets, each.bits));
    assert.equal(set.has(client, 0), expected, client.join('.'));
    if (expected) inside++;
  }
  assert.ok(inside > 100 && inside < 4900, `${inside}`);
});

/** Borders of networks, in both families. */
const BORDERS: readonly (readonly [network: string, client: string, allowed: boolean])[] = [
  ['192.0.2.128/25', '192.0.2.127', false],
  ['192.0.2.128/25', '192.0.2.128', true],
  ['192.0.2.128/25', '192.0.2.255', true],
  ['192.0.2.128/25', '192.0.3.0', false],
  ['255.255.255.255/32', '255.255.255.255', true],
  ['0.0.0.0/0', '::', false],
  ['2001:db8::/33', '2001:db8:7fff:ffff:ffff:ffff:ffff:ffff', true],
  ['2001:db8::/33', '2001:db8:8000::', false],
  ['::/0', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true],
  ['::/0', '192.0.2.1', false],
  // an IPv4 client that came by an IPv6 socket
  ['192.0.2.1/32', '::ffff:192.0.2.1', true],
  ['192.0.2.1/32', '::fffe:192.0.2.1', false],
  ['::/0', '::ffff:192.0.2.1', false],
  ['::ffff:192.0.2.1/128', '::ffff:192.0.2.1', false],
  ['::/96', '::192.0.2.1', true],
];
for (const [network, client, allowed] of BORDERS) {
  test(`access list: { ${network}; } lets ${client} ${allowed ? 'in' : 'not in'}`, () => {
    assert.equal(new AccessList([prefix(network)], NOWHERE).allows(octets(client), null), allowed);
  });
}

test('access list: an empty list lets nobody in', () => {
  assert.equal(new AccessList([], NOWHERE).allows(octets('192.0.2.1'), name('k')), false);
});

test('access list: names of keys are compared without case, and what is no name matches nobody', () => {
  const list = new AccessList([{ kind: 'key', negated: false, name: 'a.key' }], NOWHERE);
  assert.equal(list.allows(octets('192.0.2.1'), name('A.KEY')), true);
  assert.equal(list.allows(octets('192.0.2.1'), name('key')), false);
  const wrong = new AccessList([{ kind: 'key', negated: false, name: 'a..key' }], NOWHERE);
  assert.equal(wrong.allows(octets('192.0.2.1'), name('a.key')), false);
});

test('access list: localhost and localnets are the addresses and networks of interfaces, also later', () => {
  const local = new LocalNetworks([
    { address: '192.0.2.9', cidr: '192.0.2.9/24' },
    { address: 'fe80::1', cidr: 'fe80::1/64' },
    { address: '198.51.100.1', cidr: null },
    { address: '203.0.113.1', cidr: '203.0.113.1/0' },
    undefined,
  ]);
  const lists = (['localhost', 'localnets'] as const).map(
    (kind) => new AccessList([{ kind, negated: false }], local),
  );
  const asked = (address: string) => lists.map((list) => list.allows(octets(address), null));
  assert.deepEqual(asked('192.0.2.9'), [true, true]);
  assert.deepEqual(asked('192.0.2.10'), [false, true]);
  assert.deepEqual(asked('fe80::1'), [true, true]);
  assert.deepEqual(asked('fe80::2'), [false, true]);
  assert.deepEqual(asked('198.51.100.1'), [true, true]);
  assert.deepEqual(asked('198.51.100.2'), [false, false]);
  assert.deepEqual(asked('203.0.113.1'), [true, false]);
  local.update([{ address: '198.51.100.2', cidr: '198.51.100.2/30' }]);
  assert.deepEqual(asked('192.0.2.9'), [false, false]);
  assert.deepEqual(asked('198.51.100.1'), [false, true]);
});

/** Items of a network list and whether something is wrong with them. */
const ITEMS: readonly (readonly [item: string, isWrong: boolean])[] = [
  ['192.0.2.0/24', false],
  ['!192.0.2.0/24', false],
  ['! 192.0.2.1', false],
  ['2001:db8::1', false],
  ['!2001:db8::/32', false],
  ['::ffff:192.0.2.1', false],
  ['192.0.2.0/33', true],
  ['2001:db8::/129', true],
  ['192.0.2/24', true],
  ['192.0.2.0/', true],
  ['192.0.2.0/24/1', true],
  ['!!192.0.2.0', true],
  ['!', true],
  ['', true],
  ['any', true],
  ['fe80::1%eth0', true],
];
for (const [item, isWrong] of ITEMS) {
  test(`network list: '${item}' is ${isWrong ? 'wrong, and left out' : 'taken'}`, () => {
    assert.equal(networkItemFault(item) !== null, isWrong);
    assert.equal(networkList([item]).length, isWrong ? 0 : 1);
  });
}
