/**
 * Names and type bitmaps of chains: RFC 4034 §4.1.2, RFC 4035 §2.3, RFC 5155 §7.1. Whole chains are compared with those
 * of other signers in signed-zones.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BITMAP_OCTETS_MAX,
  chainNames,
  NAME_AUTHORITATIVE,
  NAME_EMPTY,
  NAME_EMPTY_INSECURE,
  NAME_INSECURE_CUT,
  NAME_SECURE_CUT,
  writeBitmap,
} from '../../src/dnssec/authoritative-names.js';
import { TYPE_NSEC, TYPE_NSEC3 } from '../../src/wire/constants.js';
import { nameText } from '../../src/wire/name-text.js';
import { readText } from '../support/zones.js';

const KINDS: ReadonlyMap<number, string> = new Map([
  [NAME_AUTHORITATIVE, 'data'],
  [NAME_SECURE_CUT, 'secure'],
  [NAME_INSECURE_CUT, 'insecure'],
  [NAME_EMPTY, 'empty'],
  [NAME_EMPTY_INSECURE, 'empty insecure'],
]);

/** `owner kind: bitmap of NSEC / of NSEC3` of each name. */
function chainOf(text: string): string[] {
  const { zone } = readText('x', `$TTL 1\n@ SOA . . 1 2 3 4 5\n${text}`);
  assert.ok(zone !== null);
  const { octets, offsets } = zone.names;
  const { order, kinds } = chainNames(zone);
  const hex = (owner: number, type: number): string => {
    const out = new Uint8Array(BITMAP_OCTETS_MAX);
    const length = writeBitmap(zone, owner, kinds[owner]!, type, out, 0);
    return Buffer.from(out.subarray(0, length)).toString('hex');
  };
  return Array.from(order, (owner) => {
    const kind = KINDS.get(kinds[owner]!) ?? 'none';
    const bitmaps = `${hex(owner, TYPE_NSEC)} ${hex(owner, TYPE_NSEC3)}`;
    return `${nameText(octets, offsets[owner]!)} ${kind} ${bitmaps}`;
  });
}

const APEX = 'x. data 0006220000000003 0006220000000002';

const CASES: readonly (readonly [what: string, text: string, chain: readonly string[]])[] = [
  ['the apex alone', '@ NS ns.y.\n', [APEX]],
  [
    'a delegation without DS and its glue',
    '@ NS ns.y.\nsub NS ns.sub\nns.sub A 192.0.2.1\na.b.sub A 192.0.2.1\n',
    [APEX, 'sub.x. insecure 0006200000000003 000120'],
  ],
  [
    'a delegation with DS, and an address at the cut',
    `@ NS ns.y.\nsub NS sub\nsub A 192.0.2.1\nsub DS 1 8 2 ${'00'.repeat(32)}\n`,
    [APEX, 'sub.x. secure 0006200000000013 0006200000000012'],
  ],
  [
    'empty non-terminals above data, above a delegation, above both',
    '@ NS ns.y.\na.b.c TXT x\nd.e NS ns.y.\nf.g NS ns.y.\nh.g TXT x\n',
    [
      APEX,
      'c.x. empty 0006000000000003 ',
      'b.c.x. empty 0006000000000003 ',
      'a.b.c.x. data 0006000080000003 0006000080000002',
      'e.x. empty insecure 0006000000000003 ',
      'd.e.x. insecure 0006200000000003 000120',
      'g.x. empty 0006000000000003 ',
      'f.g.x. insecure 0006200000000003 000120',
      'h.g.x. data 0006000080000003 0006000080000002',
    ],
  ],
  [
    'what a DNAME hides',
    '@ NS ns.y.\nd DNAME y.\na.d TXT x\nb.a.d TXT x\n',
    [APEX, 'd.x. data 0006000000000103 0006000000000102'],
  ],
  [
    'what signing has made does not count',
    '@ NS ns.y.\n@ NSEC a NS\n@ RRSIG NS 8 1 1 20200101000000 20190101000000 1 x. AAAA\n' +
      'a NSEC @ A\n0123456789ABCDEFGHIJKLMNOPQRSTUV NSEC3 1 0 0 - 00000000000000000000000000000000\n',
    [APEX],
  ],
  [
    'types of several windows',
    '@ NS ns.y.\na CAA 0 issue "y"\na TYPE1234 \\# 0\na TYPE65280 \\# 0\na A 192.0.2.1\n',
    [
      APEX,
      'a.x. data 0006400000000003010140041b000000000000000000000000000000000000000000000000000020ff0180' +
        ' 0006400000000002010140041b000000000000000000000000000000000000000000000000000020ff0180',
    ],
  ],
];

for (const [what, text, chain] of CASES) {
  test(`chain: ${what}`, () => assert.deepEqual(chainOf(text), chain));
}
