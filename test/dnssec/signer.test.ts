/**
 * Signed zones by the judgement of BIND's, NLnet Labs' and Knot's tools, and what is kept of one version in the next.
 * RFC 4034, RFC 4035 §2, RFC 5155 §7.1, RFC 6840 §5, RFC 7344, RFC 8078, RFC 8976, RFC 9077.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SigningPolicy } from '../../src/config/signing-policy.js';
import { readSignatures, writeSignatures } from '../../src/dnssec/kept-signatures.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { linesOf, makeKey, signText, verdicts, ZONE_TEXT } from './signed-zones.js';

const NOW = Math.floor(Date.now() / 1000);
const IN_USE = { Created: NOW - 9000, Publish: NOW - 9000, Activate: NOW - 9000 };
const NSEC3 = { iterations: 0, optOut: false, saltOctets: 0 };
/** Version 1.8.3 does not end with NSEC3 and ZONEMD, be it a zone of its own in another order. */
const LDNS = 'ldns-verify-zone';
/** Version 3.2 takes no zone with a CSK of each of two algorithms, of BIND's making either. */
const KNOT = 'kzonecheck';

const ROWS: readonly (readonly [
  what: string,
  algorithms: readonly number[],
  policy: Partial<SigningPolicy>,
  but?: readonly string[],
])[] = [
  ['NSEC, RSASHA256', [8], {}],
  ['NSEC, ECDSAP256SHA256', [13], {}],
  ['NSEC, ECDSAP384SHA384', [14], {}],
  ['NSEC, ED25519', [15], {}],
  ['NSEC, ED448', [16], {}],
  ['NSEC, two algorithms', [8, 13], {}, [KNOT]],
  ['NSEC3', [13], { nsec3: NSEC3 }],
  ['NSEC3, opt-out', [13], { nsec3: { ...NSEC3, optOut: true } }],
  ['NSEC3, salt and iterations', [15], { nsec3: { iterations: 5, optOut: false, saltOctets: 8 } }],
  ['ZONEMD by SHA-384', [13], { zonemd: 1 }],
  ['ZONEMD by SHA-512', [13], { zonemd: 2 }],
  ['NSEC3 and ZONEMD', [13], { nsec3: NSEC3, zonemd: 1 }, [LDNS]],
];

for (const [what, algorithms, policy, but] of ROWS) {
  for (const roles of [['ksk', 'zsk'] as const, ['ksk'] as const]) {
    test(`a signed zone is what other servers' tools want: ${what}, ${roles.join(' and ')}`, (t) => {
      const folder = temporaryDirectory(t);
      for (const algorithm of algorithms) {
        for (const role of roles) makeKey(folder, role, { ...IN_USE, SyncPublish: NOW }, algorithm);
      }
      const lines = linesOf(signText(folder, ZONE_TEXT, NOW, { policy }));
      const isSplit = roles.length > 1;
      const left = isSplit ? but?.filter((judge) => judge !== KNOT) : but;
      assert.deepEqual(verdicts(t, folder, lines, left), []);
      assert.ok(lines.some((line) => / IN CDS \d+ /.test(line)));
      assert.ok(lines.some((line) => / IN CDNSKEY 257 3 /.test(line)));
    });
  }
}

test('the judges find what is wrong: a signature less, a name more', (t) => {
  const folder = temporaryDirectory(t);
  makeKey(folder, 'ksk', IN_USE);
  const lines = linesOf(signText(folder, ZONE_TEXT, NOW));
  const less = lines.filter((line) => !/^mail.* RRSIG A /.test(line));
  assert.equal(verdicts(t, folder, less).length, 3);
  assert.equal(verdicts(t, folder, [...lines, 'new.example.com. 60 IN A 192.0.2.9']).length, 3);
});

test('RFC 9077 §3: denial has the lesser of SOA TTL and minimum', (t) => {
  const folder = temporaryDirectory(t);
  makeKey(folder, 'ksk', IN_USE);
  for (const [ttl, text] of [
    [300, ZONE_TEXT],
    [120, ZONE_TEXT.replace('@ SOA', '@ 120 SOA')],
  ] as const) {
    const denial = linesOf(signText(folder, text, NOW)).filter((line) => / IN NSEC /.test(line));
    assert.ok(denial.length > 5);
    for (const line of denial) assert.equal(Number(line.split(' ')[1]), ttl);
  }
});

test('RFC 8078 §4: a zone that leaves DNSSEC asks for no DS, and stays signed', (t) => {
  const folder = temporaryDirectory(t);
  makeKey(folder, 'ksk', { ...IN_USE, SyncPublish: NOW - 1 });
  const lines = linesOf(signText(folder, ZONE_TEXT, NOW, { policy: { leaves: true } }));
  const sync = lines.filter((line) => / IN (?:CDS|CDNSKEY) /.test(line));
  assert.deepEqual(
    sync.map((line) => line.split(' IN ')[1]),
    ['CDS 0 0 0 00', 'CDNSKEY 0 3 0 AA=='],
  );
  assert.deepEqual(verdicts(t, folder, lines, ['kzonecheck']), []);
});

test("RFC 8901 §2.1: another signer's DNSKEY in the file stays, and is signed", (t) => {
  const folder = temporaryDirectory(t);
  makeKey(folder, 'ksk', IN_USE);
  const other =
    'DNSKEY 256 3 13 wkNovbRpOGS50APzxdx22RkfevVYI8BbX6yA1IczUw1MoBq2fFS56Akk/IFCUCwaafTXy1NF7jhdnXCW/UZitw==';
  const lines = linesOf(signText(folder, `${ZONE_TEXT}@ ${other}\n`, NOW));
  assert.equal(lines.filter((line) => / IN DNSKEY /.test(line)).length, 2);
});

test('RFC 5011 §2.1: a revoked key has the REVOKE bit and signs itself', (t) => {
  const folder = temporaryDirectory(t);
  makeKey(folder, 'ksk', IN_USE);
  makeKey(folder, 'ksk', { ...IN_USE, Revoke: NOW - 1 });
  makeKey(folder, 'zsk', IN_USE);
  const lines = linesOf(signText(folder, ZONE_TEXT, NOW));
  assert.equal(lines.filter((line) => / IN DNSKEY 385 /.test(line)).length, 1);
  assert.equal(lines.filter((line) => / RRSIG DNSKEY /.test(line)).length, 2);
  assert.deepEqual(verdicts(t, folder, lines), []);
});

// --- what is kept -----------------------------------------------------------------------------------------------

const DAY = 86_400;
const HOUR = 3600;

test('an edit of one RRset makes two signatures: its own and that of the SOA', (t) => {
  const folder = temporaryDirectory(t);
  makeKey(folder, 'ksk', IN_USE);
  const first = signText(folder, ZONE_TEXT, NOW);
  const serials = { chooseSerial: () => 2 };
  const edited = ZONE_TEXT.replace('192.0.2.2', '192.0.2.22');
  const second = signText(folder, edited, NOW + HOUR, { former: first.rows, ...serials });
  assert.equal(second.made, 2);
  const kept = new Set(linesOf(first));
  const fresh = linesOf(second).filter((line) => !kept.has(line));
  assert.deepEqual(
    fresh.map((line) => line.replace(/(RRSIG \w+ ).*/, '$1')).map((line) => line.slice(0, 40)),
    [
      'example.com. 3600 IN SOA ns1.example.com',
      'example.com. 3600 IN RRSIG SOA ',
      'mail.example.com. 60 IN A 192.0.2.22',
      'mail.example.com. 60 IN RRSIG A ',
    ],
  );
  assert.deepEqual(verdicts(t, folder, linesOf(second)), []);
});

test('a new name makes signatures of its RRsets, its NSEC, the NSEC before it, and the SOA', (t) => {
  const folder = temporaryDirectory(t);
  makeKey(folder, 'ksk', IN_USE);
  const first = signText(folder, ZONE_TEXT, NOW);
  const longer = `${ZONE_TEXT}new A 192.0.2.9\n`;
  const second = signText(folder, longer, NOW, { former: first.rows, chooseSerial: () => 2 });
  assert.equal(second.made, 4);
});

test('nothing is signed while nothing is due, and all is in time', (t) => {
  const folder = temporaryDirectory(t);
  makeKey(folder, 'ksk', IN_USE);
  let former = signText(folder, ZONE_TEXT, NOW);
  const again = signText(folder, ZONE_TEXT, NOW + DAY, { former: former.rows });
  assert.equal(again.made, 0);
  assert.equal(again.print, former.print);
  assert.deepEqual(linesOf(again), linesOf(former));
  // a month of signing when it is due: no signature is ever nearer to its end than the policy says
  let runs = 0;
  for (let at = former.dueAt; at < NOW + 60 * DAY; at = former.dueAt, runs++) {
    const next = signText(folder, ZONE_TEXT, at, { former: former.rows });
    assert.ok(next.made > 0);
    assert.ok(next.dueAt > at, 'it would be due again at once');
    assert.ok(former.expiresAt - at >= 5 * DAY, `${former.expiresAt - at} seconds are left`);
    former = next;
  }
  // expirations are spread over half a day, those of an hour are made anew together
  assert.ok(runs > 20 && runs < 120, `${runs} runs`);
});

test('the SOA alone is due: then it is another version', (t) => {
  const folder = temporaryDirectory(t);
  makeKey(folder, 'ksk', IN_USE);
  const first = signText(folder, ZONE_TEXT, NOW);
  const asked: boolean[] = [];
  const chooseSerial = (_: string, isKept: (serial: number) => boolean): number => {
    asked.push(isKept(1), isKept(2));
    return 1;
  };
  signText(folder, ZONE_TEXT, NOW + DAY, { former: first.rows, chooseSerial });
  signText(folder, ZONE_TEXT, NOW + 9 * DAY, { former: first.rows, chooseSerial });
  assert.deepEqual(asked, [true, false, false, false]);
});

test('what is signed twice at one moment differs in nothing but the randomness of ECDSA', (t) => {
  const folder = temporaryDirectory(t);
  makeKey(folder, 'ksk', IN_USE, 15);
  assert.deepEqual(
    linesOf(signText(folder, ZONE_TEXT, NOW)),
    linesOf(signText(folder, ZONE_TEXT, NOW)),
  );
});

test('signatures outlive the process; a damaged file of them is as good as none', (t) => {
  const folder = temporaryDirectory(t);
  makeKey(folder, 'ksk', IN_USE);
  const path = join(folder, 'kept', 'example.com.signatures');
  const first = signText(folder, ZONE_TEXT, NOW);
  writeSignatures(path, first.rows);
  const rows = readSignatures(path);
  assert.equal(signText(folder, ZONE_TEXT, NOW, { former: rows }).made, 0);
  const file = readFileSync(path);
  for (const at of [0, 20, file.length - 1]) {
    writeFileSync(
      path,
      file.map((octet, i) => (i === at ? octet ^ 1 : octet)),
    );
    assert.equal(readSignatures(path).count, 0, `octet ${at}`);
  }
  writeFileSync(path, file.subarray(0, 100));
  assert.equal(readSignatures(path).count, 0);
  assert.equal(readSignatures(join(folder, 'none')).count, 0);
});

test('keys with the same tag do not get each other’s signatures', (t) => {
  const folder = temporaryDirectory(t);
  makeKey(folder, 'ksk', IN_USE);
  const first = signText(folder, ZONE_TEXT, NOW);
  const other = temporaryDirectory(t);
  makeKey(other, 'ksk', IN_USE);
  const second = signText(other, ZONE_TEXT, NOW, { former: first.rows });
  assert.equal(second.made, second.signatures);
});
