/**
 * The harness proves itself: each peer starts, answers, is compared, refuses a bad zone and stops; and the decoder
 * refuses what is not a message. Must not know: our own server.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { compareAnswers } from './compare.js';
import { buildQuery, decodeMessage, type Query } from './message.js';
import { type Peer, type PeerKind, requirePeer, startPeer } from './peer.js';
import { askMany, askTcp, askUdp } from './query.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'hotzone-peers-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const ZONE = `
$ORIGIN example.test.
$TTL 3600
@ SOA ns hostmaster 1 7200 900 1209600 300
@ NS ns
ns A 192.0.2.1
@ MX 10 Mail
mail A 192.0.2.2
www CNAME mail
* TXT "wild"
_sip._udp SRV 1 2 5060 mail
sub NS ns.sub
ns.sub A 192.0.2.3
`;

function zoneFile(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const file = zoneFile('example.zone', ZONE);
const bad = zoneFile('bad.zone', ZONE.replace('192.0.2.2', 'not-an-address'));

async function ask(peer: Peer, query: Query) {
  const reply = await askUdp(peer, buildQuery(query));
  assert.ok(reply, `no answer from ${peer.kind}`);
  return decodeMessage(reply);
}

const KINDS: readonly PeerKind[] = ['named', 'nsd', 'knot'];

for (const kind of [...KINDS, 'pdns'] as const) {
  test(`${kind} starts, answers over UDP and TCP, and stops`, async (t) => {
    if (!requirePeer(t, kind)) return;
    const peer = await startPeer(kind, [{ origin: 'example.test', file }]);
    t.after(() => peer.stop());
    const www = await ask(peer, { name: 'WWW.example.test', type: 'A', flags: 0x0100 });
    assert.equal(www.rcode, 0);
    assert.ok(www.flags.includes('aa'));
    assert.deepEqual(www.question, ['WWW.example.test. IN A']);
    assert.deepEqual(www.answer, [
      'mail.example.test. 3600 IN A c0000202',
      'www.example.test. 3600 IN CNAME 046d61696c076578616d706c65047465737400',
    ]);
    const edns = { size: 4096, dnssecOk: true };
    const wild = await ask(peer, { name: 'a.b.example.test', type: 'TXT', edns });
    assert.deepEqual(wild.answer, ['a.b.example.test. 3600 IN TXT 0477696c64']);
    assert.ok(wild.edns);
    const referral = await ask(peer, { name: 'x.sub.example.test', type: 'A' });
    assert.ok(!referral.flags.includes('aa'));
    assert.deepEqual(referral.additional, ['ns.sub.example.test. 3600 IN A c0000203']);
    const denied = await ask(peer, { name: 'other.test', type: 'A' });
    assert.equal(denied.rcode, 5);
    const records: string[] = [];
    await askTcp(peer, buildQuery({ name: 'example.test', type: 'AXFR' }), (message) => {
      records.push(...decodeMessage(message).answer);
      return records.length >= 11;
    });
    assert.equal(records.length, 11);
    await peer.stop();
    assert.throws(() => process.kill(peer.pid, 0));
  });
}

// PowerDNS looks at such a record when it is asked for it
for (const kind of KINDS) {
  test(`${kind} that refuses a zone does not start, and says why`, async (t) => {
    if (!requirePeer(t, kind)) return;
    const zones = [{ origin: 'example.test', file: bad }];
    await assert.rejects(startPeer(kind, zones, { startMs: 10_000 }), /bad\.zone/);
  });
}

test('peers agree about thousands of queries on one socket', async (t) => {
  if (!requirePeer(t, 'named') || !requirePeer(t, 'nsd')) return;
  const zones = [{ origin: 'example.test', file }];
  const named = await startPeer('named', zones, { minimal: true });
  t.after(() => named.stop());
  const nsd = await startPeer('nsd', zones, { minimal: true });
  t.after(() => nsd.stop());
  const queries = Array.from({ length: 3000 }, (_, i) =>
    buildQuery({ name: `n${i}.example.test`, type: i % 2 === 0 ? 'TXT' : 'A', id: 7 }),
  );
  const [ours, theirs] = [await askMany(named, queries), await askMany(nsd, queries)];
  for (const [i, reply] of ours.entries()) {
    const [a, b] = [reply, theirs[i] ?? null];
    assert.ok(a !== null && b !== null, `query ${i} has no answer`);
    const message = decodeMessage(a);
    assert.equal(message.id, 7);
    const options = { ignorePositiveAuthority: true, ignoreAdditional: true };
    assert.deepEqual(compareAnswers(message, decodeMessage(b), options), []);
  }
});

test('peers load the signed root zone', async (t) => {
  const root = join(process.env['HOTZONE_DATA'] ?? join(ROOT, '../shared/data'), 'root.zone');
  if (!existsSync(root)) return t.skip('no root.zone in ../shared/data nor in HOTZONE_DATA');
  for (const kind of KINDS) {
    if (!requirePeer(t, kind)) return;
    const peer = await startPeer(kind, [{ origin: '.', file: root }]);
    t.after(() => peer.stop());
    const query: Query = { name: 'no-such-tld', type: 'A', edns: { size: 4096, dnssecOk: true } };
    const message = await ask(peer, query);
    assert.equal(message.rcode, 3);
    // BIND leaves out an NSEC that has no RRSIG, which most of this copy's NSECs lack.
    const wanted = kind === 'named' ? / SOA / : / NSEC /;
    assert.ok(message.authority.some((record) => wanted.test(record)));
    assert.deepEqual(message.compressed, []);
    await peer.stop();
  }
});

test('a server that does not answer gives null', async () => {
  const query = buildQuery({ name: 'a', type: 'A' });
  const quiet = { timeoutMs: 20, retries: 1 };
  assert.equal(await askUdp({ port: 1 }, query, quiet), null);
  assert.deepEqual(await askMany({ port: 1 }, [query, query], quiet), [null, null]);
});

test('the decoder refuses what is not exactly a message', () => {
  const head = (answers: number) => `000084000001${answers.toString(16).padStart(4, '0')}00000000`;
  const question = '01610000010001';
  const rows: [name: string, hex: string, error: RegExp][] = [
    ['short header', '00008400', /range|outside|bounds/],
    ['spare octets', `${head(0)}${question}00`, /spare/],
    ['pointer forward', `${head(0)}c00e00010001`, /pointer/],
    ['pointer to itself', `${head(0)}c00c00010001`, /pointer/],
    ['pointer into the header', `${head(1)}${question}c00200010001000000000004c0000201`, /pointer/],
    ['label type 01', `${head(0)}41610000010001`, /label of type 1/],
    ['RDATA past the end', `${head(1)}${question}c00c00010001000000000009c0000201`, /past the end/],
    ['NS of wrong length', `${head(1)}${question}c00c00020001000000000003c00c00`, /does not fit/],
    ['pointer in DNAME', `${head(1)}${question}c00c00270001000000000002c00c`, /compressed/],
    ['OPT as answer', `${head(1)}${question}0000290200000000000000`, /misplaced/],
    ['answer missing', `${head(1)}${question}`, /range|outside|bounds/],
  ];
  for (const [name, hex, error] of rows) {
    assert.throws(() => decodeMessage(Buffer.from(hex, 'hex')), error, name);
  }
  const good = decodeMessage(
    Buffer.from(`${head(1)}${question}c00c000f00010000000100040005c00c`, 'hex'),
  );
  assert.deepEqual(good.answer, ['a. 1 IN MX 0005016100']);
});

test('compared answers differ in rcode, flags and records, counted', () => {
  const base = decodeMessage(buildQuery({ name: 'a', type: 'A' }));
  const other = { ...base, rcode: 3, flags: ['aa'], answer: ['x', 'x'] };
  assert.deepEqual(compareAnswers(base, base), []);
  assert.deepEqual(compareAnswers(other, { ...base, answer: ['x'] }), [
    'rcode: 3 / 0',
    'aa: true / false',
    'answer: only ours: x',
  ]);
});
