/**
 * Address match lists as BIND understands them: a zone for each list, asked from several addresses with and without
 * keys, and our compiled list asked the same. PowerDNS's lists of networks likewise, by transfers.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { AccessList } from '../../src/config/access-list.js';
import { LocalNetworks } from '../../src/config/local-networks.js';
import { addressOctets } from '../../src/config/named-address.js';
import { readNamedConf } from '../../src/config/named-conf.js';
import { networkItemFault, networkList } from '../../src/config/network-list.js';
import { keyNameOctets } from '../../src/config/tsig-keys.js';
import { startPowerDns } from '../metrics/powerdns.js';
import { requirePeer, startPeer } from '../peers/peer.js';

const run = promisify(execFile);

const SECRET = 'c2VjcmV0IG9mIHRoZSB0ZXN0';
const KEYS = ['k1', 'k2'];

const ACLS = `
acl inner { !127.0.0.2; 127.0.0.0/24; };
acl refuses { !127.0.0.1; };
acl nobody { none; };
acl everybody { !none; };
acl one { 127.0.0.1; };
acl keyed { key k1; };
acl deep { !inner; inner; };
`;

/** The lists; a letter of `CLIENTS` for each client that they let in. */
const LISTS: readonly (readonly [list: string, allowed: string])[] = [
  ['any', 'abc6 ABC! xyz'],
  ['none', ''],
  ['!any', ''],
  ['!none', 'abc6 ABC! xyz'],
  ['none; any', ''],
  ['any; none', 'abc6 ABC! xyz'],
  ['!none; none', 'abc6 ABC! xyz'],
  ['127.0.0.1', 'a A x'],
  ['!127.0.0.1; any', 'bc6 BC! yz'],
  ['any; !127.0.0.1', 'abc6 ABC! xyz'],
  ['127.0.0.1; !127.0.0.1', 'a A x'],
  ['!127.0.0.1; 127.0.0.1', ''],
  ['127.0.0.0/31', 'a A x'],
  ['!127.0.0.2; 127.0.0.0/30', 'ac AC xz'],
  ['127.0.0.0/30; !127.0.0.2', 'abc ABC xyz'],
  ['127/8', 'abc ABC xyz'],
  ['0.0.0.0/0', 'abc ABC xyz'],
  ['::/0', '6 !'],
  ['::1', '6 !'],
  ['::ffff:127.0.0.1', ''],
  ['!::ffff:127.0.0.1; any', 'abc6 ABC! xyz'],
  ['localhost', 'a6 A! x'],
  ['localnets', 'abc6 ABC! xyz'],
  ['!localhost; any', 'bc BC yz'],
  ['!localhost; localnets', 'bc BC yz'],
  ['key k1', 'ABC!'],
  ['key k2', 'xyz'],
  ['!key k1; any', 'abc6 xyz'],
  ['key k1; !127.0.0.1; any', 'bc6 ABC! yz'],
  ['127.0.0.1; key k1', 'a ABC! x'],
  ['!127.0.0.1; key k1', 'BC!'],
  ['{ 127.0.0.1; }', 'a A x'],
  ['!{ 127.0.0.1; }; any', 'bc6 BC! yz'],
  ['{ !127.0.0.1; }; any', 'abc6 ABC! xyz'],
  ['!{ !127.0.0.1; }; 127.0.0.2', 'b B y'],
  ['!{ !127.0.0.1; any; }; any', 'a A x'],
  ['{ !127.0.0.1; any; }; 127.0.0.1', 'abc6 ABC! xyz'],
  ['{ !127.0.0.2; 127.0.0.0/24; }; 127.0.0.0/24', 'abc ABC xyz'],
  ['{ none; }; any', 'abc6 ABC! xyz'],
  ['!{ none; }; any', 'abc6 ABC! xyz'],
  ['!{ any; }; any', ''],
  ['{ { !127.0.0.1; any; }; }; ::1', 'bc6 BC! yz'],
  ['!{ { !127.0.0.1; any; }; }; any', 'a A x'],
  ['!{ !{ 127.0.0.1; }; any; }; any', 'a A x'],
  ['!{ !{ !127.0.0.1; any; }; any; }; any', 'bc6 BC! yz'],
  ['inner', 'ac AC xz'],
  ['!inner; any', 'b6 B! y'],
  ['!inner; inner', ''],
  ['deep', ''],
  ['!deep; any', 'abc6 ABC! xyz'],
  ['refuses; any', 'abc6 ABC! xyz'],
  ['!refuses; any', 'abc6 ABC! xyz'],
  ['nobody; any', 'abc6 ABC! xyz'],
  ['!nobody; any', 'abc6 ABC! xyz'],
  ['everybody', 'abc6 ABC! xyz'],
  ['!everybody; any', ''],
  ['one; !127.0.0.0/30; any', 'a6 A! x'],
  ['keyed', 'ABC!'],
  ['!keyed; 127.0.0.1', 'a x'],
  ['{ !key k1; any; }', 'abc6 xyz'],
  ['!{ key k1; 127.0.0.1; }; any', 'bc6 yz'],
  ['!{ !key k1; any; }; any', 'ABC!'],
  ['{ localhost; !127.0.0.2; localnets; }', 'ac6 AC! xz'],
  ['!{ localhost; }; { 127/8; }', 'bc BC yz'],
];

/** Who asks, by a letter: `ABC!` with the key k1, `xyz` with k2. */
const CLIENTS: readonly (readonly [letter: string, address: string, key: string | null])[] = [
  ['a', '127.0.0.1', null],
  ['b', '127.0.0.2', null],
  ['c', '127.0.0.3', null],
  ['6', '::1', null],
  ['A', '127.0.0.1', 'k1'],
  ['B', '127.0.0.2', 'k1'],
  ['C', '127.0.0.3', 'k1'],
  ['!', '::1', 'k1'],
  ['x', '127.0.0.1', 'k2'],
  ['y', '127.0.0.2', 'k2'],
  ['z', '127.0.0.3', 'k2'],
];

function letters(allowed: (address: string, key: string | null) => boolean): string {
  return CLIENTS.map(([letter, address, key]) => (allowed(address, key) ? letter : '')).join('');
}

function configText(folder: string): string {
  const keys = KEYS.map((key) => `key ${key} { algorithm hmac-sha256; secret "${SECRET}"; };\n`);
  const zones = LISTS.map(([list], i) => {
    const rest = `type primary; file "${join(folder, 'zone')}"; allow-query { ${list}; };`;
    return `zone "z${i}.test" { ${rest} };\n`;
  });
  return keys.join('') + ACLS + zones.join('');
}

test('access list: every list lets in whom the table says, as compiled from named.conf', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-access-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'named.conf');
  writeFileSync(path, configText(folder));
  const conf = readNamedConf(path);
  assert.deepEqual(conf.problems, []);
  const local = new LocalNetworks(Object.values(networkInterfaces()).flat());
  for (const [i, [text, allowed]] of LISTS.entries()) {
    const list = new AccessList(conf.zones[i]?.allowQuery ?? [], local);
    const found = letters((address, key) => {
      const keyName = key === null ? null : keyNameOctets(key);
      return list.allows(addressOctets(address) ?? new Uint8Array(4), keyName);
    });
    assert.equal(found, allowed.replaceAll(' ', ''), text);
  }
});

/** The response code of each zone, as dig has it. Not in one blocking call, or nobody reads what the server logs. */
async function digAll(port: number, address: string, key: string | null): Promise<string[]> {
  const server = address.includes(':') ? '::1' : '127.0.0.1';
  const auth = key === null ? [] : ['-y', `hmac-sha256:${key}:${SECRET}`];
  const queries = LISTS.flatMap((_, i) => [`z${i}.test`, 'SOA']);
  const flags = ['+noall', '+comments', '+question', '+norec', '+tries=3', '+time=5'];
  const args = [...auth, '-b', address, '-p', String(port), `@${server}`, ...flags, ...queries];
  const { stdout } = await run('dig', args, { timeout: 60_000 });
  // replies need not come in the order of the questions
  const answers = stdout.matchAll(/status: (\w+)[\s\S]*?\n;z(\d+)\.test\./g);
  const codes: string[] = [];
  for (const [, code = '', index] of answers) codes[Number(index)] = code;
  assert.equal(codes.length, LISTS.length, `${address} ${key}: ${stdout.slice(0, 500)}`);
  return codes;
}

test('access list: BIND lets in the same', { timeout: 120_000 }, async (t) => {
  if (!requirePeer(t, 'named') || !requirePeer(t, 'dig')) return;
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-access-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'zone');
  writeFileSync(file, '$TTL 60\n@ SOA ns hm 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n');
  const ready = [{ origin: 'ready.test', file }];
  const peer = await startPeer('named', ready, { more: configText(folder), ip6: true });
  t.after(() => peer.stop());
  const found = LISTS.map(() => '');
  for (const [letter, address, key] of CLIENTS) {
    for (const [i, code] of (await digAll(peer.port, address, key)).entries()) {
      assert.match(code, /^(?:NOERROR|REFUSED)$/);
      if (code === 'NOERROR') found[i] += letter;
    }
  }
  assert.deepEqual(
    LISTS.map(([text], i) => `${text}: ${found[i]}`),
    LISTS.map(([text, allowed]) => `${text}: ${allowed.replaceAll(' ', '')}`),
  );
});

/** PowerDNS's lists and who of the clients a, b and c may transfer. */
const NETWORKS: readonly (readonly [items: string, allowed: string])[] = [
  ['127.0.0.1/30', 'abc'],
  ['127.0.0.0/30,!127.0.0.2', 'ac'],
  ['!127.0.0.2,127.0.0.0/30', 'ac'],
  ['!127.0.0.0/30,127.0.0.2', 'b'],
  ['127.0.0.1,!127.0.0.1', ''],
  ['!127.0.0.1,127.0.0.1', 'a'],
  ['127.0.0.1/30,!127.0.0.2/30', ''],
  ['0.0.0.0/0,!127.0.0.0/31,::/0', 'bc'],
];

const NETWORK_CLIENTS = CLIENTS.slice(0, 3);

test('network list: the longest prefix decides, wherever it stands', () => {
  for (const [text, allowed] of NETWORKS) {
    const items = text.split(',');
    assert.deepEqual(items.map(networkItemFault).filter(Boolean), []);
    const list = new AccessList(networkList(items), new LocalNetworks([]));
    const found = NETWORK_CLIENTS.filter(([, address]) => {
      return list.allows(addressOctets(address) ?? new Uint8Array(4), null);
    });
    assert.equal(found.map(([letter]) => letter).join(''), allowed, text);
  }
});

test('network list: PowerDNS lets in the same', { timeout: 120_000 }, async (t) => {
  if (!requirePeer(t, 'pdns_server') || !requirePeer(t, 'dig')) return;
  const zone = '$TTL 60\n@ SOA ns hm 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n';
  for (const [text, allowed] of NETWORKS) {
    const { port } = await startPowerDns(t, 'z.test', zone, [`--allow-axfr-ips=${text}`]);
    let found = '';
    for (const [letter, address] of NETWORK_CLIENTS) {
      const args = ['-b', address, '-p', String(port), '@127.0.0.1', 'z.test', 'AXFR', '+time=3'];
      const { stdout } = await run('dig', args, { timeout: 10_000 });
      if (stdout.includes('192.0.2.1')) found += letter;
    }
    assert.equal(found, allowed, text);
  }
});
