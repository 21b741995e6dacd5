/**
 * Loads one file, from its text to compiled images as the server would, and ends: a cold process for others to time.
 * `node build/bench/load-once.js data FILE` for tinydns data, `node build/bench/load-once.js zone FILE APEX` for a zone
 * file. Must not know: how times are taken.
 */
import { dirname } from 'node:path';
import { assert } from '../src/base/errors.js';
import { loadZone } from '../src/load/load-zone.js';
import { loadData } from '../src/load/tinydns-load.js';
import { nameFromText } from '../src/wire/name-text.js';

/** @returns records in the images */
function loadDataFile(path: string): number {
  const rules = {
    dialect: 'all',
    taiAdjust: 10,
    locations: true,
    ignoreBroken: false,
    strict: false,
    asTinydns: false,
  } as const;
  const nowSeconds = Math.floor(Date.now() / 1000);
  let records = 0;
  loadData(
    { path, rules, known: new Map(), locationsPrint: '', nowSeconds },
    {
      locations: () => {},
      room: () => null,
      zone: ({ result }) => {
        if (result.image !== null) records += result.recordCount;
      },
    },
  );
  return records;
}

function loadZoneFile(path: string, apex: string): number {
  const origin = nameFromText(apex);
  assert(origin !== null, 'an apex is a name');
  const place = { path, root: dirname(path), origin, originCertain: true };
  const result = loadZone({ ...place, includeOutside: false, strict: false });
  return result.image === null ? 0 : result.recordCount;
}

const [kind, path = '', apex = ''] = process.argv.slice(2);
const records = kind === 'data' ? loadDataFile(path) : loadZoneFile(path, apex);
if (records === 0) throw new Error(`${path} is not served`);
