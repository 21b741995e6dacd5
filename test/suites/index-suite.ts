/**
 * What every implementation of ZoneView must do: the same look-ups, flags, links and octets. Run it with a function
 * that makes a view of zone text; a store of another kind passes the same rows (RFC 1034 §4.3.2, RFC 4592, RFC 6672).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  APEX,
  FindResult,
  NODE_BELOW_CUT,
  NODE_BELOW_DNAME,
  NODE_CUT,
  NODE_EMPTY,
  NODE_HAS_CNAME,
  NODE_HAS_DNAME,
  NODE_WILDCARD_CHILD,
  NONE,
  type ZoneView,
} from '../../src/index/zone-index.js';
import { NameView, nameLength, parseName } from '../../src/wire/name.js';
import { nameText } from '../../src/wire/name-text.js';
import { readU16, readU32 } from '../../src/wire/octets.js';
import { rdataText } from '../../src/wire/rdata-text.js';
import { typeFromText, typeText } from '../../src/wire/rrtypes.js';
import { name } from '../support/zones.js';

export type OpenView = (origin: string, text: string) => ZoneView;

const ORIGIN = 'example.';
const ZONE = `$TTL 3600
@ 1800 SOA ns hostmaster 7 7200 900 1209600 600
@ NS ns
@ NS ns.elsewhere.test.
NS A 192.0.2.1
ns AAAA 2001:db8::1
@ MX 10 mail
@ MX 20 any.wild
mail A 192.0.2.2
mail TXT "b" "c"
alias CNAME mail
a.b.c.deep A 192.0.2.3
*.wild A 192.0.2.4
sub NS ns.sub
sub NS ns.below.sub
sub DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000
ns.sub A 192.0.2.5
below.sub NS ns.below.sub
ns.below.sub A 192.0.2.6
*.sub TXT "occluded"
gone DNAME there
old.gone A 192.0.2.7
svc HTTPS 1 . alpn=h2
svc A 192.0.2.8
svc.alias HTTPS 0 svc
`;

const FLAGS: readonly (readonly [number, string])[] = [
  [NODE_CUT, 'cut'],
  [NODE_BELOW_CUT, 'below-cut'],
  [NODE_BELOW_DNAME, 'below-dname'],
  [NODE_HAS_DNAME, 'dname'],
  [NODE_HAS_CNAME, 'cname'],
  [NODE_EMPTY, 'empty'],
  [NODE_WILDCARD_CHILD, 'wildcard'],
];

/** name sought, name found (closest encloser), flags, name that the link leads to */
const FIND: readonly (readonly [string, string, string, string])[] = [
  ['example.', 'example.', '', '-'],
  ['EXAMPLE.', 'example.', '', '-'],
  ['ns.example.', 'NS.example.', '', '-'],
  ['nothing.example.', 'example.', '', '-'],
  ['x.y.z.nothing.example.', 'example.', '', '-'],
  ['alias.example.', 'alias.example.', 'cname', '-'],
  ['c.deep.example.', 'c.deep.example.', 'empty', '-'],
  ['deep.example.', 'deep.example.', 'empty', '-'],
  ['x.b.c.deep.example.', 'b.c.deep.example.', 'empty', '-'],
  ['wild.example.', 'wild.example.', 'empty wildcard', '*.wild.example.'],
  ['x.wild.example.', 'wild.example.', 'empty wildcard', '*.wild.example.'],
  ['*.wild.example.', '*.wild.example.', '', '-'],
  ['x.*.wild.example.', '*.wild.example.', '', '-'],
  ['sub.example.', 'sub.example.', 'cut', '-'],
  ['ns.sub.example.', 'ns.sub.example.', 'below-cut', 'sub.example.'],
  ['below.sub.example.', 'below.sub.example.', 'below-cut', 'sub.example.'],
  ['ns.below.sub.example.', 'ns.below.sub.example.', 'below-cut', 'sub.example.'],
  ['*.sub.example.', '*.sub.example.', 'below-cut', 'sub.example.'],
  ['x.ns.sub.example.', 'ns.sub.example.', 'below-cut', 'sub.example.'],
  ['gone.example.', 'gone.example.', 'dname', '-'],
  ['old.gone.example.', 'old.gone.example.', 'below-dname', 'gone.example.'],
];

/** owner, type, records as `TTL RDATA`, names whose addresses are additional */
const RRSETS: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ['example.', 'SOA', ['1800 ns.example. hostmaster.example. 7 7200 900 1209600 600'], []],
  ['example.', 'NS', ['3600 ns.example.', '3600 ns.elsewhere.test.'], ['ns.example.']],
  [
    'example.',
    'MX',
    ['3600 10 mail.example.', '3600 20 any.wild.example.'],
    ['mail.example.', 'any.wild.example.'],
  ],
  ['ns.example.', 'A', ['3600 192.0.2.1'], []],
  ['mail.example.', 'TXT', ['3600 "b" "c"'], []],
  ['mail.example.', 'AAAA', [], []],
  [
    'sub.example.',
    'NS',
    ['3600 ns.sub.example.', '3600 ns.below.sub.example.'],
    ['ns.sub.example.', 'ns.below.sub.example.'],
  ],
  ['svc.example.', 'HTTPS', ['3600 1 . alpn="h2"'], ['svc.example.']],
  ['svc.alias.example.', 'HTTPS', ['3600 0 svc.example.'], ['svc.example.']],
];

/** Runs the suite against an implementation called `label`. */
export function runIndexSuite(label: string, open: OpenView): void {
  const view = open(ORIGIN, ZONE);

  test(`${label}: zone facts, RFC 2308 §5`, () => {
    assert.equal(view.serial, 7);
    assert.equal(view.apexLabels, 1);
    assert.equal(view.negativeTtl, 600);
    assert.equal(view.soa, view.nodeRrset(APEX, typeFromText('SOA')));
  });

  for (const [sought, found, flags, link] of FIND) {
    test(`${label}: find ${sought}, RFC 1034 §4.3.2`, () => {
      const { node, at } = findNode(view, sought);
      assert.equal(at, found.toLowerCase());
      assert.equal(nameText(view.octets, view.nodeName(node)), found);
      const set = FLAGS.filter(([bit]) => (view.nodeFlags(node) & bit) !== 0).map((row) => row[1]);
      assert.equal(set.join(' '), flags);
      const to = view.nodeLink(node);
      assert.equal(to === NONE ? '-' : nameText(view.octets, view.nodeName(to)), link);
    });
  }

  for (const [owner, type, records, links] of RRSETS) {
    test(`${label}: RRset ${owner} ${type}, RFC 2181 §5`, () => {
      const { node } = findNode(view, owner);
      const rrset = view.nodeRrset(node, typeFromText(type));
      if (records.length === 0) return assert.equal(rrset, NONE);
      assert.deepEqual(recordsOf(view, rrset), records);
      assert.equal(view.rrsetCount(rrset), records.length);
      assert.deepEqual(linksOf(view, rrset), links);
    });
  }

  test(`${label}: RRsets of a node ascend by type`, () => {
    const first = view.nodeRrsetFirst(APEX);
    const types: string[] = [];
    for (let i = 0; i < view.nodeRrsetCount(APEX); i++)
      types.push(typeText(view.rrsetType(first + i)));
    assert.deepEqual(types, ['NS', 'SOA', 'MX']);
  });

  test(`${label}: a zone of the root`, () => {
    const root = open(
      '.',
      '@ 60 SOA ns hm 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n*.x 60 TXT "y"\n',
    );
    assert.equal(findNode(root, '.').at, '.');
    assert.equal(findNode(root, 'a.b.').at, '.');
    assert.equal(findNode(root, 'q.x.').at, 'x.');
  });
}

function findNode(view: ZoneView, text: string): { node: number; at: string } {
  const octets = name(text);
  const sought = new NameView();
  assert.equal(parseName(sought, octets, 0, octets.length), octets.length);
  const result = new FindResult();
  view.find(sought, 0, result);
  const at = nameText(octets, sought.labelOffset[result.label]!);
  return { node: result.node, at: at.toLowerCase() };
}

function recordsOf(view: ZoneView, rrset: number): string[] {
  const records: string[] = [];
  const end = view.rrsetOffset(rrset) + view.rrsetLength(rrset);
  for (let at = view.rrsetOffset(rrset); at < end; ) {
    const length = readU16(view.octets, at + 10);
    assert.equal(readU16(view.octets, at), 0xc00c);
    assert.equal(readU16(view.octets, at + 2), view.rrsetType(rrset));
    assert.equal(readU16(view.octets, at + 4), 1);
    const rdata = rdataText(view.rrsetType(rrset), view.octets, at + 12, length);
    records.push(`${readU32(view.octets, at + 6)} ${rdata}`);
    at += 12 + length;
  }
  return records;
}

function linksOf(view: ZoneView, rrset: number): string[] {
  const names: string[] = [];
  const first = view.rrsetLinkFirst(rrset);
  for (let link = first; link < first + view.rrsetLinkCount(rrset); link++) {
    const offset = view.linkName(link);
    assert.ok(nameLength(view.octets, offset) > 1);
    assert.ok(view.linkNode(link) >= 0);
    names.push(nameText(view.octets, offset));
  }
  return names;
}
