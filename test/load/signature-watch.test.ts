/** Signatures that end while zones are served: totals, states, and each crossing logged once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SIGNATURES_LOGGED_MAX } from '../../src/base/limits.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import { SignatureWatch } from '../../src/load/signature-watch.js';
import { ZoneSet } from '../../src/load/zone-set.js';
import { MemoryLog } from '../transfer/replies.js';

const DAY = 86_400;
const START = 1_800_000_000;

function scene(): {
  zones: ZoneSet;
  log: MemoryLog;
  watch: SignatureWatch;
  at: (seconds: number) => void;
  add: (path: string, end: number) => number;
} {
  const zones = new ZoneSet(new ZoneStore());
  const log = new MemoryLog();
  let now = START;
  const watch = new SignatureWatch({ zones, log, warningDays: () => 3, now: () => now });
  const at = (seconds: number) => {
    now = seconds;
    watch.look();
  };
  const add = (path: string, end: number) => {
    const row = zones.rows.add(path);
    zones.rows.signaturesEnd[row] = end;
    return row;
  };
  return { zones, log, watch, at, add };
}

test('a zone is told of once when its end is near, and once when it has come', () => {
  const { log, watch, at, add } = scene();
  add('plain.zone', 0);
  const row = add('a.example.zone', START + 10 * DAY);
  at(START + 7 * DAY);
  assert.deepEqual(log.lines, []);
  assert.deepEqual(watch.of(row), { endSeconds: START + 10 * DAY, state: 'valid' });
  at(START + 7 * DAY + 1);
  at(START + 8 * DAY);
  assert.deepEqual(log.lines, ['warn zone.signatures']);
  assert.equal(log.texts[0], 'a.example: signatures expire from 2027-01-25T08:00:00Z on');
  assert.deepEqual(watch.totals(), { expiring: 1, expired: 0, soonest: START + 10 * DAY });
  at(START + 10 * DAY + 1);
  at(START + 20 * DAY);
  assert.deepEqual(log.lines, ['warn zone.signatures', 'error zone.signatures']);
  assert.deepEqual(watch.totals(), { expiring: 0, expired: 1, soonest: START + 10 * DAY });
});

test('a zone that was signed again begins anew, one that is gone is forgotten', () => {
  const { zones, log, watch, at, add } = scene();
  const row = add('a.example.zone', START + DAY);
  at(START);
  zones.rows.signaturesEnd[row] = START + 10 * DAY;
  at(START + 1);
  assert.deepEqual(watch.totals(), { expiring: 0, expired: 0, soonest: START + 10 * DAY });
  at(START + 9 * DAY);
  assert.deepEqual(log.lines, ['warn zone.signatures', 'warn zone.signatures']);
  zones.rows.remove(row);
  at(START + 9 * DAY);
  assert.equal(watch.totals().soonest, 0);
  assert.equal(add('b.example.zone', START + 10 * DAY), row);
  at(START + 9 * DAY);
  assert.equal(log.lines.length, 3);
  assert.match(log.texts[2] ?? '', /^b\.example: /);
});

test('many zones at once are named up to a bound', () => {
  const { log, at, add } = scene();
  const more = 7;
  for (let i = 0; i < SIGNATURES_LOGGED_MAX + more; i++) add(`z${i}.example.zone`, START - 1);
  at(START);
  assert.equal(log.lines.length, SIGNATURES_LOGGED_MAX + 1);
  assert.equal(log.texts.at(-1), 'signatures of 7 more zones end soon, or have ended');
  at(START + 1);
  assert.equal(log.lines.length, SIGNATURES_LOGGED_MAX + 1);
});

test('RFC 4034 §3.1.5: times beyond 2106 come after those before', () => {
  const { watch, add } = scene();
  const row = add('a.example.zone', (START + 2 ** 31 - 10) >>> 0);
  assert.equal(watch.of(row)?.state, 'valid');
  const late = add('b.example.zone', (START + 2 ** 31 + 10) >>> 0);
  assert.equal(watch.of(late)?.state, 'expired');
});
