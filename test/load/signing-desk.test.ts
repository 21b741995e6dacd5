/**
 * When zones are signed again: at the time that their last version said, when keys change, once more if they change
 * while the zone is being loaded, and later if a load comes to nothing. RFC 4035 §2.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_POLICY } from '../../src/config/signing-policy.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import { NO_RULES } from '../../src/load/configured-zone.js';
import type { LoadResult } from '../../src/load/load-zone.js';
import { FORGETFUL, SerialKeeper } from '../../src/load/serials.js';
import { SigningDesk } from '../../src/load/signing-desk.js';
import type { RowId } from '../../src/load/zone-rows.js';
import { ZoneSet } from '../../src/load/zone-set.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { name } from '../support/zones.js';

const HOUR_MS = 3_600_000;
const PATIENCE_MS = 10_000;

class Office {
  readonly keys: string;
  readonly desk: SigningDesk;
  readonly row: RowId;
  now = 1_800_000_000_000;
  /** Loads that were asked for. */
  asked = 0;
  isLoading = false;
  private readonly zones: ZoneSet;

  constructor(t: TestContext) {
    this.keys = join(temporaryDirectory(t), 'keys');
    mkdirSync(this.keys);
    const serials = new SerialKeeper(
      () => 'keep',
      () => FORGETFUL,
    );
    this.zones = new ZoneSet(new ZoneStore());
    const signing = { policy: DEFAULT_POLICY, keyFolder: this.keys };
    this.row = this.zones.addConfigured({
      name: name('example.com'),
      path: '/zones/example.com',
      kind: 'primary',
      primaries: [],
      alsoNotify: [],
      rules: { ...NO_RULES, signing },
    }).row;
    this.desk = new SigningDesk({
      zones: this.zones,
      serials,
      keptFolder: null,
      clock: () => this.now,
      again: () => {
        if (this.isLoading) return false;
        this.asked++;
        return true;
      },
    });
    t.after(() => this.desk.stop());
    this.desk.start();
  }

  begin(): void {
    const rules = { root: '/', includeOutside: false, strict: false };
    assert.notEqual(this.desk.orderFor(this.zones.at(this.row), rules), null);
    this.isLoading = true;
  }

  /** @param dueAtMs `null`: the load has failed */
  end(dueAtMs: number | null): void {
    this.isLoading = false;
    const facts = {
      policy: 'default',
      print: 'p',
      expiresAtMs: 0,
      signatures: 1,
      made: 1,
      keys: [],
    };
    const result: LoadResult = {
      apex: name('example.com'),
      image: dueAtMs === null ? null : new SharedArrayBuffer(8),
      imageAt: 0,
      problems: [],
      errorCount: 0,
      warningCount: 0,
      serial: 1,
      recordCount: 1,
      files: [],
      signing: dueAtMs === null ? null : { ...facts, dueAtMs },
    };
    this.desk.took(this.row, result);
  }

  changeKeys(text: string): void {
    writeFileSync(join(this.keys, 'Kexample.com.+013+00001.key'), text);
    this.desk.look();
  }

  async untilAsked(times: number): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (this.asked < times) {
      assert.ok(Date.now() < end, `asked ${this.asked} times, not ${times}`);
      await sleep(5);
    }
    assert.equal(this.asked, times);
  }
}

test('a zone is signed again when its last version said so, not before', async (t) => {
  const office = new Office(t);
  office.begin();
  office.end(office.now + HOUR_MS);
  office.desk.look();
  await sleep(500);
  assert.equal(office.asked, 0);
  office.now += HOUR_MS;
  office.desk.look();
  await office.untilAsked(1);
});

test('a zone whose keys change is signed again; one of other keys is not', async (t) => {
  const office = new Office(t);
  office.begin();
  office.end(office.now + HOUR_MS);
  writeFileSync(join(office.keys, 'Kother.example.+013+00001.key'), 'x');
  office.changeKeys('a');
  await office.untilAsked(1);
});

test('keys that change while their zone is being loaded have it loaded once more', async (t) => {
  const office = new Office(t);
  office.begin();
  office.changeKeys('a');
  await sleep(500);
  assert.equal(office.asked, 0);
  office.end(office.now + HOUR_MS);
  await office.untilAsked(1);
});

test('a load that comes to nothing is tried again after a while', async (t) => {
  const office = new Office(t);
  office.begin();
  office.end(null);
  office.desk.look();
  await sleep(500);
  assert.equal(office.asked, 0);
  office.now += HOUR_MS;
  office.desk.look();
  await office.untilAsked(1);
});
