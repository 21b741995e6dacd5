/**
 * `hotzone convert` to zone files: how records of tinydns are cut into zones, what no zone holds, which files are
 * written and which are not. named-checkzone judges the zones.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ConvertOptions } from '../../src/control/convert.js';
import { zoneFileName } from '../../src/control/convert-files.js';
import { zoneOfFileName } from '../../src/load/zone-files.js';
import { runPeer } from '../support/peer-tool.js';
import { name } from '../support/zones.js';
import { convert, filesOf, folderOf, type Run } from './convert-run.js';

const SOA =
  'Zexample.com:ns.example.com:h.example.com:1:2:3:4:5:300\n&example.com::ns.other.net:300\n';
const CHILD = 'Zs.example.com:ns.s.example.com:h.example.com:1:2:3:4:5:300\n';

/** Lines of a file without what every one has. */
function records(text: string | undefined): string[] {
  return (text ?? '').split('\n').filter((line) => line !== '' && !line.startsWith('$'));
}

// --- cutting ------------------------------------------------------------------------------------------------

/** `data`, and the records of each zone but its SOA, as they are written. */
const CUTS: readonly (readonly [
  what: string,
  data: string,
  zones: Readonly<Record<string, readonly string[]>>,
])[] = [
  [
    'one zone',
    `${SOA}+www.example.com:192.0.2.1:300\n+*.example.com:192.0.2.2:60\n`,
    {
      'example.com': [
        '@      IN NS     ns.other.net.',
        '*   60 IN A      192.0.2.2',
        'www    IN A      192.0.2.1',
      ],
    },
  ],
  [
    'a zone below: NS, DS and glue above it, the rest in it',
    `${SOA}${CHILD}&s.example.com:192.0.2.1:ns.s.example.com:300\n` +
      `:s.example.com:43:\\000\\001\\010\\001aaaaaaaaaaaaaaaaaaaa:300\n` +
      `'s.example.com:text:300\n+w.s.example.com:192.0.2.3:300\n`,
    {
      'example.com': [
        '@    IN NS     ns.other.net.',
        's    IN NS     ns.s.example.com.',
        's    IN DS     1 8 1 6161616161616161616161616161616161616161',
        'ns.s IN A      192.0.2.1',
      ],
      's.example.com': [
        '@  IN NS     ns.s.example.com.',
        '@  IN TXT    "text"',
        'ns IN A      192.0.2.1',
        'w  IN A      192.0.2.3',
      ],
    },
  ],
  [
    'a server in a zone beside it, and one two zones below',
    `${SOA}${CHILD}&s.example.com::ns.t.example.com:300\n&s.example.com::ns.u.s.example.com:300\n` +
      'Zt.example.com:a:b:1:2:3:4:5:300\n&t.example.com:192.0.2.1:ns.t.example.com:300\n' +
      'Zu.s.example.com:a:b:1:2:3:4:5:300\n&u.s.example.com:192.0.2.2:ns.u.s.example.com:300\n',
    {
      'example.com': [
        '@      IN NS     ns.other.net.',
        's      IN NS     ns.t.example.com.',
        's      IN NS     ns.u.s.example.com.',
        'ns.u.s IN A      192.0.2.2',
        't      IN NS     ns.t.example.com.',
        'ns.t   IN A      192.0.2.1',
      ],
      's.example.com': [
        '@    IN NS     ns.t.example.com.',
        '@    IN NS     ns.u.s.example.com.',
        'u    IN NS     ns.u.s.example.com.',
        'ns.u IN A      192.0.2.2',
      ],
      't.example.com': ['@  IN NS     ns.t.example.com.', 'ns IN A      192.0.2.1'],
      'u.s.example.com': ['@  IN NS     ns.u.s.example.com.', 'ns IN A      192.0.2.2'],
    },
  ],
  [
    'a delegation without zone',
    `${SOA}&d.example.com:192.0.2.1:ns.d.example.com:300\n`,
    {
      'example.com': [
        '@    IN NS     ns.other.net.',
        'd    IN NS     ns.d.example.com.',
        'ns.d IN A      192.0.2.1',
      ],
    },
  ],
  [
    'several SOA of one owner: the first',
    `${SOA}Zexample.com:x:y:9:9:9:9:9:300\n`,
    { 'example.com': ['@ IN NS     ns.other.net.'] },
  ],
  [
    'the root',
    'Z:a:b:1:2:3:4:5:300\n&:192.0.2.1:ns.example:300\n',
    { root: ['@          IN NS     ns.example.', 'ns.example IN A      192.0.2.1'] },
  ],
];

for (const [what, data, zones] of CUTS) {
  test(`zones of tinydns data: ${what}`, async (t) => {
    const folder = folderOf(t, { data });
    const run = await convert(folder, { to: 'bind', output: 'zones/' });
    assert.equal(run.code, 0, run.stderr);
    const files = filesOf(join(folder, 'zones'));
    assert.deepEqual(
      Object.keys(files),
      Object.keys(zones)
        .map((zone) => `${zone}.zone`)
        .sort(),
    );
    for (const [zone, wanted] of Object.entries(zones)) {
      const [soa, ...found] = records(files[`${zone}.zone`]);
      assert.match(soa ?? '', /^@ .* SOA .* 1 2 3 4 5$/);
      assert.deepEqual(found, wanted, zone);
    }
    for (const zone of Object.keys(zones)) {
      const args = [
        '-i',
        'local',
        zone === 'root' ? '.' : zone,
        join(folder, 'zones', `${zone}.zone`),
      ];
      const peer = runPeer(t, 'named-checkzone', args);
      if (peer !== null) assert.equal(peer.status, 0, peer.stdout);
    }
  });
}

// --- what no zone holds -------------------------------------------------------------------------------------

/** A line beside a zone, and why it is refused; with `--lossy`, the record that is written, if one is. */
const REFUSED: readonly (readonly [line: string, why: string, lossy: string | null])[] = [
  ['%ab:10', 'a zone has no client locations', null],
  ['+l.example.com:192.0.2.1:300::ab', 'the record is for the clients of one location only', null],
  [
    '+l.example.com:192.0.2.1:300:4000000038af1379',
    'the record begins at a time',
    '300 A 192.0.2.1',
  ],
  ['+l.example.com:192.0.2.1:300:5000000038af1379', 'the record begins at a time', null],
  ['+l.example.com:192.0.2.1:0:5000000038af1379', 'the record ends at a time', '3600 A 192.0.2.1'],
  ['+l.example.com:192.0.2.1:0:4000000038af1379', 'the record ends at a time', null],
  ['+l.example.com:192.0.2.1:4294967295', 'the TTL 4294967295 is above 2147483647', null],
  ['Z*.example.com:a:b:1:1:1:1:1:300', 'a wildcard is no zone', null],
];

for (const [line, why, lossy] of REFUSED) {
  test(`no zone holds ${line}`, async (t) => {
    const folder = folderOf(t, { data: `${SOA}%ab:\n${line}\n`.replace('%ab:\n%', '\n%') });
    const refused = await convert(folder, { to: 'bind' });
    assert.equal(refused.code, 1);
    assert.ok(
      refused.stderr.includes(`data:4:1: error: ${why} [CONVERT_INEXPRESSIBLE]\n`),
      refused.stderr,
    );
    const run = await convert(folder, { to: 'bind', lossy: true });
    assert.equal(run.code, 0, run.stderr);
    const found = records(run.stdout).find((record) => record.startsWith('l '));
    assert.equal(
      found?.replace(/^l +(.*?)IN (\S+) +/, '$1$2 ') ?? null,
      lossy?.replace('300 ', '') ?? null,
    );
    assert.equal(run.stderr.includes(`data:4:1: warning: ${why}, left out`), lossy === null);
  });
}

test('a record in no zone is told with its place, and left out if it may', async (t) => {
  const folder = folderOf(t, { data: `${SOA}\n+a.example.org:192.0.2.1\n` });
  const refused = await convert(folder, { to: 'bind' });
  const place = 'data:4:1: error: a.example.org. is in no zone: there is no SOA at or above it';
  assert.equal(refused.stderr.split('\n')[0], `${place} [CONVERT_NO_ZONE]`);
  assert.equal((await convert(folder, { to: 'bind', lossy: true })).code, 0);
});

test('a zone is checked as it would be before it is served', async (t) => {
  const folder = folderOf(t, {
    data: `${SOA}Ca.example.com:b:300\n+a.example.com:192.0.2.1:300\n`,
  });
  const run = await convert(folder, { to: 'bind' });
  assert.match(
    run.stderr,
    /^data:4:1: error: A beside a CNAME at a\.example\.com\. \[CNAME_OTHER_DATA\]\n/,
  );
  assert.deepEqual([run.code, run.stdout], [1, '']);
});

test('a problem of a database is told with its file', async (t) => {
  const folder = folderOf(t, {
    data: `${SOA}+a.example.com:192.0.2.1\n+a.example.com:192.0.2.1\n`,
  });
  await convert(folder, { to: 'cdb', output: 'data.cdb' });
  const run = await convert(folder, { to: 'bind', inputs: ['data.cdb'] });
  const text = 'warning: the same A record as at data.cdb, left out [DUPLICATE_RECORD]';
  assert.equal(run.stderr.split('\n')[0], `data.cdb: ${text}`);
});

// --- files --------------------------------------------------------------------------------------------------

const ZONE = '$TTL 300\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nWWW A 192.0.2.2\n';
const MASTER = [
  '$ORIGIN example.com.',
  '$TTL 300',
  '@   IN SOA    ns.example.com. h.example.com. 1 2 3 4 5',
  '@   IN NS     ns.example.com.',
  'ns  IN A      192.0.2.1',
  'WWW IN A      192.0.2.2',
  '',
].join('\n');
const DATA = [
  'Zexample.com:ns.example.com:h.example.com:1:2:3:4:5:300',
  '&example.com::ns.example.com:300',
  '+ns.example.com:192.0.2.1:300',
  '+WWW.example.com:192.0.2.2:300',
  '',
].join('\n');

type Row = {
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  readonly options: Partial<ConvertOptions>;
  readonly code: number;
  readonly stdout?: string;
  readonly stderr: RegExp;
};

const ROWS: readonly Row[] = [
  {
    what: 'a master file, known by its name',
    files: { 'example.com.zone': ZONE },
    options: { inputs: ['example.com.zone'], to: 'data' },
    code: 0,
    stdout: DATA,
    stderr: /^4 records, 0 locations, 0 errors, 0 warnings\n$/,
  },
  {
    what: 'a master file, called one, and its origin',
    files: { zonefile: ZONE },
    options: { inputs: ['zonefile'], from: 'bind', to: 'bind', origin: 'example.com' },
    code: 0,
    stdout: MASTER,
    stderr: /^4 records, 1 zone, 0 errors, 0 warnings\n$/,
  },
  {
    what: 'a master file that is no data',
    files: { zonefile: ZONE },
    options: { inputs: ['zonefile'], to: 'bind' },
    code: 1,
    stderr: /^zonefile:1:1: error: no line begins with \$ \[TINYDNS_LINE\]\n/,
  },
  {
    what: 'an include',
    files: { 'example.com.zone': `${ZONE}$INCLUDE more\n`, more: 'more A 192.0.2.999\n' },
    options: { inputs: ['example.com.zone'], to: 'data' },
    code: 1,
    stderr: /^more:1:8: error: .* \[RDATA_ADDRESS\]\n4 records/,
  },
  {
    what: 'an include from elsewhere',
    files: { 'example.com.zone': `${ZONE}$INCLUDE /dev/null\n` },
    options: { inputs: ['example.com.zone'], to: 'data' },
    code: 1,
    stderr: /^example\.com\.zone:6:10: error: .* outside .* \[INCLUDE_OUTSIDE\]\n/,
  },
  {
    what: 'an origin that is none',
    files: {},
    options: { to: 'bind', origin: 'a..b' },
    code: 2,
    stderr: /^error: not a domain name: a\.\.b\n$/,
  },
  {
    what: 'an origin for two files',
    files: {},
    options: { inputs: ['a', 'b'], to: 'bind', origin: 'a' },
    code: 2,
    stderr: /^error: --origin goes with one file\n$/,
  },
  {
    what: 'two zones to standard output',
    files: { data: `${SOA}Zb:a:a\n&b::a.\n` },
    options: { to: 'bind' },
    code: 1,
    stderr: /^-: error: 2 zones: with -o FOLDER\/ each of them gets .* \[CONVERT_ZONES\]\n/m,
  },
  {
    what: 'no zone',
    files: { data: '' },
    options: { to: 'json', output: 'out/' },
    code: 1,
    stderr: /^out\/: error: there is no zone in the input \[CONVERT_ZONES\]\n/,
  },
  {
    what: 'one zone in two files',
    files: { 'example.com.zone': ZONE, 'db.example.com': ZONE },
    options: { inputs: ['example.com.zone', 'db.example.com'], to: 'bind' },
    code: 1,
    stderr:
      /^db\.example\.com: error: another input defines example\.com\., too \[ZONE_DUPLICATE\]\n/,
  },
  {
    what: 'a folder for a database',
    files: { data: SOA },
    options: { to: 'cdb', output: 'none/' },
    code: 1,
    stderr: /^error: cannot write none\/: /,
  },
];

for (const { what, files, options, code, stdout = '', stderr } of ROWS) {
  test(`convert: ${what}: exit ${code}`, async (t) => {
    const folder = folderOf(t, files);
    const run = await convert(folder, options);
    assert.match(run.stderr, stderr);
    assert.deepEqual([run.code, run.stdout], [code, stdout]);
    assert.deepEqual(readdirSync(folder).sort(), Object.keys(files).sort());
  });
}

test('keys of a database are lower case, whatever a master file has', async (t) => {
  const folder = folderOf(t, { 'example.com.zone': ZONE });
  await convert(folder, { inputs: ['example.com.zone'], to: 'cdb', output: 'data.cdb' });
  const { code, stdout } = await convert(folder, { inputs: ['data.cdb'], to: 'data' });
  assert.deepEqual([code, stdout], [0, DATA.replace('WWW', 'www')]);
});

async function twoZones(folder: string): Promise<Run> {
  writeFileSync(join(folder, 'data'), `${SOA}Zb.example:a:b:1:1:1:1:1:300\n&b.example::ns.c:300\n`);
  return await convert(folder, { to: 'bind', output: 'zones' });
}

test('a folder that is there needs no slash, and its other files stay', async (t) => {
  const folder = folderOf(t, {});
  mkdirSync(join(folder, 'zones'));
  writeFileSync(join(folder, 'zones', 'other.zone'), 'other');
  const run = await twoZones(folder);
  assert.equal(run.stderr, '4 records, 2 zones, 0 errors, 0 warnings\n');
  assert.deepEqual(readdirSync(join(folder, 'zones')).sort(), [
    'b.example.zone',
    'example.com.zone',
    'other.zone',
  ]);
});

test('if one file cannot be written, none is, and nothing is left over', async (t) => {
  const folder = folderOf(t, {});
  // the last file that is written
  mkdirSync(join(folder, 'zones', 'b.example.zone'), { recursive: true });
  const run = await twoZones(folder);
  assert.equal(run.code, 1);
  assert.match(run.stderr, /^error: cannot write zones: EISDIR.*\n.*; nothing written\n$/);
  assert.deepEqual(readdirSync(join(folder, 'zones')), ['b.example.zone']);
});

/** Apex, and the file's name before `.zone`. */
const NAMES: readonly (readonly [apex: string, file: string])[] = [
  ['.', 'root'],
  ['com', 'com'],
  ['Example.COM', 'example.com'],
  ['2.0.192.in-addr.arpa', '2.0.192.in-addr.arpa'],
  ['192.0.2', '192.0.2'],
  ['a.zone', 'a.zone'],
  ['a.db', 'a.db'],
  ['db.com', 'db.com'],
  ['db.example.com', 'db%2eexample%2ecom'],
  ['0/25.2.0.192.in-addr.arpa', '0%2f25%2e2%2e0%2e192%2ein-addr%2earpa'],
  ['a\\.b.example', 'a\\%2eb%2eexample'],
  ['\\.\\./\\.\\./x.example', '\\%2e\\%2e%2f\\%2e\\%2e%2fx%2eexample'],
  ['\\000.example', '\\000%2eexample'],
];

test('a file is called after its zone, so that the server finds the zone', () => {
  for (const [apex, file] of NAMES) {
    const found = zoneFileName(name(apex), '.zone');
    assert.equal(found, `${file}.zone`);
    const { origin, certain } = zoneOfFileName(found);
    const same =
      Buffer.from(origin).toString('latin1') ===
      Buffer.from(name(apex.toLowerCase())).toString('latin1');
    assert.ok(!certain || same, found);
  }
});
