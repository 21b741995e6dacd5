/**
 * A warm start of zones that a named.conf names, and of what has been set otherwise while no server ran: a zone that is
 * ours no more, or not for everybody, or expired, is not served for a moment; serials do not go back (RFC 1982 §3.2).
 */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sealedText } from '../../src/load/zone-seal.js';
import { serialAt } from './edited-zone.js';
import { asOfOtherProgram, expireKept } from './kept-store.js';
import { zoneFile } from './test-server.js';
import { WarmSite } from './warm-site.js';

const ZONES = ['a.test', 'b.test', 's.test'];

type Stanzas = Readonly<Record<string, string>>;

const FIRST: Stanzas = {
  'a.test': 'type primary; file "a";',
  'b.test': 'type primary; file "b";',
  // nobody listens there
  's.test': 'type secondary; file "s"; primaries { 127.0.0.1 port 9; };',
};

function configure(site: WarmSite, changes: Readonly<Record<string, string | null>> = {}): void {
  const stanzas = Object.entries({ ...FIRST, ...changes })
    .filter(([, text]) => text !== null)
    .map(([zone, text]) => `zone "${zone}" { ${text} };\n`);
  const options = `options { directory "${site.path('files')}"; notify no; };\n`;
  site.write('named.conf', options + stanzas.join(''));
}

/** A file as the server itself writes it. */
function receive(site: WarmSite, text: string): void {
  mkdirSync(site.path('files'), { recursive: true });
  writeFileSync(site.path('files/s'), sealedText(Buffer.from(text), 'from a test'));
}

type Row = {
  readonly what: string;
  readonly change: (site: WarmSite) => void | Promise<void>;
  /** Answers of the second server; those of other zones are `one`. */
  readonly seen?: Readonly<Record<string, string>>;
  readonly faults?: readonly string[];
  /** Whether the folder of the files is served as a directory of zone files, too, to both servers. */
  readonly isListed?: boolean;
};

const ROWS: readonly Row[] = [
  { what: 'nothing', change: () => {} },
  {
    what: 'a file changed',
    change: (site) => site.write('files/a', zoneFile(2, 'two')),
    seen: { 'a.test': 'one two' },
  },
  {
    what: 'a file broken',
    change: (site) => site.write('files/a', zoneFile(2, 'two', 'x A 1.2.3\n')),
    faults: ['zone.rejected', 'zone.problem'],
  },
  {
    what: 'a file gone',
    change: (site) => site.remove('files/a'),
    faults: ['zone.rejected', 'zone.problem'],
  },
  {
    what: 'a zone is not configured any more',
    change: (site) => configure(site, { 'a.test': null }),
    seen: { 'a.test': 'REFUSED' },
  },
  {
    what: 'a zone has another file',
    change: (site) => {
      site.write('files/other', zoneFile(2, 'two'));
      configure(site, { 'a.test': 'type primary; file "other";' });
    },
    seen: { 'a.test': 'two' },
  },
  {
    what: 'a zone has the file of another',
    change: (site) => {
      site.write('files/b', zoneFile(2, 'two'));
      configure(site, { 'a.test': 'type primary; file "b";' });
    },
    seen: { 'a.test': 'two', 'b.test': 'one two' },
  },
  {
    what: 'nobody may ask a zone',
    change: (site) =>
      configure(site, { 'a.test': 'type primary; file "a"; allow-query { none; };' }),
    seen: { 'a.test': 'REFUSED' },
  },
  {
    what: 'a secondary zone is a primary one',
    change: (site) => configure(site, { 's.test': 'type primary; file "s";' }),
  },
  {
    what: 'a secondary zone has expired',
    change: (site) => expireKept(site.storeFolder, 's.test'),
    seen: { 's.test': 'SERVFAIL' },
    faults: ['transfer.expired'],
  },
  {
    what: 'a secondary zone has expired, and the program is another one',
    change: async (site) => {
      await asOfOtherProgram(site.storeFolder, 'one', 'old');
      await expireKept(site.storeFolder, 's.test');
    },
    seen: { 'a.test': 'old one', 'b.test': 'old one', 's.test': 'SERVFAIL' },
    faults: ['transfer.expired'],
  },
  {
    what: 'the program is another one',
    change: (site) => asOfOtherProgram(site.storeFolder, 'one', 'old'),
    seen: { 'a.test': 'old one', 'b.test': 'old one', 's.test': 'old one' },
  },
  {
    what: 'the file of a secondary zone was edited',
    change: (site) => appendFileSync(site.path('files/s'), 'x TXT "edited"\n'),
    faults: ['transfer.edited'],
  },
  {
    what: 'the file of a secondary zone is gone',
    change: (site) => site.remove('files/s'),
    seen: { 's.test': 'SERVFAIL' },
  },
  {
    what: 'a secondary zone whose file lies in a directory of zone files has expired',
    change: (site) => expireKept(site.storeFolder, 's.test'),
    seen: { 's.test': 'SERVFAIL' },
    faults: ['transfer.expired'],
    isListed: true,
  },
  {
    what: 'a zone whose file lies in a directory of zone files is not for everybody',
    change: (site) =>
      configure(site, { 'a.test': 'type primary; file "a"; allow-query { none; };' }),
    seen: { 'a.test': 'REFUSED' },
    isListed: true,
  },
];

for (const [i, { what, change, seen = {}, faults = [], isListed = false }] of ROWS.entries()) {
  const index = i % 2 === 0 ? 'memory' : 'lmdb';
  test(`warm start of a configuration, index ${index}: ${what}`, async (t) => {
    const site = new WarmSite(t, { index });
    site.write('files/a', zoneFile(1, 'one'));
    site.write('files/b', zoneFile(1, 'one'));
    receive(site, zoneFile(1, 'one'));
    configure(site);
    const flags = { 'bind-config': site.path('named.conf') };
    const sources = isListed ? [site.path('files')] : [];
    await site.runOnce({ flags, sources });
    site.takeFaults();
    await change(site);
    const wanted = { ...Object.fromEntries(ZONES.map((zone) => [zone, 'one'])), ...seen };
    const answers = await site.startAndAsk(wanted, { flags, sources });
    assert.deepEqual(withMissed(answers, wanted), wanted);
    // nobody answers for the secondary zone, which is told sooner or later
    const told = () => site.faults().filter((event) => event !== 'transfer.failed');
    await site.until(() => told().length >= faults.length, `${faults}`);
    assert.deepEqual(told(), faults);
  });
}

// --- settings ---------------------------------------------------------------------------------------------------

test('warm start: a zone with a warning is not served for a moment when warnings count', async (t) => {
  const site = new WarmSite(t);
  site.zone('a.test', 1, 'one', 'x CNAME t\n@ MX 10 x\n');
  for (const zone of ['b.test', 'c.test', 'd.test']) site.zone(zone, 1, 'one');
  await site.runOnce();
  assert.ok(site.takeFaults().includes('zone.problem'));
  const wanted = { 'a.test': 'SERVFAIL', 'b.test': 'SERVFAIL one' };
  const flags = { strict: 'yes' };
  assert.deepEqual(await site.startAndAsk(wanted, { flags, isHeld: true }), wanted);
});

test('warm start: a zone with a broken record is not served when such are not ignored any more', async (t) => {
  const site = new WarmSite(t);
  site.zone('a.test', 1, 'one', 'x A 1.2.3\n');
  for (const zone of ['b.test', 'c.test', 'd.test']) site.zone(zone, 1, 'one');
  await site.runOnce({ flags: { 'bind-ignore-broken-records': 'yes' } });
  const wanted = { 'a.test': 'SERVFAIL', 'b.test': 'SERVFAIL one' };
  assert.deepEqual(await site.startAndAsk(wanted, { isHeld: true }), wanted);
});

for (const method of ['increment', 'date', 'unixtime']) {
  test(`warm start: serials by ${method} go on, RFC 1982 §3.2`, async (t) => {
    const site = new WarmSite(t, { serial: method });
    const zones = ['a.test', 'b.test'];
    for (const zone of zones) site.zone(zone, 7, 'one');
    await site.start();
    await site.server?.loaded;
    const { port } = site;
    const first = await serialAt({ port }, 'a.test');
    site.zone('a.test', 7, 'two');
    await site.until(async () => (await serialAt({ port }, 'a.test')) > first, 'raised');
    const raised = await serialAt({ port }, 'a.test');
    await site.stop();
    site.zone('a.test', 7, 'three');
    await site.start(zones, { isHeld: true });
    assert.deepEqual(site.seen.get('a.test'), ['two']);
    const serials = [raised];
    await site.until(async () => {
      serials.push(await serialAt({ port: site.port }, 'a.test'));
      return (serials.at(-1) ?? 0) > raised;
    }, 'raised again');
    assert.deepEqual(
      serials,
      [...serials].sort((a, b) => a - b),
    );
    await site.stop();
    // the method is another one: what it has raised is not gone back on
    await site.start([], { flags: { serial: 'increment' } });
    await site.server?.loaded;
    await sleep(50);
    assert.ok((await serialAt({ port: site.port }, 'a.test')) >= (serials.at(-1) ?? 0));
  });
}

/** Zones of a configuration are listened for when all have been tried, so the first answers may have been missed. */
function withMissed(
  seen: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(seen).map(([zone, text]) => {
      const all = wanted[zone] ?? '';
      return [zone, all.endsWith(` ${text}`) ? all : text];
    }),
  );
}
