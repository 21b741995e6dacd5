/**
 * A secondary in a process of its own, to be killed: it has its zone anew all the time, with real threads and a real
 * clock. What it remembers is written late, as by a store. Arguments: folder and port of the primary. Prints `serving
 * N` for what it serves at the start, and what it tells of edits.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { replaceFile } from '../../src/base/replace-file.js';
import { NO_RULES } from '../../src/load/configured-zone.js';
import { Loader } from '../../src/load/loader.js';
import { Reloader } from '../../src/load/reloader.js';
import { ZoneSet } from '../../src/load/zone-set.js';
import type { SecondaryState } from '../../src/store/secondary-state.js';
import { Secondaries } from '../../src/transfer/secondaries.js';
import { memoryLog } from '../e2e/test-server.js';
import { testOptions } from '../support/serve-options.js';
import { name } from '../support/zones.js';

const WRITE_MS = 150;

const [folder = '', port = ''] = process.argv.slice(2);
const apex = name('example.');
const statePath = join(folder, 'state.json');
const nothing = {
  set: () => 0,
  claim: () => 0,
  remove: () => {},
  addLocations: () => 0,
  removeLocations: () => {},
  restrict: () => {},
};

let state: SecondaryState | null = existsSync(statePath)
  ? (JSON.parse(readFileSync(statePath, 'utf8')) as SecondaryState)
  : null;
setInterval(() => replaceFile(statePath, Buffer.from(JSON.stringify(state)), 0o600), WRITE_MS);

const { log, lines } = memoryLog();
const zones = new ZoneSet(nothing);
const { reload } = testOptions(folder, [], {});
const reloader = new Reloader([], zones, new Loader({ threads: 1 }), log, reload);
const configuration = reloader.addConfiguration(join(folder, 'test.conf'));
const primaries = [{ address: '127.0.0.1', port: Number(port), key: null }];
await configuration.zones.apply(
  [
    {
      name: apex,
      path: join(folder, 'example.zone'),
      kind: 'secondary',
      primaries,
      alsoNotify: [],
      rules: NO_RULES,
    },
  ],
  true,
);
const secondaries = new Secondaries({
  zones,
  loads: reloader.loads,
  held: () => null,
  keyNamed: () => null,
  isNotifyJudged: () => false,
  memory: {
    get: () => state,
    set: (_apex, next) => {
      state = next;
    },
    forget: () => {
      state = null;
    },
  },
  log,
  rules: { strict: false, ignoreBroken: false, nsec3IterationsMax: 100, octetsMax: 1 << 24 },
});
secondaries.sync();
await reloader.start();
const zone = zones.find(apex);
writeFileSync(1, `serving ${zone?.loadedAt === null ? 'nothing' : zone?.serial}\n`);
for (;;) {
  if (secondaries.queue().length === 0) secondaries.retrieve(apex);
  for (const line of lines.splice(0)) {
    if (line.event === 'transfer.edited' || line.level === 'error')
      writeFileSync(1, `${line.text}\n`);
  }
  await setTimeout(1);
}
