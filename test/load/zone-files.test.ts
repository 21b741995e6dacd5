/** File names: which are zone files, and which zone they stand for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPassingName, isZoneFileName, zoneOfFileName } from '../../src/load/zone-files.js';
import { nameText } from '../../src/wire/name-text.js';

test('zone file names stand for a zone', () => {
  const rows: [name: string, zone: string, certain: boolean][] = [
    ['example.com.zone', 'example.com.', true],
    ['example.com.db', 'example.com.', true],
    ['db.example.com', 'example.com.', true],
    ['DB.Example.COM', 'example.com.', true],
    ['example.com..zone', 'example.com.', true],
    ['_msdcs.example.com.zone', '_msdcs.example.com.', true],
    ['0-25.2.0.192.in-addr.arpa.zone', '0-25.2.0.192.in-addr.arpa.', true],
    ['2.0.192.in-addr.arpa.db', '2.0.192.in-addr.arpa.', true],
    ['bücher.example.zone', 'xn--bcher-kva.example.', true],
    ['com.zone', 'com.', false],
    ['root.zone', 'root.', false],
    ['db.10', '10.', false],
    ['db.192.0.2', '192.0.2.', false],
    ['..zone', '.', false],
    ['a..b.zone', '.', false],
    // Only when named on the command line
    ['example.com', 'example.com.', false],
    ['zones.txt', 'zones.txt.', false],
  ];
  for (const [name, zone, certain] of rows) {
    const found = zoneOfFileName(name);
    assert.deepEqual([nameText(found.origin, 0), found.certain], [zone, certain], name);
  }
});

test('in a directory only zone file names count', () => {
  for (const name of ['example.com.zone', 'x.db', 'db.x', 'a.b.ZONE']) {
    assert.equal(isZoneFileName(name), true, name);
  }
  const others =
    'README keys.txt README.md zones.json a.inc a.include example.com db. .zone named.conf';
  for (const name of others.split(' ')) assert.equal(isZoneFileName(name), false, name);
});

test('traces of editors, package managers and version control are passing names', () => {
  const names =
    '.git .example.com.zone.Xy12 .example.com.zone.swp #example.com.zone# .#example.com.zone 4913 ' +
    'example.com.zone~ db.example.com~ a.swp a.swx a.swo a.tmp db.a.bak a.orig a.rej a.zone.jnl ' +
    'a.journal a.zone.signed~ a.rpmsave db.a.rpmnew db.a.dpkg-old db.a.dpkg-new db.a.dpkg-dist a,v';
  for (const name of names.split(' ')) {
    assert.equal(isPassingName(name), true, name);
    assert.equal(isZoneFileName(name), false, name);
  }
  for (const name of ['example.com.zone', 'x.signed', '4913.example.zone', 'a#b.zone']) {
    assert.equal(isPassingName(name), false, name);
  }
});
