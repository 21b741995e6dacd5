/**
 * Answers by RFC and section, as rows of question and reply. What other servers say is in peers-differential.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHAIN_STEPS_MAX } from '../../src/base/limits.js';
import { Engine } from '../../src/engine/process.js';
import { buildQuery, decodeMessage } from '../peers/message.js';
import { CLIENT, compileText, name, tableOf } from '../support/zones.js';
import { checkRows, OPTIONS, Subject } from './answers.js';

const HEAD = '$TTL 60\n@ 900 SOA ns h 1 7200 900 1209600 300\n@ NS ns\nns A 192.0.2.1\n';
const SOA = 'authority @ 300 SOA ns';

function zone(text: string, origin = 'example'): Subject {
  return new Subject([{ origin, text: HEAD + text }]);
}

test('answers come from the zone, errors name its SOA: RFC 1034 §4.3.2, RFC 2308 §3', () => {
  checkRows(zone('www A 192.0.2.2\nwww A 192.0.2.3\na.ent TXT "x"\n'), [
    ['www A', 'NOERROR aa', 'answer www 60 A 192.0.2.2', 'answer www 60 A 192.0.2.3'],
    ['WWW.Example. A', 'NOERROR aa', 'answer www 60 A 192.0.2.2', 'answer www 60 A 192.0.2.3'],
    ['www MX', 'NOERROR aa', SOA],
    ['wwww A', 'NXDOMAIN aa', SOA],
    ['x.www A', 'NXDOMAIN aa', SOA],
    ['@ SOA', 'NOERROR aa', 'answer @ 900 SOA ns'],
    ['@ NS', 'NOERROR aa', 'answer @ 60 NS ns', 'additional ns 60 A 192.0.2.1'],
    ['@ DS', 'NOERROR aa', SOA],
    ['other. A', 'REFUSED'],
    ['. NS', 'REFUSED'],
  ]);
});

test('empty non-terminals exist: RFC 4592 §2.2.2, RFC 8020 §2', () => {
  checkRows(zone('a.b.c TXT "leaf"\n'), [
    ['c A', 'NOERROR aa', SOA],
    ['b.c A', 'NOERROR aa', SOA],
    ['a.b.c A', 'NOERROR aa', SOA],
    ['x.c A', 'NXDOMAIN aa', SOA],
    ['x.b.c TXT', 'NXDOMAIN aa', SOA],
  ]);
});

test('the wildcards of RFC 4592 §2.2.1', () => {
  const text = `
* 3600 TXT "this is a wildcard"
* 3600 MX 10 host1
sub.* 3600 TXT "this is not a wildcard"
host1 3600 A 192.0.2.1
_ssh._tcp.host1 3600 SRV 0 0 22 host1
_ssh._tcp.host2 3600 SRV 0 0 22 host2
subdel 3600 NS ns.example.com.
subdel 3600 NS ns.example.net.
`;
  const host1 = 'additional host1 3600 A 192.0.2.1';
  const referral = [
    'authority subdel 3600 NS ns.example.com.',
    'authority subdel 3600 NS ns.example.net.',
  ];
  checkRows(zone(text), [
    ['host3 MX', 'NOERROR aa', 'answer host3 3600 MX 10 host1', host1],
    ['host3 A', 'NOERROR aa', SOA],
    ['foo.bar TXT', 'NOERROR aa', 'answer foo.bar 3600 TXT "this is a wildcard"'],
    ['host1 MX', 'NOERROR aa', SOA],
    ['sub.* MX', 'NOERROR aa', SOA],
    ['_telnet._tcp.host1 SRV', 'NXDOMAIN aa', SOA],
    ['host.subdel A', 'NOERROR', ...referral],
    ['ghost.* MX', 'NXDOMAIN aa', SOA],
    ['* TXT', 'NOERROR aa', 'answer * 3600 TXT "this is a wildcard"'],
    ['*.* TXT', 'NXDOMAIN aa', SOA],
    ['_tcp.host1 TXT', 'NOERROR aa', SOA],
    ['host2 TXT', 'NOERROR aa', SOA],
    ['*.host3 MX', 'NOERROR aa', 'answer *.host3 3600 MX 10 host1', host1],
  ]);
});

test('wildcards with CNAME, below cuts, and as empty non-terminals: RFC 4592 §4.4, §2.2.3', () => {
  const text = `
*.c CNAME host
host A 192.0.2.2
cut NS ns
*.cut A 192.0.2.3
x.*.e TXT "x"
*.l CNAME same.l
`;
  checkRows(zone(text), [
    ['a.c A', 'NOERROR aa', 'answer a.c 60 CNAME host', 'answer host 60 A 192.0.2.2'],
    ['a.c MX', 'NOERROR aa', 'answer a.c 60 CNAME host', SOA],
    ['a.c CNAME', 'NOERROR aa', 'answer a.c 60 CNAME host'],
    ['b.cut A', 'NOERROR', 'authority cut 60 NS ns', 'additional ns 60 A 192.0.2.1'],
    ['y.e A', 'NOERROR aa', SOA],
    ['y.x.e A', 'NOERROR aa', SOA],
    ['a.l A', 'NOERROR aa', 'answer a.l 60 CNAME same.l', 'answer same.l 60 CNAME same.l'],
  ]);
});

test('chains of CNAME: RFC 1034 §3.6.2, RFC 6604 §3', () => {
  const text = `
a CNAME b
b CNAME c
c A 192.0.2.2
miss CNAME nope
out CNAME www.elsewhere.
self CNAME self
one CNAME two
two CNAME one
tocut CNAME x.cut
cut NS ns.cut
ns.cut A 192.0.2.3
`;
  checkRows(zone(text), [
    ['b A', 'NOERROR aa', 'answer b 60 CNAME c', 'answer c 60 A 192.0.2.2'],
    ['b CNAME', 'NOERROR aa', 'answer b 60 CNAME c'],
    ['b ANY', 'NOERROR aa', 'answer b 60 CNAME c'],
    ['b RRSIG', 'NOERROR aa', SOA],
    ['b AAAA', 'NOERROR aa', 'answer b 60 CNAME c', SOA],
    ['miss A', 'NXDOMAIN aa', 'answer miss 60 CNAME nope', SOA],
    ['out A', 'NOERROR aa', 'answer out 60 CNAME www.elsewhere.'],
    ['self A', 'NOERROR aa', 'answer self 60 CNAME self'],
    ['one A', 'NOERROR aa', 'answer one 60 CNAME two', 'answer two 60 CNAME one'],
    [
      'tocut A',
      'NOERROR aa',
      'answer tocut 60 CNAME x.cut',
      'authority cut 60 NS ns.cut',
      'additional ns.cut 60 A 192.0.2.3',
    ],
  ]);
});

test('a chain ends after CHAIN_STEPS_MAX aliases', () => {
  const links = (count: number): string =>
    Array.from({ length: count }, (_, i) => `c${i} CNAME c${i + 1}\n`).join('');
  const short = zone(`${links(CHAIN_STEPS_MAX - 1)}c${CHAIN_STEPS_MAX - 1} A 192.0.2.2\n`);
  assert.equal(short.ask('c0 A').answer.length, CHAIN_STEPS_MAX);
  const long = zone(`${links(CHAIN_STEPS_MAX + 9)}c${CHAIN_STEPS_MAX + 9} A 192.0.2.2\n`);
  const { rcode, answer } = long.ask('c0 A', { size: 1232 });
  assert.deepEqual([rcode, answer.length], [0, CHAIN_STEPS_MAX]);
});

test('a chain goes on in other zones that are served: RFC 1034 §4.3.2', () => {
  const subject = new Subject([
    {
      origin: 'example',
      text: `${HEAD}a CNAME www.other.\nb CNAME nope.other.\nc CNAME x.d.other.\n`,
    },
    { origin: 'other', text: `${HEAD}www CNAME ns.example.\nd NS ns.d\nns.d A 192.0.2.9\n` },
  ]);
  checkRows(subject, [
    [
      'a A',
      'NOERROR aa',
      'answer a 60 CNAME www.other.',
      'answer ns 60 A 192.0.2.1',
      'answer www.other. 60 CNAME ns',
    ],
    ['b A', 'NXDOMAIN aa', 'answer b 60 CNAME nope.other.', 'authority other. 300 SOA ns.other.'],
    [
      'c A',
      'NOERROR aa',
      'answer c 60 CNAME x.d.other.',
      'authority d.other. 60 NS ns.d.other.',
      'additional ns.d.other. 60 A 192.0.2.9',
    ],
  ]);
});

test('DNAME: RFC 6672 §2.3, §2.4, §3.1', () => {
  const text = `
d DNAME t
d TXT "own"
x.t A 192.0.2.2
loop DNAME loop
two DNAME d
`;
  const dname = 'answer d 60 DNAME t';
  checkRows(zone(text), [
    ['d DNAME', 'NOERROR aa', dname],
    ['d TXT', 'NOERROR aa', 'answer d 60 TXT "own"'],
    ['d A', 'NOERROR aa', SOA],
    ['x.d A', 'NOERROR aa', dname, 'answer x.d 60 CNAME x.t', 'answer x.t 60 A 192.0.2.2'],
    ['x.d CNAME', 'NOERROR aa', dname, 'answer x.d 60 CNAME x.t'],
    ['y.d A', 'NXDOMAIN aa', dname, 'answer y.d 60 CNAME y.t', SOA],
    ['x.d DNAME', 'NOERROR aa', dname, 'answer x.d 60 CNAME x.t', SOA],
    ['x.loop A', 'NOERROR aa', 'answer loop 60 DNAME loop', 'answer x.loop 60 CNAME x.loop'],
    [
      'x.two A',
      'NOERROR aa',
      dname,
      'answer two 60 DNAME d',
      'answer x.d 60 CNAME x.t',
      'answer x.t 60 A 192.0.2.2',
      'answer x.two 60 CNAME x.d',
    ],
  ]);
});

test('a DNAME at the apex leaves the apex alone: RFC 6672 §2.3', () => {
  const head = '$TTL 60\n@ 900 SOA ns.else. h 1 7200 900 1209600 300\n@ NS ns.else.\n';
  const text = `${head}@ DNAME elsewhere.\n@ TXT "own"\n`;
  checkRows(new Subject([{ origin: 'example', text }]), [
    ['@ TXT', 'NOERROR aa', 'answer @ 60 TXT "own"'],
    ['@ MX', 'NOERROR aa', 'authority @ 300 SOA ns.else.'],
    ['x A', 'NOERROR aa', 'answer @ 60 DNAME elsewhere.', 'answer x 60 CNAME x.elsewhere.'],
  ]);
});

test('a name that a DNAME makes too long is YXDOMAIN: RFC 6672 §2.2', () => {
  const target = Array.from({ length: 3 }, () => 'l'.repeat(63)).join('.');
  const subject = zone(`d DNAME ${target}\n`);
  // 3 * 64 + `example.` 8 + root 1 leaves 54 octets before the target.
  const fits = subject.ask(`${'x'.repeat(53)}.d A`, { size: 1232 });
  assert.equal(fits.rcode, 3);
  const over = subject.lines(`${'x'.repeat(54)}.d TXT`);
  assert.equal(over[0], 'YXDOMAIN aa');
  assert.equal(over.length, 2);
});

test('referrals: RFC 1034 §4.3.2 step 3b, RFC 9471 §2', () => {
  const text = `
in NS ns.in
ns.in A 192.0.2.2
out NS ns.elsewhere.
sib NS ns.in
top NS ns.top
ns.top A 192.0.2.3
low.top NS ns.low.top
ns.low.top A 192.0.2.4
`;
  const top = ['NOERROR', 'authority top 60 NS ns.top', 'additional ns.top 60 A 192.0.2.3'];
  checkRows(zone(text), [
    ['in NS', 'NOERROR', 'authority in 60 NS ns.in', 'additional ns.in 60 A 192.0.2.2'],
    ['ns.in A', 'NOERROR', 'authority in 60 NS ns.in', 'additional ns.in 60 A 192.0.2.2'],
    ['a.b.out ANY', 'NOERROR', 'authority out 60 NS ns.elsewhere.'],
    ['sib A', 'NOERROR', 'authority sib 60 NS ns.in', 'additional ns.in 60 A 192.0.2.2'],
    ['x.low.top A', ...top],
    ['ns.low.top A', ...top],
    ['in DS', 'NOERROR aa', SOA],
    ['x.in DS', 'NOERROR', 'authority in 60 NS ns.in', 'additional ns.in 60 A 192.0.2.2'],
  ]);
});

test('the parent answers for DS, the child for all else: RFC 4035 §3.1.4.1', () => {
  const ds = 'DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000';
  const parent = {
    origin: 'example',
    text: `${HEAD}child NS ns.child\nchild ${ds}\nns.child A 192.0.2.2\n`,
  };
  const child = { origin: 'child.example', text: HEAD };
  const grandchild = { origin: 'g.far.example', text: HEAD };
  const far = { ...parent, text: `${parent.text}far NS ns\n` };
  const both = new Subject([far, child, grandchild]);
  assert.deepEqual(both.ask('child DS').answer.length, 1);
  assert.deepEqual(both.lines('child NS')[0], 'NOERROR aa');
  assert.deepEqual(both.lines('ns.child A'), ['NOERROR aa', 'answer ns.child 60 A 192.0.2.1']);
  assert.deepEqual(both.lines('g.far DS'), ['NOERROR aa', 'authority g.far 300 SOA ns.g.far']);
  const alone = new Subject([child]);
  assert.deepEqual(alone.lines('@ DS'), ['NOERROR aa', 'authority @ 300 SOA ns']);
});

test('ANY is one RRset unless all are wanted: RFC 8482 §4.1', () => {
  const text = `${HEAD}www A 192.0.2.2\nwww TXT "x"\nwww MX 1 ns\nent.x A 192.0.2.3\n`;
  const zones = [{ origin: 'example', text }];
  checkRows(new Subject(zones), [
    ['www ANY', 'NOERROR aa', 'answer www 60 A 192.0.2.2'],
    ['x ANY', 'NOERROR aa', SOA],
    ['nope ANY', 'NXDOMAIN aa', SOA],
  ]);
  const all = ['answer www 60 A 192.0.2.2', 'answer www 60 MX 1 ns', 'answer www 60 TXT "x"'];
  checkRows(new Subject(zones, { anyFull: true }), [
    ['www ANY', 'NOERROR aa', ...all, 'additional ns 60 A 192.0.2.1'],
  ]);
});

test('additional addresses, none twice: RFC 1034 §4.3.2 step 6, RFC 2782', () => {
  const text = `
mail A 192.0.2.2
mail MX 5 mail
two MX 1 mail
two MX 2 MAIL
_s._tcp SRV 0 0 1 mail
none MX 0 .
alias CNAME mail
toalias MX 1 alias
`;
  checkRows(zone(text), [
    ['mail MX', 'NOERROR aa', 'answer mail 60 MX 5 mail', 'additional mail 60 A 192.0.2.2'],
    [
      'two MX',
      'NOERROR aa',
      'answer two 60 MX 1 mail',
      'answer two 60 MX 2 mail',
      'additional mail 60 A 192.0.2.2',
    ],
    [
      '_s._tcp SRV',
      'NOERROR aa',
      'answer _s._tcp 60 SRV 0 0 1 mail',
      'additional mail 60 A 192.0.2.2',
    ],
    ['none MX', 'NOERROR aa', 'answer none 60 MX 0 .'],
    ['toalias MX', 'NOERROR aa', 'answer toalias 60 MX 1 alias'],
  ]);
});

test('minimal-responses: yes, no-auth, no', () => {
  const zones = [
    { origin: 'example', text: `${HEAD}a MX 1 m\nm A 192.0.2.2\nout CNAME x.elsewhere.\n` },
  ];
  const mx = ['NOERROR aa', 'answer a 60 MX 1 m'];
  const ns = 'authority @ 60 NS ns';
  const more = ['additional m 60 A 192.0.2.2', 'additional ns 60 A 192.0.2.1'] as const;
  checkRows(new Subject(zones, { minimalResponses: 'yes' }), [['a MX', ...mx]]);
  checkRows(new Subject(zones), [['a MX', ...mx, more[0]]]);
  checkRows(new Subject(zones, { minimalResponses: 'no' }), [
    ['a MX', ...mx, ns, ...more],
    ['ns A', 'NOERROR aa', 'answer ns 60 A 192.0.2.1', ns],
    ['@ NS', 'NOERROR aa', 'answer @ 60 NS ns', 'additional ns 60 A 192.0.2.1'],
    ['out A', 'NOERROR aa', 'answer out 60 CNAME x.elsewhere.'],
    ['nope A', 'NXDOMAIN aa', SOA],
  ]);
});

test('a zone that has never loaded is SERVFAIL with EDE 14, one not ours REFUSED with EDE 20', () => {
  const table = tableOf([
    [name('example'), compileText('example', HEAD)],
    [name('dark'), null],
  ]);
  const engine = new Engine(table, OPTIONS);
  const response = new Uint8Array(65535);
  const ask = (text: string, edns: boolean) => {
    const query = buildQuery({ name: text, type: 'A', ...(edns ? { edns: {} } : {}) });
    const length = engine.processQuery(query, query.length, response, false, CLIENT);
    return decodeMessage(response.subarray(0, length));
  };
  const dark = ask('www.dark', true);
  assert.deepEqual([dark.rcode, dark.flags, dark.ede], [2, ['qr'], [{ code: 14, text: '' }]]);
  const foreign = ask('www.foreign', true);
  assert.deepEqual(
    [foreign.rcode, foreign.flags, foreign.ede],
    [5, ['qr'], [{ code: 20, text: '' }]],
  );
  assert.equal(ask('www.dark', false).edns, null);
  assert.equal(ask('ns.example', true).ede.length, 0);
});

test('the root zone: its SOA is owned by one octet, everything is in it', () => {
  const subject = new Subject([
    { origin: '.', text: `${HEAD}com NS ns.com\nns.com A 192.0.2.2\n` },
  ]);
  const message = subject.ask('nope. A');
  assert.equal(message.rcode, 3);
  assert.match(message.authority[0] ?? '', /^\. 300 IN SOA /);
  assert.equal(subject.ask('x.com. A').authority.length, 1);
  assert.equal(subject.ask('. NS').answer.length, 1);
  assert.equal(subject.ask('. DS').rcode, 0);
});

test('an RRset begins with another record from query to query, and has each once', () => {
  const zones = [
    {
      origin: 'example',
      text: `${HEAD}a 60 A 192.0.2.1\na 60 A 192.0.2.2\na 60 A 192.0.2.3\nm 60 MX 1 x.\nm 60 MX 2 y.\n`,
    },
  ];
  const turning = new Subject(zones, { roundRobin: true });
  const standing = new Subject(zones);
  for (const [question, count] of [
    ['a A', 3],
    ['m MX', 2],
  ] as const) {
    const replies = new Set<string>();
    for (let i = 0; i < 2 * count; i++) {
      assert.equal(new Set(turning.ask(question).answer).size, count);
      replies.add(turning.octets());
    }
    assert.equal(replies.size, count, question);
    standing.ask(question);
    const before = standing.octets();
    standing.ask(question);
    assert.equal(standing.octets(), before);
  }
});
