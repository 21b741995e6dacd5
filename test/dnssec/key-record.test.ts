/**
 * Keys, signatures and digests of the RFCs' examples: RFC 4034 §5.4, RFC 4509 §2.3, RFC 5702 §6, RFC 6605 §6,
 * RFC 8080 §6.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import {
  algorithmOf,
  algorithmText,
  isSupported,
  publicKey,
  sign,
  verify,
} from '../../src/dnssec/algorithms.js';
import { dsDigest, KEY_AT, KEY_FLAG_SEP, keyFields, keyTag } from '../../src/dnssec/key-record.js';
import { coveredType, rrsigHeadOctets, SignedOctets } from '../../src/dnssec/signed-octets.js';
import { TYPE_DNSKEY, TYPE_DS, TYPE_RRSIG } from '../../src/wire/constants.js';
import { findRrset, type Zone } from '../../src/zone/zone.js';
import { name, readText } from '../support/zones.js';

/** An owner with its key, what the key has signed, and DS records of the key. */
type Example = { readonly rfc: string; readonly apex: string; readonly records: string };

const EXAMPLES: readonly Example[] = [
  {
    rfc: 'RFC 4034 §5.4, RFC 4509 §2.3',
    apex: 'dskey.example.com',
    records: `
@ DNSKEY 256 3 5 ( AQOeiiR0GOMYkDshWoSKz9Xz fwJr1AYtsmx3TGkJaNXVbfi/ 2pHm822aJ5iI9BMzNXxeYCmZ
  DRD99WYwYqUSdjMmmAphXdvx egXd/M5+X7OrzKBaMbCVdFLU Uh6DhweJBjEVv5f2wwjM9Xzc nOf+EPbtG9DMBmADjFDc2w/r
  ljwvFw== ) ; key id = 60485
@ DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
@ DS 60485 5 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A`,
  },
  {
    rfc: 'RFC 6605 §6.1',
    apex: 'example.net',
    records: `
@ 3600 DNSKEY 257 3 13 ( GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edb
  krSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA== )
@ 3600 DS 55648 13 2 b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17
www 3600 A 192.0.2.1
www 3600 RRSIG A 13 3 3600 ( 20100909100439 20100812100439 55648 example.net.
  qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXA yGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw== )`,
  },
  {
    rfc: 'RFC 6605 §6.2',
    apex: 'example.net',
    records: `
@ 3600 DNSKEY 257 3 14 ( xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1 w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8
  /uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40 )
@ 3600 DS 10771 14 4 ( 72d7b62976ce06438e9c0bf319013cf801f09ecc84b8
  d7e9495f27e305c6a9b0563a9b5f4d288405c3008a94 6df983d6 )
www 3600 A 192.0.2.1
www 3600 RRSIG A 14 3 3600 ( 20100909102025 20100812102025 10771 example.net.
  /L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP 95hxQouuroGCeZOvzFaxsT8Glr74hbavRKayJNuydCuz
  WTSSPdz7wnqXL5bdcJzusdnI0RSMROxxwGipWcJm )`,
  },
  {
    rfc: 'RFC 8080 §6.1, errata 4935',
    apex: 'example.com',
    records: `
@ 3600 DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=
@ 3600 DS 3613 15 2 3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b
@ 3600 MX 10 mail.example.com.
@ 3600 RRSIG MX 15 2 3600 ( 1440021600 1438207200 3613 example.com.
  oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg== )`,
  },
  {
    rfc: 'RFC 8080 §6.2',
    apex: 'example.com',
    records: `
@ 3600 DNSKEY 257 3 16 ( 3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDpJtIA )
@ 3600 DS 9713 16 2 6ccf18d5bc5d7fc2fceb1d59d17321402f2aa8d368048db93dd811f5cb2b19c7
@ 3600 MX 10 mail.example.com.
@ 3600 RRSIG MX 16 2 3600 ( 1440021600 1438207200 9713 example.com.
  3cPAHkmlnxcDHMyg7vFC34l0blBhuG1qpwLmjInI8w1CMB29FkEAIJUA0amxWndkmnBZ6SKiwZSAxGILn/NBtOXft0+Gj7FSvOKxE/07+4RQ
  vE581N3Aj/JtIyaiYVdnYtyMWbSNyGEY2213WKsJlwEA )`,
  },
];

function zoneOf({ apex, records }: Example): Zone {
  const { zone } = readText(apex, `$TTL 3600\n@ SOA . . 1 2 3 4 5\n@ NS ns.invalid.\n${records}\n`);
  assert.ok(zone !== null);
  return zone;
}

/** RDATA of an owner's records of a type. */
function rdataOf(zone: Zone, owner: number, type: number): Uint8Array[] {
  const rrset = findRrset(zone, owner, type);
  if (rrset < 0) return [];
  const first = zone.rrsetRecordFirst[rrset]!;
  const end = zone.rrsetRecordFirst[rrset + 1]!;
  return Array.from({ length: end - first }, (_, i) => {
    const at = zone.recordRdata[first + i]!;
    return zone.rdata.slice(at, at + zone.recordLength[first + i]!);
  });
}

for (const example of EXAMPLES) {
  test(`keys: ${example.rfc}`, () => {
    const zone = zoneOf(example);
    const [dnskey] = rdataOf(zone, zone.apex, TYPE_DNSKEY);
    assert.ok(dnskey !== undefined);
    const { algorithm, flags } = keyFields(dnskey, 0);
    assert.equal((flags & KEY_FLAG_SEP) !== 0, algorithm !== 5);
    const key = publicKey(algorithm, dnskey.subarray(KEY_AT));
    assert.ok(key !== null);
    const digests = rdataOf(zone, zone.apex, TYPE_DS);
    assert.ok(digests.length > 0);
    for (const ds of digests) {
      assert.equal((ds[0]! << 8) | ds[1]!, keyTag(dnskey, 0, dnskey.length));
      const digest = dsDigest(ds[3]!, name(example.apex.toUpperCase()), 0, dnskey);
      assert.deepEqual(Buffer.from(digest ?? []), Buffer.from(ds.subarray(4)));
    }
    const signed = new SignedOctets();
    for (let owner = 0; owner < zone.names.count; owner++) {
      for (const rrsig of rdataOf(zone, owner, TYPE_RRSIG)) {
        const rrset = findRrset(zone, owner, coveredType(rrsig, 0));
        assert.ok(signed.fill(zone, rrset, rrsig, 0));
        const signature = rrsig.slice(rrsigHeadOctets(rrsig, 0));
        assert.ok(verify(algorithm, key, signed.signed, signature));
        signature[5]! ^= 1;
        assert.ok(!verify(algorithm, key, signed.signed, signature));
        assert.ok(!verify(algorithm, key, signed.signed, signature.subarray(1)));
      }
    }
  });
}

test('keys: octets that are no key of their algorithm', () => {
  assert.equal(publicKey(13, new Uint8Array(63)), null);
  assert.equal(publicKey(13, new Uint8Array(64).fill(7)), null);
  assert.equal(publicKey(15, new Uint8Array(31)), null);
  assert.equal(publicKey(8, Uint8Array.of(0, 1)), null);
  assert.equal(publicKey(8, Uint8Array.of(9, 1, 0, 1)), null);
  assert.equal(publicKey(12, new Uint8Array(64)), null);
  assert.equal(dsDigest(3, name('x'), 0, new Uint8Array(8)), null);
});

test('keys: the names of algorithms, and which can be used', () => {
  assert.equal(algorithmText(13), 'ECDSAP256SHA256');
  assert.equal(algorithmText(200), '200');
  assert.equal(algorithmOf(200), undefined);
  const usable = Array.from({ length: 256 }, (_, number) => number).filter(isSupported);
  assert.deepEqual(usable, [5, 7, 8, 10, 13, 14, 15, 16]);
});

test('keys: what is signed is verified', () => {
  const pairs: readonly (readonly [number, ReturnType<typeof generateKeyPairSync>])[] = [
    [8, generateKeyPairSync('rsa', { modulusLength: 1024 })],
    [13, generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    [14, generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    [15, generateKeyPairSync('ed25519')],
    [16, generateKeyPairSync('ed448')],
  ];
  const octets = Buffer.from('some octets');
  for (const [algorithm, pair] of pairs) {
    const signature = sign(algorithm, pair.privateKey, octets);
    assert.ok(verify(algorithm, pair.publicKey, octets, signature));
    assert.ok(!verify(algorithm, pair.publicKey, octets.subarray(1), signature));
  }
});
