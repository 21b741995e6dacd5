/**
 * Locations of clients: rows, and a comparison with a search of all prefixes for the longest.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileLocations, type LocationPrefix, LocationTable } from '../../src/index/locations.js';
import { addressOctets } from '../../src/transport/address-octets.js';

/** `ADDRESS/BITS LOCATION` */
function prefixOf(text: string): LocationPrefix {
  const [prefix = '', location = ''] = text.split(' ');
  const [address = '', bits = ''] = prefix.split('/');
  return { location: Number(location), address: addressOctets(address), bits: Number(bits) };
}

/** Somewhere in a segment. */
function tableOf(prefixes: readonly LocationPrefix[]): LocationTable {
  const image = new Int32Array(compileLocations(prefixes));
  const words = new Int32Array(image.length + 8).fill(-1);
  words.set(image, 5);
  const table = new LocationTable();
  table.attach(words, 5);
  return table;
}

/** Prefixes, then `address location scope` of clients. */
const ROWS: readonly (readonly [why: string, prefixes: string[], clients: string[]])[] = [
  ['no prefix', [], ['192.0.2.1 0 0', '2001:db8:: 0 0', '::ffff:192.0.2.1 0 0']],
  [
    'the longest prefix wins, wherever it stands',
    ['10.1.0.0/16 2', '10.0.0.0/8 1', '10.1.2.0/24 3'],
    [
      '10.0.0.1 1 16',
      '10.1.0.1 2 23',
      '10.1.2.0 3 24',
      '10.1.2.255 3 24',
      '10.1.3.0 2 24',
      '10.128.0.0 1 9',
      '11.0.0.0 0 8',
      '9.255.255.255 0 7',
      '128.0.0.1 0 1',
    ],
  ],
  [
    'of the same prefix the first counts',
    ['10.0.0.0/8 1', '10.9.9.9/8 2'],
    ['10.0.0.1 1 8', '10.255.0.1 1 8'],
  ],
  [
    'the ends of the range of addresses',
    ['0.0.0.0/32 1', '255.255.255.255/32 2'],
    ['0.0.0.0 1 32', '0.0.0.1 0 32', '255.255.255.255 2 32', '255.255.255.254 0 32'],
  ],
  [
    'neighbours with one location decide together',
    ['10.0.0.0/9 1', '10.128.0.0/9 1'],
    ['10.0.0.1 1 8', '10.200.0.1 1 8'],
  ],
  ['no bits of four octets is everybody', ['0.0.0.0/0 4'], ['192.0.2.1 4 0', '2001:db8:: 4 0']],
  [
    'unless there is one of sixteen octets',
    ['0.0.0.0/0 4', '::/0 6'],
    ['192.0.2.1 4 0', '2001:db8::1 6 3', '::ffff:192.0.2.1 4 96', '::1 6 81'],
  ],
  ['no bits of sixteen octets is IPv6 only', ['::/0 6'], ['192.0.2.1 0 0', '2001:db8:: 6 3']],
  [
    'an IPv4-mapped address is one of IPv4',
    ['192.0.2.0/24 1', '::ffff:198.51.100.0/120 2', '2001:db8::/32 3'],
    [
      '::ffff:192.0.2.1 1 120',
      '198.51.100.7 2 24',
      '::ffff:198.51.100.7 2 120',
      '2001:db8:ffff::1 3 32',
      '2001:db9::1 0 32',
    ],
  ],
];

for (const [why, prefixes, clients] of ROWS) {
  test(`locations: ${why}`, () => {
    const table = tableOf(prefixes.map(prefixOf));
    const got = clients.map((client) => {
      const [address = ''] = client.split(' ');
      return `${address} ${table.find(addressOctets(address))} ${table.scopeBits()}`;
    });
    assert.deepEqual(got, clients);
  });
}

test('whoever has no address has no location', () => {
  const table = tableOf([prefixOf('0.0.0.0/0 4')]);
  assert.deepEqual([table.find(new Uint8Array(0)), table.scopeBits()], [0, 0]);
});

// --- comparison ---------------------------------------------------------------------------------------------------

function valueOfOctets(octets: Uint8Array): bigint {
  return octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

function octetsOfValue(value: bigint, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) =>
    Number((value >> BigInt(8 * (count - 1 - i))) & 0xffn),
  );
}

function contains({ address, bits }: LocationPrefix, client: Uint8Array): boolean {
  const rest = BigInt(address.length * 8 - bits);
  return (
    address.length === client.length &&
    valueOfOctets(address) >> rest === valueOfOctets(client) >> rest
  );
}

function longestMatch(prefixes: readonly LocationPrefix[], client: Uint8Array): number {
  let best: LocationPrefix | null = null;
  for (const prefix of prefixes) {
    if (contains(prefix, client) && (best === null || prefix.bits > best.bits)) best = prefix;
  }
  return best?.location ?? 0;
}

/** Addresses where the location may change: the ends of each prefix and their neighbours. */
function borders(prefixes: readonly LocationPrefix[], count: number): Uint8Array[] {
  const width = BigInt(count * 8);
  const addresses = prefixes.flatMap(({ address, bits }) => {
    const rest = (1n << (width - BigInt(bits))) - 1n;
    const last = valueOfOctets(address) | rest;
    return [last - rest - 1n, last - rest, last, last + 1n];
  });
  return [...addresses, 0n, (1n << width) - 1n]
    .filter((value) => value >= 0n && value >> width === 0n)
    .map((value) => octetsOfValue(value, count));
}

/** Of few values, so that prefixes are nested, side by side and the same; none is around IPv4-mapped ones. */
function prefixesOf(count: number): fc.Arbitrary<LocationPrefix[]> {
  const octet = fc.constantFrom(0, 1, 127, 128, 254, 255);
  const first = fc.constantFrom(128, 129, 192, 255);
  const address = fc
    .tuple(first, fc.array(octet, { minLength: count - 1, maxLength: count - 1 }))
    .map(([head, tail]) => Uint8Array.of(head, ...tail));
  const prefix = fc.record({
    location: fc.integer({ min: 0, max: 3 }),
    address,
    bits: fc.integer({ min: 1, max: count * 8 }),
  });
  return fc.array(prefix, { maxLength: 8 });
}

for (const count of [4, 16]) {
  test(`addresses of ${count} octets: as the longest match, in the shortest scope`, () => {
    fc.assert(
      fc.property(prefixesOf(count), (prefixes) => {
        const table = tableOf(prefixes);
        const known = borders(prefixes, count);
        for (const client of known) {
          const location = longestMatch(prefixes, client);
          assert.equal(table.find(client), location);
          const scope = table.scopeBits();
          const isSame = (bits: number): boolean =>
            known.every(
              (other) =>
                !contains({ location, address: client, bits }, other) ||
                longestMatch(prefixes, other) === location,
            );
          assert.ok(isSame(scope), `${scope} bits are too few`);
          assert.ok(scope === 0 || !isSame(scope - 1), `${scope} bits are too many`);
        }
      }),
      { numRuns: 300 },
    );
  });
}
