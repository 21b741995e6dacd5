/**
 * Zones that answer the same to everybody and at all times, but must find that out: each in three locations, changed an
 * hour after 1970 began, with a record that ends.
 */
import { compileLocations } from '../../src/index/locations.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import type { ZoneTable } from '../../src/index/zone-table.js';
import { compileVariants, name, tableIn, type VariantText } from '../support/zones.js';
import type { ZoneText } from './peers-zones.js';

/** Addresses that begin with the octet 1 or 2 are in the location of that number. */
const PREFIXES = [1, 2].flatMap((location) =>
  [4, 16].map((octets) => {
    const address = new Uint8Array(octets);
    address[0] = location;
    return { location, address, bits: 8 };
  }),
);

export function variedTable(zones: readonly ZoneText[]): ZoneTable {
  const store = new ZoneStore();
  const slot = store.addLocations(compileLocations(PREFIXES));
  for (const { origin, text } of zones) {
    const rows = [0, 1, 2].flatMap((location): VariantText[] => [
      [location, 0, text],
      [location, 3600, `${text}\nending 60 A 192.0.2.1 ; ends 9000\n`],
    ]);
    store.set(name(origin), compileVariants(origin, rows), 0, slot);
  }
  return tableIn(store);
}
