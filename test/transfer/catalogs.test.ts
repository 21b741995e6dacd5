/** Catalogs that a whole server consumes and makes (RFC 9432 §5); catalogs and members come as files. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Site } from '../e2e/site.js';
import { zoneFile } from '../e2e/test-server.js';

const PATIENCE_MS = 15_000;
const HEAD = '$TTL 0\n@ NS invalid.\nversion TXT "2"\n';

/** Two catalogs, `one.test` and `two.test`, that are secondary zones with files. */
class CatalogSite extends Site {
  constructor(t: TestContext, flags: Readonly<Record<string, string>> = {}) {
    super(t, { 'catalog-zones': 'one.test two.test', ...flags });
    this.zones();
    this.catalog('one', 1, '');
    this.catalog('two', 1, '');
  }

  /** Writes named.conf with the catalogs and these zones. */
  zones(...zones: readonly string[]): void {
    const catalogs = ['one', 'two'].map(
      (name) =>
        `zone "${name}.test" { type secondary; file "${name}"; primaries { 192.0.2.1 port 5300 key "k"; }; };\n`,
    );
    const key = 'key k { algorithm hmac-sha256; secret "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"; };\n';
    this.configure(zones, key + catalogs.join(''));
  }

  /** Writes a catalog; `members` are lines such as `x a.test`. */
  catalog(name: string, serial: number, members: string, more = ''): void {
    const soa = `@ SOA invalid. invalid. ${serial} 3600 600 86400 0\n`;
    const rows = members
      .split(', ')
      .filter((row) => row !== '')
      .map((row) => row.split(' '))
      .map(([label, zone]) => `${label}.zones PTR ${zone}.\n`);
    this.receive(this.path(name), `$TTL 0\n${soa}${HEAD}${rows.join('')}${more}`);
  }

  /** Where a member's file is. */
  member(catalog: string, zone: string): string {
    return this.path(`state/catalogs/${catalog}.test/${zone}.zone`);
  }

  /** As if the member had been transferred. */
  transferred(catalog: string, zone: string, txt: string): void {
    this.receive(this.member(catalog, zone), zoneFile(1, txt));
  }

  /** Waits until a file is gone. */
  async gone(path: string): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (existsSync(path)) {
      assert.ok(Date.now() < end, `${path} stays`);
      await sleep(5);
    }
  }
}

test('catalog: members become secondary zones of the primaries of the catalog, with their groups', async (t) => {
  const site = new CatalogSite(t);
  await site.start();
  assert.equal(await site.see('a.test'), 'REFUSED');
  site.catalog('one', 2, 'x a.test, y b.test', 'group.x.zones TXT g\ngroup.x.zones TXT h\n');
  await site.until('a.test', 'SERVFAIL');
  await site.logged('catalog.taken', /^catalog one\.test: serial 2, 2 members, 2 new, 0 removed$/);
  site.transferred('one', 'a.test', 'hello');
  await site.until('a.test', 'hello');
  const { text } = await site.run('bind-domain-extended-status', 'a.test');
  assert.match(text, /Kind: Secondary\n.*Primaries: \n\t\t - 192\.0\.2\.1:5300\n/s);
  assert.match(text, /\t Catalog: one\.test\n\t\t - g\n\t\t - h\n/);
  site.catalog('one', 3, 'y b.test');
  await site.until('a.test', 'REFUSED');
  await site.gone(site.member('one', 'a.test'));
  assert.equal(await site.see('b.test'), 'SERVFAIL');
});

test('catalog: members are served again after a restart, and those that have gone meanwhile are gone', async (t) => {
  const site = new CatalogSite(t);
  site.catalog('one', 1, 'x a.test, y b.test');
  await site.start();
  site.transferred('one', 'a.test', 'a');
  site.transferred('one', 'b.test', 'b');
  await site.until('a.test', 'a');
  await site.until('b.test', 'b');
  await site.stop();
  site.catalog('one', 2, 'x a.test');
  await site.start();
  assert.equal(await site.see('a.test'), 'a');
  assert.equal(await site.see('b.test'), 'REFUSED');
  assert.equal(existsSync(site.member('one', 'b.test')), false);
});

test('catalog: a broken version changes nothing, not even after a restart (RFC 9432 §5.1)', async (t) => {
  const site = new CatalogSite(t);
  site.catalog('one', 1, 'x a.test');
  await site.start();
  site.transferred('one', 'a.test', 'a');
  await site.until('a.test', 'a');
  site.catalog('one', 2, 'x b.test', 'x.zones PTR c.test.\n');
  await site.logged(
    'catalog.broken',
    /serial 2: broken, .*: x\.zones\.one\.test\. has more than one PTR/,
  );
  assert.equal(await site.see('a.test'), 'a');
  assert.equal(await site.see('b.test'), 'REFUSED');
  await site.stop();
  await site.start();
  assert.equal(await site.see('a.test'), 'a');
  site.catalog('one', 3, 'y b.test');
  await site.until('a.test', 'REFUSED');
  await site.until('b.test', 'SERVFAIL');
});

test('catalog: a new label is a new beginning (RFC 9432 §5.4)', async (t) => {
  const site = new CatalogSite(t);
  site.catalog('one', 1, 'x a.test');
  await site.start();
  site.transferred('one', 'a.test', 'old');
  await site.until('a.test', 'old');
  site.catalog('one', 2, 'y a.test');
  await site.until('a.test', 'SERVFAIL');
  await site.gone(site.member('one', 'a.test'));
  // The same while the server does not look.
  site.transferred('one', 'a.test', 'new');
  await site.until('a.test', 'new');
  await site.stop();
  site.catalog('one', 3, 'z a.test');
  await site.start();
  // the version that was kept is served until the new one of the catalog has been read
  await site.until('a.test', 'SERVFAIL');
});

test('catalog: a name that is served already is refused, until it is free (RFC 9432 §5.2)', async (t) => {
  const site = new CatalogSite(t);
  site.zone('a.test', 1, 'mine');
  site.zones('a.test');
  await site.start();
  site.catalog('one', 2, 'x a.test, y b.test, z one.test, v two.test');
  await site.until('b.test', 'SERVFAIL');
  await site.logged(
    'catalog.clash',
    /^catalog one\.test: a\.test is not taken: .*a\.test is it already$/,
  );
  await site.logged('catalog.clash', /two\.test is not taken/);
  await site.logged('catalog.remark', /it is a member of itself/);
  assert.equal(await site.see('a.test'), 'mine');
  site.catalog('two', 2, 'x b.test');
  await site.logged(
    'catalog.clash',
    /^catalog two\.test: b\.test is not taken: it is a member of one\.test$/,
  );
  site.transferred('one', 'a.test', 'theirs');
  site.zones();
  await site.until('a.test', 'theirs');
});

test('catalog: a change of ownership keeps what is served if the label stays (RFC 9432 §4.3.1)', async (t) => {
  const site = new CatalogSite(t);
  const give = 'coo.x.zones PTR two.test.\n';
  site.catalog('one', 1, 'x a.test, y b.test', `${give}coo.y.zones PTR two.test.\n`);
  await site.start();
  site.transferred('one', 'a.test', 'a');
  site.transferred('one', 'b.test', 'b');
  await site.until('a.test', 'a');
  await site.until('b.test', 'b');
  const seen = new Set<string>();
  let isOver = false;
  const looking = (async () => {
    while (!isOver) seen.add(await site.see('a.test'));
  })();
  site.catalog('two', 2, 'x a.test, other b.test');
  await site.logged('catalog.owner', /^a\.test goes from catalog one\.test to two\.test$/);
  await site.logged('catalog.taken', /^catalog two\.test: serial 2, 2 members/);
  await site.until('b.test', 'SERVFAIL');
  isOver = true;
  await looking;
  assert.deepEqual([...seen], ['a']);
  assert.ok(existsSync(site.member('two', 'a.test')));
  assert.equal(existsSync(site.member('one', 'a.test')), false);
  site.catalog('one', 2, '');
  await site.logged('zone.loaded', /^one\.test: serial 2/);
  await site.stop();
  await site.start();
  assert.equal(await site.see('a.test'), 'a');
  assert.equal(await site.see('b.test'), 'SERVFAIL');
});

test('catalog: most of many members do not go at once unless an operator says so', async (t) => {
  const site = new CatalogSite(t);
  const zones = Array.from({ length: 12 }, (_, i) => `x${i} m${i}.test`);
  site.catalog('one', 1, zones.join(', '));
  await site.start();
  site.catalog('one', 2, '');
  await site.logged(
    'catalog.refused',
    /^catalog one\.test, serial 2: 12 of 12 members would go at once/,
  );
  assert.equal(await site.see('m0.test'), 'SERVFAIL');
  assert.equal((await site.run('rediscover', '--force')).code, 0);
  await site.until('m0.test', 'REFUSED');
});

test('catalog: few members may go at once, even all of them', async (t) => {
  const site = new CatalogSite(t);
  site.catalog('one', 1, 'x a.test, y b.test');
  await site.start();
  site.catalog('one', 2, '');
  await site.until('a.test', 'REFUSED');
  await site.until('b.test', 'REFUSED');
});

test('catalog: what is remembered and is no longer readable is told and costs nothing else', async (t) => {
  const site = new CatalogSite(t);
  site.catalog('one', 1, 'x a.test');
  await site.start();
  site.transferred('one', 'a.test', 'a');
  await site.until('a.test', 'a');
  await site.stop();
  const path = site.path('state/catalogs/one.test.members');
  assert.match(readFileSync(path, 'utf8'), /\n\["a\.test","x",\[\],null\]\n$/);
  writeFileSync(path, '["a.test"\n');
  await site.start();
  await site.logged('catalog.memory', /one\.test\.members: line 1 is no member/);
  assert.equal(await site.see('a.test'), 'a');
});

test('catalog: without primaries its members are told to be of no use', async (t) => {
  const site = new CatalogSite(t, { 'catalog-zones': 'three.test' });
  site.configure(['three.test']);
  site.catalog('three.test', 1, 'x a.test');
  await site.start();
  await site.logged('catalog.primaries', /^catalog three\.test, .* has no primaries/);
});

// --- the one that is made

/** A server that makes the catalog `made.test` of what named.conf has. */
class MakingSite extends Site {
  constructor(t: TestContext) {
    super(t, { 'producer-catalog': 'Made.test', 'catalog-zones': 'one.test' });
  }

  /** Writes named.conf with these primary zones, the catalog `one.test`, and a secondary zone. */
  zones(...zones: readonly string[]): void {
    for (const zone of zones) if (!existsSync(this.path(zone))) this.zone(zone, 1, zone);
    const others = ['one.test', 'secondary.test'].map(
      (zone) => `zone "${zone}" { type secondary; file "${zone}"; primaries { 192.0.2.1; }; };\n`,
    );
    this.configure(zones, others.join(''));
  }

  /** Every version of the catalog so far. */
  made(): { members: number; serial: number }[] {
    return this.lines
      .filter(({ event, fields }) => event === 'zone.loaded' && fields['zone'] === 'made.test')
      .map(({ fields }) => ({
        members: Number(fields['records']) - 3,
        serial: Number(fields['serial']),
      }));
  }

  /** Waits until the catalog has so many members. @returns its serial */
  async untilMembers(count: number): Promise<number> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const last = this.made().at(-1);
      if (last?.members === count) return last.serial;
      assert.ok(Date.now() < end, `${last?.members} members, not ${count}`);
      await sleep(20);
    }
  }
}

test('made catalog: primary and native zones come and go, no secondary and no catalog is in it', async (t) => {
  const site = new MakingSite(t);
  site.zones('a.test', 'b.test');
  await site.start();
  const first = await site.untilMembers(2);
  site.zones('a.test', 'b.test', 'c.test');
  const second = await site.untilMembers(3);
  assert.ok(second > first);
  site.zones('a.test', 'c.test');
  assert.ok((await site.untilMembers(2)) > second);
  site.write('c.test', 'broken');
  await site.logged('zone.rejected', /^c\.test/);
  site.write(
    'named.conf',
    readFileSync(site.path('named.conf'), 'utf8').replace(
      'type primary; file "a.test"',
      'type secondary; primaries { 192.0.2.1; }; file "a.test"',
    ),
  );
  await site.untilMembers(1);
});

test('made catalog: a restart changes neither content nor serial, unless zones have gone meanwhile', async (t) => {
  const site = new MakingSite(t);
  site.zones('a.test', 'b.test', 'c.test');
  await site.start();
  const serial = await site.untilMembers(3);
  await site.stop();
  site.write('c.test', 'broken, but ours');
  // A serial is a time in seconds.
  await sleep(1100);
  await site.start();
  assert.deepEqual(site.made().at(-1), { members: 3, serial });
  await site.stop();
  site.zones('a.test', 'b.test');
  await site.start();
  assert.ok((await site.untilMembers(2)) > serial);
});

test('made catalog: zones that come together are one change of it', async (t) => {
  const site = new MakingSite(t);
  site.zones('a.test');
  await site.start();
  await site.untilMembers(1);
  const before = site.made().length;
  site.zones(...Array.from({ length: 50 }, (_, i) => `z${i}.test`), 'a.test');
  await site.untilMembers(51);
  assert.equal(site.made().length, before + 1);
});

test('made catalog: it is served like any zone', async (t) => {
  const site = new MakingSite(t);
  site.zones('a.test');
  await site.start();
  await site.untilMembers(1);
  assert.equal(await site.see('made.test'), 'NXDOMAIN');
  const { text } = await site.run('bind-domain-extended-status', 'made.test');
  assert.match(text, /Kind: Primary\n/);
  assert.equal((await site.run('bind-reload-now', 'made.test')).code, 0);
  await site.run('reload');
  await site.logged('zone.unchanged', /^made\.test/);
});

test('made catalog: a name that a zone file has already stays with it, which is told', async (t) => {
  const site = new MakingSite(t);
  site.zones('made.test');
  await site.start();
  await site.logged('zone.rejected', /^made\.test: rejected/);
  assert.equal(await site.see('made.test'), 'made.test');
});
