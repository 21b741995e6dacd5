/** OPT records written: octets as RFC 6891 §6.1.2 draws them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientSubnet } from '../../src/wire/client-subnet.js';
import { EDE_NONE, writeOpt } from '../../src/wire/edns.js';

type Row = [
  name: string,
  rcode: number,
  dnssecOk: boolean,
  nsid: string | null,
  ede: number,
  hex: string,
];

const ROWS: Row[] = [
  ['bare, RFC 6891 §6.1.2', 0, false, null, EDE_NONE, '00002904d0000000000000'],
  ['DO comes back, RFC 3225 §3', 0, true, null, EDE_NONE, '00002904d0000080000000'],
  ['upper bits of BADVERS, RFC 6891 §6.1.3', 16, false, null, EDE_NONE, '00002904d0010000000000'],
  ['REFUSED stays in the header', 5, false, null, EDE_NONE, '00002904d0000000000000'],
  ['NSID, RFC 5001 §2.3', 0, false, 'ab', EDE_NONE, '00002904d0000000000006000300026162'],
  ['error 20, RFC 8914 §2', 5, false, null, 20, '00002904d0000000000006000f00020014'],
  ['error 0 is an error', 5, false, null, 0, '00002904d0000000000006000f00020000'],
  ['both', 5, true, 'a', 14, '00002904d000008000000b0003000161000f0002000e'],
];

for (const [name, rcode, dnssecOk, nsid, ede, hex] of ROWS) {
  test(`OPT: ${name}`, () => {
    const octets = Buffer.alloc(64, 0xff);
    const identity = nsid === null ? null : Buffer.from(nsid);
    const end = writeOpt(octets, 3, 1232, rcode, dnssecOk, identity, ede, new ClientSubnet(), 0);
    assert.equal(octets.toString('hex', 3, end), hex);
    assert.ok(octets.subarray(end).every((octet) => octet === 0xff));
  });
}
