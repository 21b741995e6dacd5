/**
 * Loads a zone once as the server would, signed, and says how many signatures were made: `sign-once.js FILE ZONE KEYS
 * KEPT`. The process is what is measured.
 */

import { DEFAULT_POLICY } from '../src/config/signing-policy.js';
import { loadZone } from '../src/load/load-zone.js';
import { nameFromText } from '../src/wire/name-text.js';

const [path = '', zone = '', keyFolder = '', keptFolder = ''] = process.argv.slice(2);
const origin = nameFromText(zone);
if (origin === null) throw new Error('the zone is not a name');
const { image, signing, problems } = loadZone({
  path,
  origin,
  originCertain: true,
  root: '/',
  includeOutside: false,
  strict: false,
  signing: {
    rules: { all: { policy: DEFAULT_POLICY, keyFolder }, zones: {} },
    former: null,
    method: 'keep',
    keptFolder: keptFolder === '' ? null : keptFolder,
    nowMs: Date.now(),
  },
});
if (image === null) throw new Error(JSON.stringify(problems));
process.stdout.write(`${signing?.made}\n`);
