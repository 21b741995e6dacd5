/**
 * Catalog zones as text, and what becomes of them: here, in BIND 9.18 and in Knot 3.2. The zone is `CATALOG.`; a
 * member's name is written `NAME.`, so that each row can have names of its own.
 */

export type CatalogRow = {
  readonly name: string;
  /** Without SOA and NS; origin is the catalog. */
  readonly text: string;
  /** `zone label [groups] owner`, in order of the zones; or what is told of a broken catalog. */
  readonly ours: readonly string[] | RegExp;
  /** Which of the zones a. b. … peers take, where that is not what we do, and why. */
  readonly named?: readonly [taken: string, why: string];
  readonly knot?: readonly [taken: string, why: string];
};

const TWO = 'version TXT "2"\n';

export const CATALOGS: readonly CatalogRow[] = [
  { name: 'no members', text: TWO, ours: [] },
  {
    name: 'two members',
    text: `${TWO}x.zones PTR a.NAME.\ny.zones PTR b.NAME.\n`,
    ours: ['a.NAME x [] -', 'b.NAME y [] -'],
  },
  {
    name: 'case means nothing',
    text: 'VERSION TXT "2"\nX.Zones PTR A.NAME.\nGROUP.x.zones TXT "G"\nCOO.x.zones PTR OTHER.test.\n',
    ours: ['a.NAME x [G] other.test'],
    named: ['', 'it tells letter case of the labels apart, against RFC 4343'],
  },
  {
    name: 'a group, and a change of ownership (RFC 9432 §4.3)',
    text: `${TWO}x.zones PTR a.NAME.\ngroup.x.zones TXT "g"\ncoo.x.zones PTR other.test.\n`,
    ours: ['a.NAME x [g] other.test'],
  },
  {
    name: 'several groups (RFC 9432 §4.3.2)',
    text: `${TWO}x.zones PTR a.NAME.\ngroup.x.zones TXT "g" "h"\ngroup.x.zones TXT "i"\n`,
    ours: ['a.NAME x [gh,i] -'],
    knot: ['', 'it takes one group at most and refuses the zone'],
  },
  {
    name: 'what is not understood is ignored (RFC 9432 §3)',
    text:
      `${TWO}x.zones PTR a.NAME.\nx.zones TXT "t"\nq.ext TXT "1"\nq.ext.x.zones TXT "2"\ng TXT "3"\n` +
      'serial.x.zones TXT "4"\ngroup.x.zones PTR c.NAME.\ncoo.x.zones TXT "5"\nversion A 192.0.2.1\n',
    ours: ['a.NAME x [] -'],
  },
  {
    name: 'deeper names are no members',
    text: `${TWO}x.zones PTR a.NAME.\ny.x.zones PTR b.NAME.\nzones PTR c.NAME.\nz PTR d.NAME.\n`,
    ours: ['a.NAME x [] -'],
  },
  {
    name: 'labels of any octets',
    text: `${TWO}\\000\\046\\255.zones PTR a.NAME.\n`,
    ours: ['a.NAME \\000.\\255 [] -'],
  },
  {
    name: 'properties without a member',
    text: `${TWO}x.zones PTR a.NAME.\ngroup.y.zones TXT "g"\ncoo.z.zones PTR other.test.\n`,
    ours: ['a.NAME x [] -'],
  },
  {
    name: 'a wildcard is a label like others',
    text: `${TWO}*.zones PTR a.NAME.\n`,
    ours: ['a.NAME * [] -'],
  },
  {
    name: 'version 1: members, and no properties',
    text:
      'version TXT "1"\nx.zones PTR a.NAME.\nmasters A 192.0.2.1\nmasters.x.zones A 192.0.2.2\n' +
      'allow-query.x.zones APL 1:192.0.2.0/24\ngroup.x.zones TXT "g"\ncoo.x.zones PTR other.test.\n',
    ours: ['a.NAME x [] -'],
    knot: ['', 'it knows version 2 only'],
  },
  // --- broken, RFC 9432 §4.1, §4.2
  {
    name: 'no version',
    text: 'x.zones PTR a.NAME.\n',
    ours: /^it has no version: no TXT record at version\.CATALOG$/,
  },
  {
    name: 'a version of another type',
    text: 'version A 192.0.2.2\nx.zones PTR a.NAME.\n',
    ours: /^it has no version/,
  },
  {
    name: 'a version that nobody knows',
    text: 'version TXT "3"\nx.zones PTR a.NAME.\n',
    ours: /^its version is "3", not 2$/,
  },
  {
    name: 'a version that is no number',
    text: 'version TXT "two"\nx.zones PTR a.NAME.\n',
    ours: /^its version is "two", not 2$/,
  },
  {
    name: 'two versions',
    text: `${TWO}version TXT "1"\nx.zones PTR a.NAME.\n`,
    ours: /^it has more than one version$/,
    knot: ['a', 'it takes the first'],
  },
  {
    name: 'two zones at one label',
    text: `${TWO}x.zones PTR a.NAME.\nx.zones PTR b.NAME.\ny.zones PTR c.NAME.\n`,
    ours: /^x\.zones\.CATALOG\. has more than one PTR record$/,
  },
  {
    name: 'one zone at two labels',
    text: `${TWO}x.zones PTR a.NAME.\ny.zones PTR A.NAME.\nz.zones PTR b.NAME.\n`,
    ours: /^a\.name is a member twice: [xy] and [xy]$/,
    named: ['ab', 'it takes either label'],
    knot: ['ab', 'it takes either label'],
  },
  {
    name: 'two new owners',
    text: `${TWO}x.zones PTR a.NAME.\ncoo.x.zones PTR one.test.\ncoo.x.zones PTR two.test.\n`,
    ours: /^coo\.x\.zones\.CATALOG\. has more than one PTR record$/,
    knot: ['a', 'it takes the first'],
  },
  {
    name: 'all that is wrong is told',
    text: 'version TXT "7"\nx.zones PTR a.NAME.\nx.zones PTR b.NAME.\n',
    ours: /not 2.*; x\.zones\.CATALOG\. has more than one PTR record$/,
  },
];
