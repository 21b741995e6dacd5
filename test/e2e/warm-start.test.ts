/**
 * What becomes of zones that have changed while no server ran: what was served is served at once, and what is there is
 * served soon. Each row tells all answers from the first moment on, in their order.
 */
import assert from 'node:assert/strict';
import { renameSync, statSync, utimesSync } from 'node:fs';
import { test } from 'node:test';
import { zoneFile } from './test-server.js';
import { type StartOptions, WarmSite } from './warm-site.js';

type Row = {
  readonly what: string;
  /** What was done while no server ran. */
  readonly change?: (site: WarmSite) => void;
  /** Options of the second start. */
  readonly options?: StartOptions;
  /** Answers of the second server, those of the zones that are not named are `one`. */
  readonly seen?: Readonly<Record<string, string>>;
  /** Answers of the third server that are not the last ones of the second: zones of data are not kept. */
  readonly next?: Readonly<Record<string, string>>;
  /** Warnings and errors of the second server. */
  readonly faults?: readonly string[];
  /** State of a.test in the end. */
  readonly state?: string;
};

const ZONES = ['a.test', 'b.test', 'c.test', 'd.test'];

function tinydns(zone: string, txt: string): string {
  return `.${zone}:192.0.2.1:ns1.${zone}\n't.${zone}:${txt}:60\n`;
}

function beginSite(site: WarmSite): void {
  for (const zone of ZONES) site.zone(zone, 1, 'one');
  // its answer is in a file that it includes
  const text = zoneFile(1, 'one').replace('t TXT "one"', '$INCLUDE extra');
  site.write('zones/d.test.zone', text);
  site.write('zones/extra', 't TXT "one"\n');
}

const ROWS: readonly Row[] = [
  { what: 'nothing' },
  {
    what: 'a file changed',
    change: (site) => site.zone('a.test', 2, 'two'),
    seen: { 'a.test': 'one two' },
  },
  {
    what: 'a file changed, of the same size and with the former time',
    change: (site) => {
      const { atime, mtime } = statSync(site.path('zones/a.test.zone'));
      site.zone('a.test', 1, 'two');
      utimesSync(site.path('zones/a.test.zone'), atime, mtime);
    },
    seen: { 'a.test': 'one two' },
    faults: ['zone.serial'],
  },
  {
    what: 'a file written anew with the same text',
    change: (site) => site.zone('a.test', 1, 'one'),
  },
  {
    what: 'an included file changed',
    change: (site) => site.write('zones/extra', 't TXT "two"\n'),
    seen: { 'd.test': 'one two' },
    faults: ['zone.serial'],
  },
  {
    what: 'an included file gone',
    change: (site) => site.remove('zones/extra'),
    faults: ['zone.rejected', 'zone.problem'],
  },
  {
    what: 'tinydns data beside, with a zone of its own',
    change: (site) => site.write('zones/data', tinydns('e.test', 'one')),
    seen: { 'e.test': 'REFUSED one' },
    next: { 'e.test': 'REFUSED one' },
  },
  {
    what: 'a file gone whose zone is in tinydns data now',
    change: (site) => {
      site.remove('zones/a.test.zone');
      site.write('zones/data', tinydns('a.test', 'two'));
    },
    seen: { 'a.test': 'one two' },
    next: { 'a.test': 'REFUSED two' },
  },
  {
    what: 'a file broken',
    change: (site) => site.zone('a.test', 2, 'two', 'x A 1.2.3\n'),
    faults: ['zone.rejected', 'zone.problem'],
    state: 'stale',
  },
  {
    what: 'a file empty',
    change: (site) => site.write('zones/a.test.zone', ''),
    faults: ['zone.rejected', 'zone.problem'],
    state: 'stale',
  },
  {
    what: 'a file gone',
    change: (site) => site.remove('zones/a.test.zone'),
    seen: { 'a.test': 'one REFUSED' },
    state: 'none',
  },
  {
    what: 'a file moved to another directory',
    change: (site) => {
      site.write('zones/deeper/x', '');
      renameSync(site.path('zones/a.test.zone'), site.path('zones/deeper/a.test.zone'));
    },
  },
  {
    what: 'a file renamed',
    change: (site) => renameSync(site.path('zones/a.test.zone'), site.path('zones/db.a.test')),
  },
  {
    what: 'a file renamed and changed',
    change: (site) => {
      site.remove('zones/a.test.zone');
      site.write('zones/db.a.test', zoneFile(2, 'two'));
    },
    seen: { 'a.test': 'one two' },
  },
  {
    what: 'a file that is another zone now',
    change: (site) => renameSync(site.path('zones/a.test.zone'), site.path('zones/e.test.zone')),
    seen: { 'a.test': 'one REFUSED', 'e.test': 'SERVFAIL one' },
    state: 'none',
  },
  {
    what: 'a new file',
    change: (site) => site.zone('e.test', 1, 'new'),
    seen: { 'e.test': 'SERVFAIL new' },
  },
  {
    what: 'a second file for a zone, later in the order',
    change: (site) => site.write('zones/z/a.test.zone', zoneFile(2, 'two')),
    faults: ['zone.rejected', 'zone.problem'],
  },
  {
    what: 'a second file for a zone, the first one gone',
    change: (site) => {
      site.remove('zones/a.test.zone');
      site.write('zones/z/a.test.zone', zoneFile(2, 'two'));
    },
    seen: { 'a.test': 'one two' },
  },
  {
    what: 'no warm start',
    change: (site) => site.zone('a.test', 2, 'two'),
    options: { isHeld: false, flags: { 'warm-start': 'no' } },
    seen: { 'a.test': 'two' },
  },
];

for (const [
  i,
  { what, change, options = { isHeld: true }, seen = {}, ...rest },
] of ROWS.entries()) {
  const { faults = [], state, next = {} } = rest;
  // what lies in so few zones is the same for both
  const index = i % 2 === 0 ? 'memory' : 'lmdb';
  test(`warm start, index ${index}: ${what}`, async (t) => {
    const site = new WarmSite(t, { index });
    beginSite(site);
    await site.runOnce();
    assert.deepEqual(site.takeFaults(), []);
    change?.(site);
    const wanted = { ...Object.fromEntries(ZONES.map((zone) => [zone, 'one'])), ...seen };
    assert.deepEqual(await site.startAndAsk(wanted, options), wanted);
    await site.until(() => site.faults().length >= faults.length, `${faults}`);
    if (state !== undefined) assert.equal(site.stateOf('a.test'), state);
    assert.deepEqual(site.takeFaults(), faults);
    await site.stop();
    // and the next start goes on from there
    const last = Object.fromEntries(
      Object.entries(wanted).map(([name, text]) => [name, text.split(' ').at(-1) ?? '']),
    );
    const { isHeld = true } = options;
    const then = { ...last, ...next };
    assert.deepEqual(await site.startAndAsk(then, { isHeld }), then);
  });
}
