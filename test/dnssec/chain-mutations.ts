/**
 * Ways to break the chain of a signed zone, its CDS and its ZONEMD, all signed again so that nothing else is wrong.
 */
import {
  appended,
  drop,
  edit,
  is,
  type Lines,
  likeSignature,
  type Mutation,
  signatureOf,
  word,
} from './mutations.js';

const LDNS_TELLS = 'ldns tells of it, and passes the zone';

/** The NSEC of an owner, without signature. */
const nsec = (owner: string) => (line: string) => is(line, owner, 'NSEC');

const withRrsig = (
  lines: Lines,
  owner: string,
  type: string,
  rdata: string,
  ttl = 300,
): string[] => [
  ...lines,
  `${owner}example.test. ${ttl} IN ${type} ${rdata}`,
  word(1, () => String(ttl))(word(7, () => String(ttl))(likeSignature(lines, owner, type))),
];

const add = (text: string) => (line: string) => `${line} ${text}`;
const without = (text: string) => (line: string) => line.replace(text, '');

export const NSEC_MUTATIONS: readonly Mutation[] = [
  {
    what: 'an NSEC is gone',
    change: (lines) =>
      drop(lines, (line) => is(line, 'mail.', 'NSEC') || is(line, 'mail.', 'RRSIG', 'NSEC')),
    finds: ['DNSSEC_NSEC_MISSING'],
  },
  {
    what: 'the NSEC of the apex is gone',
    change: (lines) => drop(lines, (line) => is(line, '', 'NSEC') || is(line, '', 'RRSIG', 'NSEC')),
    finds: ['DNSSEC_NSEC_MISSING'],
  },
  {
    what: 'all NSEC are gone',
    change: (lines) => drop(lines, (line) => / NSEC /.test(line)),
    finds: ['DNSSEC_DENIAL_MISSING'],
  },
  {
    what: 'a name is gone with all it had',
    change: (lines) => drop(lines, (line) => line.startsWith('mail.example.test.')),
    finds: ['DNSSEC_NSEC_NEXT', 'MX_ADDRESS_MISSING', 'SRV_ADDRESS_MISSING'],
  },
  {
    what: 'a new name without anything',
    change: appended('new.example.test. 3600 IN A 192.0.2.7'),
    finds: ['DNSSEC_NSEC_MISSING', 'DNSSEC_NSEC_NEXT', 'DNSSEC_SIGNATURE_MISSING'],
  },
  {
    what: 'a new delegation without NSEC',
    change: appended('new.example.test. 3600 IN NS ns1.example.test.'),
    finds: ['DNSSEC_NSEC_MISSING', 'DNSSEC_NSEC_NEXT'],
  },
  {
    what: 'new glue',
    change: appended('ns2.sub.example.test. 3600 IN A 192.0.2.7'),
    finds: ['OCCLUDED'],
  },
  {
    what: 'the next name is another',
    change: (lines) =>
      edit(
        lines,
        nsec('mail.'),
        word(4, () => 'nowhere.example.test.'),
      ),
    signAgain: true,
    finds: ['DNSSEC_NSEC_NEXT'],
  },
  {
    what: 'the next name skips one',
    change: (lines) =>
      edit(
        lines,
        nsec('mail.'),
        word(4, () => 'secure.example.test.'),
      ),
    signAgain: true,
    finds: ['DNSSEC_NSEC_NEXT'],
  },
  {
    what: 'the last name does not lead to the apex',
    change: (lines) =>
      edit(
        lines,
        nsec('z.'),
        word(4, () => 'a.b.c.example.test.'),
      ),
    signAgain: true,
    finds: ['DNSSEC_NSEC_NEXT'],
  },
  {
    what: 'the next name in other case',
    change: (lines) =>
      edit(
        lines,
        nsec('mail.'),
        word(4, (text) => text.toUpperCase()),
      ),
    signAgain: true,
    finds: [],
  },
  {
    what: 'a type too many',
    change: (lines) => edit(lines, nsec('mail.'), add('TXT')),
    signAgain: true,
    finds: ['DNSSEC_NSEC_TYPES'],
    ldns: 'good',
    because: LDNS_TELLS,
  },
  {
    what: 'a type too few',
    change: (lines) => edit(lines, nsec('mail.'), without(' A')),
    signAgain: true,
    finds: ['DNSSEC_NSEC_TYPES'],
    ldns: 'good',
    because: LDNS_TELLS,
  },
  {
    what: 'a delegation with DS that is not listed',
    change: (lines) => edit(lines, nsec('secure.'), without(' DS')),
    signAgain: true,
    finds: ['DNSSEC_NSEC_TYPES'],
    ldns: 'good',
    because: LDNS_TELLS,
  },
  {
    what: 'a new type that is not listed',
    change: (lines) => withRrsig(lines, 'mail.', 'TXT', '"new"', 3600),
    signAgain: true,
    finds: ['DNSSEC_NSEC_TYPES'],
    ldns: 'good',
    because: LDNS_TELLS,
  },
  {
    what: 'a second NSEC',
    change: (lines) => [...lines, ...lines.filter(nsec('mail.')).map(add('TXT'))],
    signAgain: true,
    finds: ['DNSSEC_NSEC_NEEDLESS'],
  },
  {
    what: 'an NSEC at glue',
    change: (lines) => withRrsig(lines, 'ns.sub.', 'NSEC', 'x.example.test. A RRSIG NSEC'),
    signAgain: true,
    finds: ['DNSSEC_NSEC_NEEDLESS', 'DNSSEC_SIGNATURE_NEEDLESS', 'OCCLUDED'],
  },
  {
    what: 'an NSEC at an empty non-terminal',
    change: (lines) => withRrsig(lines, 'b.c.', 'NSEC', 'a.b.c.example.test. RRSIG NSEC'),
    signAgain: true,
    finds: ['DNSSEC_NSEC_NEEDLESS', 'DNSSEC_SIGNATURE_NEEDLESS'],
  },
  {
    what: 'NSEC3PARAM without NSEC3',
    change: (lines) =>
      edit(
        withRrsig(lines, '', 'NSEC3PARAM', '1 0 0 -', 0),
        nsec(''),
        (line) => `${line} NSEC3PARAM`,
      ),
    signAgain: true,
    finds: ['DNSSEC_NSEC3_PARAMETERS'],
    ldns: 'good',
    because: LDNS_TELLS,
  },
  // --- CDS and CDNSKEY
  {
    what: 'a CDS of no key',
    change: (lines) => withCds(lines, [`1234 13 2 ${'AA'.repeat(32)}`]),
    signAgain: true,
    finds: ['DNSSEC_CDS_MISMATCH'],
    knot: 'bad',
    because: 'it is a matter of the parent: Knot wants a CDNSKEY beside each CDS',
  },
  {
    what: 'a CDS that asks to delete',
    change: (lines) => withCds(lines, ['0 0 0 00']),
    signAgain: true,
    finds: [],
    knot: 'bad',
    because: 'Knot wants a CDNSKEY beside each CDS',
  },
  {
    what: 'a CDS that asks to delete beside another',
    change: (lines) => withCds(lines, ['0 0 0 00', `1234 13 2 ${'AA'.repeat(32)}`]),
    signAgain: true,
    finds: ['DNSSEC_CDS_DELETE', 'DNSSEC_CDS_MISMATCH'],
    bind: 'good',
    ldns: 'good',
    because: 'it is named-checkzone that refuses it',
  },
];

function withCds(lines: Lines, rdata: readonly string[]): string[] {
  const [first = '', ...rest] = rdata;
  return edit(
    [
      ...withRrsig(lines, '', 'CDS', first, 3600),
      ...rest.map((one) => `example.test. 3600 IN CDS ${one}`),
    ],
    nsec(''),
    (line) => `${line} CDS`,
  );
}

// Words of an NSEC3: owner TTL IN NSEC3 hash flags iterations salt next types
const FLAGS = 5;
const SALT = 7;
const NEXT = 8;

const isNsec3 = (line: string): boolean => / IN NSEC3 /.test(line);

/** The NSEC3 whose types are these. */
const typed = (types: string) => (line: string) =>
  isNsec3(line) && line.split(' ').slice(9).join(' ') === types;

/** Takes an NSEC3 with its signature out of the chain: the one before leads to the one behind it. */
function unlink(lines: Lines, match: (line: string) => boolean): string[] {
  const gone = lines.find(match) ?? '';
  const [owner = ''] = gone.split(' ');
  const hash = owner.split('.')[0]?.toUpperCase() ?? '';
  const next = gone.split(' ')[NEXT] ?? '';
  const kept = drop(lines, (line) => line.startsWith(`${owner} `));
  return edit(
    kept,
    (line) => isNsec3(line) && line.split(' ')[NEXT] === hash,
    word(NEXT, () => next),
  );
}

/** Puts an NSEC3 with a signature into the chain behind another. */
function link(lines: Lines, former: (line: string) => boolean): string[] {
  const before = lines.find(former) ?? '';
  const hash = before.split('.')[0]?.toUpperCase() ?? '';
  // the next number is hardly that of a name
  const added = hash.slice(0, -1) + (hash.endsWith('V') ? 'U' : 'V');
  const isAfter = added > hash;
  if (!isAfter) throw new Error('not after it');
  const made = word(0, () => `${added}.example.test.`)(before);
  const rrsig =
    lines.find((line) => line.startsWith(`${before.split(' ')[0]} `) && / RRSIG /.test(line)) ?? '';
  return [
    ...edit(
      lines,
      (line) => line === before,
      word(NEXT, () => added),
    ),
    made,
    word(0, () => `${added}.example.test.`)(rrsig),
  ];
}

export const NSEC3_MUTATIONS: readonly Mutation[] = [
  { what: 'nothing, signed again', change: (lines) => [...lines], signAgain: true, finds: [] },
  {
    what: 'an NSEC3 is gone',
    change: (lines) => {
      const owner = lines.find(typed('A RRSIG'))?.split(' ')[0] ?? '';
      return drop(lines, (line) => line.startsWith(`${owner} `));
    },
    finds: ['DNSSEC_NSEC3_MISSING', 'DNSSEC_NSEC3_NEXT'],
  },
  {
    what: 'an NSEC3 is gone from a chain that is closed',
    change: (lines) => unlink(lines, typed('A RRSIG')),
    signAgain: true,
    finds: ['DNSSEC_NSEC3_MISSING'],
  },
  {
    what: 'the NSEC3 of an empty non-terminal is gone from a chain that is closed',
    change: (lines) => unlink(lines, typed('')),
    signAgain: true,
    finds: ['DNSSEC_NSEC3_MISSING'],
    ldns: 'good',
    because: LDNS_TELLS,
  },
  {
    what: 'the NSEC3 of a delegation with DS is gone from a chain that is closed',
    change: (lines) => unlink(lines, typed('NS DS RRSIG')),
    signAgain: true,
    finds: ['DNSSEC_NSEC3_MISSING'],
  },
  {
    what: 'all NSEC3 are gone',
    change: (lines) => drop(lines, (line) => / NSEC3 /.test(line)),
    finds: ['DNSSEC_DENIAL_MISSING', 'DNSSEC_NSEC3_PARAMETERS'],
  },
  {
    what: 'the next hash is another',
    change: (lines) =>
      edit(
        lines,
        typed('A RRSIG'),
        word(NEXT, (text) => `${text.slice(0, -1)}${text.endsWith('V') ? 'U' : 'V'}`),
      ),
    signAgain: true,
    finds: ['DNSSEC_NSEC3_NEXT'],
  },
  {
    what: 'an NSEC3 for no name in a chain that is closed',
    change: (lines) => link(lines, typed('TXT RRSIG')),
    signAgain: true,
    finds: ['DNSSEC_NSEC3_NEEDLESS'],
    knot: 'good',
    because: 'Knot does not look for it',
  },
  {
    what: 'a type too many',
    change: (lines) => edit(lines, typed('A RRSIG'), add('MX')),
    signAgain: true,
    finds: ['DNSSEC_NSEC3_TYPES'],
    ldns: 'good',
    because: LDNS_TELLS,
  },
  {
    what: 'a type too few',
    change: (lines) => edit(lines, typed('A RRSIG'), (line) => line.replace(' A RRSIG', ' RRSIG')),
    signAgain: true,
    finds: ['DNSSEC_NSEC3_TYPES'],
    ldns: 'good',
    because: LDNS_TELLS,
  },
  {
    what: 'a new name without anything',
    change: appended('new.example.test. 3600 IN A 192.0.2.7'),
    finds: ['DNSSEC_NSEC3_MISSING', 'DNSSEC_SIGNATURE_MISSING'],
  },
  {
    what: 'another salt in one record',
    change: (lines) =>
      edit(
        lines,
        typed('A RRSIG'),
        word(SALT, () => 'AABC'),
      ),
    signAgain: true,
    finds: ['DNSSEC_NSEC3_MISSING', 'DNSSEC_NSEC3_NEXT', 'DNSSEC_NSEC3_PARAMETERS'],
    ldns: 'good',
    because: LDNS_TELLS,
  },
  {
    what: 'another salt in NSEC3PARAM',
    change: (lines) =>
      edit(
        lines,
        (line) => is(line, '', 'NSEC3PARAM'),
        word(7, () => 'AABC'),
      ),
    signAgain: true,
    finds: ['DNSSEC_NSEC3_PARAMETERS'],
    ldns: 'good',
    because: LDNS_TELLS,
  },
  {
    what: 'no NSEC3PARAM',
    change: (lines) =>
      edit(
        drop(lines, (line) => / NSEC3PARAM /.test(line) && !isNsec3(line)),
        (line) => isNsec3(line) && line.includes('NSEC3PARAM'),
        without(' NSEC3PARAM'),
      ),
    signAgain: true,
    finds: ['DNSSEC_NSEC3_PARAMETERS'],
    ldns: 'good',
    because: LDNS_TELLS,
  },
  {
    what: 'an NSEC beside NSEC3',
    change: (lines) => withRrsig(lines, 'mail.', 'NSEC', 'ns1.example.test. A RRSIG NSEC'),
    signAgain: true,
    finds: ['DNSSEC_NSEC_NEEDLESS'],
    ldns: 'good',
    because: LDNS_TELLS,
  },
  {
    what: 'an NSEC at the apex beside NSEC3',
    change: (lines) =>
      withRrsig(lines, '', 'NSEC', 'a.b.c.example.test. NS SOA MX RRSIG NSEC DNSKEY NSEC3PARAM'),
    signAgain: true,
    finds: ['DNSSEC_DENIAL_TWICE', 'DNSSEC_NSEC_MISSING'],
  },
  {
    what: 'an NSEC3 at a name that is no hash',
    change: (lines) => {
      const rdata = lines.find(isNsec3)?.split(' ').slice(4).join(' ') ?? '';
      return withRrsig(lines, 'nohash.', 'NSEC3', rdata);
    },
    signAgain: true,
    finds: ['DNSSEC_NSEC3_NEEDLESS'],
    bind: 'good',
    because: 'BIND leaves it out of account',
  },
];

export const OPT_OUT_MUTATIONS: readonly Mutation[] = [
  { what: 'nothing, signed again', change: (lines) => [...lines], signAgain: true, finds: [] },
  {
    what: 'a new delegation without NSEC3',
    change: appended('new.example.test. 3600 IN NS ns1.example.test.'),
    finds: [],
  },
  {
    what: 'the delegations are not opted out of',
    change: (lines) =>
      edit(
        lines,
        isNsec3,
        word(FLAGS, () => '0'),
      ),
    signAgain: true,
    finds: ['DNSSEC_NSEC3_MISSING'],
  },
  {
    what: 'the NSEC3 of a name with data is gone from a chain that is closed',
    change: (lines) => unlink(lines, typed('A RRSIG')),
    signAgain: true,
    finds: ['DNSSEC_NSEC3_MISSING'],
  },
  {
    what: 'a signature of an NSEC3 is gone',
    change: (lines) => {
      const owner = lines.find(typed('A RRSIG'))?.split(' ')[0] ?? '';
      return drop(lines, (line) => line.startsWith(`${owner} `) && / RRSIG /.test(line));
    },
    finds: ['DNSSEC_SIGNATURE_MISSING'],
  },
  {
    what: 'a signature of an NSEC3 is wrong',
    change: (lines) => {
      const owner = lines.find(typed('A RRSIG'))?.split(' ')[0] ?? '';
      return edit(
        lines,
        (line) =>
          line.startsWith(`${owner} `) &&
          signatureOf('', 'NSEC3')(line.replace(owner, 'example.test.')),
        word(12, (text) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1)),
      );
    },
    finds: ['DNSSEC_SIGNATURE_BOGUS'],
  },
];

// Words of a ZONEMD: owner TTL IN ZONEMD serial scheme hash digest
const isZonemd = (line: string): boolean => is(line, '', 'ZONEMD');
const isSha384 = (line: string): boolean => isZonemd(line) && line.split(' ')[6] === '1';

const UNKNOWN = 'dnssec-verify and kzonecheck do not look at ZONEMD';
const wrong = word(7, (text) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1));

export const ZONEMD_MUTATIONS: readonly Mutation[] = [
  { what: 'nothing', change: (lines) => [...lines], finds: [] },
  {
    what: 'both digests',
    change: (lines) => edit(lines, isZonemd, wrong),
    signAgain: true,
    finds: ['ZONEMD_MISMATCH'],
    knot: 'good',
    bind: 'good',
    because: UNKNOWN,
  },
  {
    what: 'one digest of two',
    change: (lines) => edit(lines, isSha384, wrong),
    signAgain: true,
    finds: ['ZONEMD_SPARE'],
  },
  {
    what: 'the only digest',
    change: (lines) => edit(drop(lines, isSha384), isZonemd, wrong),
    signAgain: true,
    finds: ['ZONEMD_MISMATCH'],
    knot: 'good',
    bind: 'good',
    because: UNKNOWN,
  },
  {
    what: 'glue, which nothing signs',
    change: (lines) =>
      edit(
        lines,
        (line) => is(line, 'ns.sub.', 'A'),
        word(4, () => '192.0.2.66'),
      ),
    finds: ['ZONEMD_MISMATCH'],
    knot: 'good',
    bind: 'good',
    because: UNKNOWN,
  },
  {
    what: 'glue that is gone',
    change: (lines) => drop(lines, (line) => is(line, 'ns.secure.', 'A')),
    finds: ['GLUE_MISSING', 'ZONEMD_MISMATCH'],
    bind: 'good',
    because: UNKNOWN,
  },
  {
    what: 'the serial of the digests',
    change: (lines) =>
      edit(
        lines,
        isZonemd,
        word(4, () => '2026010100'),
      ),
    signAgain: true,
    finds: ['ZONEMD_SERIAL'],
    knot: 'good',
    bind: 'good',
    because: UNKNOWN,
  },
  {
    what: 'the scheme of one',
    change: (lines) =>
      edit(
        lines,
        isSha384,
        word(5, () => '240'),
      ),
    signAgain: true,
    finds: ['ZONEMD_UNSUPPORTED'],
  },
  {
    what: 'the case of a name',
    change: (lines) =>
      lines.map((line) => line.replace(/^mail\.example\.test\./, 'MAIL.Example.test.')),
    finds: [],
  },
];
