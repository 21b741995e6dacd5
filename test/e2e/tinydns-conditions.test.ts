/**
 * Locations and times of tinydns data: beside Debian's tinydns-get while the clock goes on, and by table where that
 * has nothing to say: IPv6, and prefixes that are not whole octets.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressOctets } from '../../src/transport/address-octets.js';
import { buildQuery } from '../peers/message.js';
import type { TinydnsQuestion } from '../peers/tinydns-get.js';
import { ServedData } from '../support/served-data.js';
import { temporaryDirectory } from './test-server.js';
import { isAlike, replyOf, settled } from './tinydns-differences.js';
import {
  type BothReplies,
  question,
  questionText,
  requireTinydns,
  TinydnsPair,
} from './tinydns-pair.js';

/** TAI64 label of a Unix second as djb's programs count. */
function label(second: number): string {
  return `4${(second + 10).toString(16).padStart(15, '0')}`;
}

function checkAlike(pair: TinydnsPair, replies: readonly BothReplies[]): void {
  for (const both of replies) {
    const left = settled(both, pair.data);
    const where = `${questionText(both.question)} at ${both.second}`;
    assert.ok(isAlike(left), `${where}: ${JSON.stringify(left)}`);
  }
}

// --- times ------------------------------------------------------------------------------------------------------

const SPAN_SECONDS = 2;
const LOOK_MS = 200;

test('records that begin and end within two seconds of now are there when tinydns has them', async (t) => {
  if (!requireTinydns(t)) return;
  // room for the load, which comes before the first question
  const now = Math.floor(Date.now() / 1000) + 1;
  const lines = ['.e:10.0.0.1:a:60'];
  const names: string[] = [];
  for (let offset = -SPAN_SECONDS; offset <= SPAN_SECONDS; offset++) {
    const time = label(now + offset);
    const id = offset + SPAN_SECONDS;
    lines.push(`+begin${id}.e:10.1.0.${id}:60:${time}`, `+end${id}.e:10.2.0.${id}:0:${time}`);
    lines.push(`'turn${id}.e:before:0:${time}`, `'turn${id}.e:after:60:${time}`);
    lines.push(`+*.wild${id}.e:10.3.0.${id}:0:${time}`, `&cut${id}.e:10.4.0.${id}:a:60:${time}`);
    lines.push(`.zone${id}.e:10.5.0.${id}:a:60:${time}`, `+w.zone${id}.e:10.6.0.${id}:60`);
    lines.push(`.only${id}:10.7.0.${id}:a:0:${time}`);
    names.push(`begin${id}.e A`, `end${id}.e A`, `turn${id}.e TXT`, `x.wild${id}.e A`);
    names.push(`x.cut${id}.e A`, `w.zone${id}.e A`, `x.zone${id}.e A`, `only${id} NS`);
  }
  const pair = new TinydnsPair(t, lines.map((line) => `${line}\n`).join(''));
  const seen = new Map<string, { since: number; states: Set<string> }>();
  for (let second = 0; second <= now + SPAN_SECONDS; await sleep(LOOK_MS)) {
    const replies = pair.ask(names.map(question));
    checkAlike(pair, replies);
    for (const [i, { theirs, second: since }] of replies.entries()) {
      const row = seen.get(names[i] ?? '') ?? { since, states: new Set() };
      row.states.add(JSON.stringify(replyOf(theirs)?.answer));
      seen.set(names[i] ?? '', row);
    }
    second = Math.min(...replies.map((reply) => reply.second));
  }
  // unless the machine was too slow, the last ones have all changed while we looked
  for (const kind of ['begin', 'end', 'turn']) {
    const name = `${kind}${2 * SPAN_SECONDS}.e ${kind === 'turn' ? 'TXT' : 'A'}`;
    const { since = 0, states } = seen.get(name) ?? {};
    const hasChanged = (states?.size ?? 0) > 1;
    assert.equal(hasChanged, since <= now + SPAN_SECONDS, `${name}, since ${since}`);
  }
});

// --- locations --------------------------------------------------------------------------------------------------

const PREFIXES = [
  '',
  '10',
  '10.0',
  '10.0.0',
  '10.0.0.0',
  '10.255',
  '11.1',
  '128',
  '192.168.1',
  '255.255.255.255',
];
const EDGES = [
  '0.0.0.0',
  '9.255.255.255',
  '10.0.0.0',
  '10.0.0.1',
  '10.0.0.255',
  '10.0.1.0',
  '10.1.0.0',
  '10.254.255.255',
  '10.255.0.0',
  '10.255.255.255',
  '11.0.0.0',
  '11.0.255.255',
  '11.1.0.0',
  '11.1.255.255',
  '11.2.0.0',
  '127.255.255.255',
  '128.0.0.0',
  '128.255.255.255',
  '129.0.0.0',
  '192.168.0.255',
  '192.168.1.0',
  '192.168.1.255',
  '192.168.2.0',
  '255.255.255.254',
  '255.255.255.255',
];

for (const prefixes of [PREFIXES, PREFIXES.slice(1)]) {
  test(`clients at the edges of IPv4 prefixes, ${prefixes.length} of them`, (t) => {
    if (!requireTinydns(t)) return;
    const lines = [
      '.e:10.0.0.1:a',
      "'w.e:for everybody",
      ...prefixes.map((prefix, i) => `%l${i}:${prefix}`),
    ];
    // the first of its like counts
    lines.push(
      '%xx:10.0',
      ...prefixes.map((_, i) => `'w.e:for l${i}:60::l${i}`),
      "'w.e:never:60::xx",
    );
    const pair = new TinydnsPair(t, lines.map((line) => `${line}\n`).join(''));
    const questions = EDGES.map((client) => question(`w.e TXT ${client}`));
    const replies = pair.ask([...questions, question('w.e TXT')]);
    for (const { ours, theirs, question: asked } of replies)
      assert.deepEqual(ours?.answer, theirs?.answer, questionText(asked));
    assert.ok(
      new Set(replies.map(({ theirs }) => theirs?.answer.join())).size >= prefixes.length - 1,
    );
  });
}

test('zones for the clients of a location only, within others and alone', (t) => {
  if (!requireTinydns(t)) return;
  const data = `%in:10
%ex:192
.e:10.0.0.1:a:60
+w.e:10.0.0.2
.in.e:10.0.0.3:a:60::in
.both.e:10.0.0.4:a:60::in
.both.e:10.0.0.5:b:60::ex
.servers.e:10.0.0.6:a:60::in
&servers.e:10.0.0.7:c:60
.low.in.e:10.0.0.8:a:60
.alone:10.0.0.9:a:60::in
.alone:10.0.0.10:b:60::ex
.later:10.0.0.11:a:60:4000000038af1379:in
${['in.e', 'both.e', 'servers.e', 'low.in.e', 'alone', 'later']
  .map((zone, i) => `+w.${zone}:10.1.0.${i}\n+*.${zone}:10.2.0.${i}:60::ex\n'l.${zone}:in:60::in\n`)
  .join('')}`;
  const pair = new TinydnsPair(t, data);
  const questions: TinydnsQuestion[] = [];
  for (const zone of ['e', 'in.e', 'both.e', 'servers.e', 'low.in.e', 'alone', 'later']) {
    for (const name of [zone, `w.${zone}`, `l.${zone}`, `x.${zone}`, `a.ns.${zone}`]) {
      for (const type of ['A', 'TXT', 'NS', 'SOA', 'ANY']) {
        for (const client of ['', '10.9.9.9', '192.9.9.9', '8.8.8.8'])
          questions.push(question(`${name} ${type} ${client}`.trim()));
      }
    }
  }
  const replies = pair.ask(questions);
  assert.equal(replies.length, questions.length);
  checkAlike(pair, replies);
});

const WIDE_LINES = `%v4:10.0.0.0/9
%hi:10.128.0.0/9
%ho:10.128.0.1/32
%v6:2001:db8::/32
%si:2001:db8:1::/48
%no:2001:db8:1:8000::/49
%on:2001:db8:1:8000::1/128
%ma:::ffff:192.0.2.0/120
`;
const WIDE_ROWS: readonly (readonly [client: string, location: string])[] = [
  ['10.0.0.0', 'v4'],
  ['10.127.255.255', 'v4'],
  ['10.128.0.0', 'hi'],
  ['10.128.0.1', 'ho'],
  ['10.128.0.2', 'hi'],
  ['11.0.0.0', 'none'],
  ['2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', 'none'],
  ['2001:db8::', 'v6'],
  ['2001:db8:1::', 'si'],
  ['2001:db8:1:7fff:ffff:ffff:ffff:ffff', 'si'],
  ['2001:db8:1:8000::', 'no'],
  ['2001:db8:1:8000::1', 'on'],
  ['2001:db8:1:8000::2', 'no'],
  ['2001:db8:2::', 'v6'],
  ['2001:db9::', 'none'],
  ['::ffff:10.128.0.1', 'ho'],
  ['::ffff:192.0.2.9', 'ma'],
  ['192.0.2.9', 'ma'],
  ['192.0.3.0', 'none'],
];

test('clients of IPv6 prefixes and of prefixes in bits', (t) => {
  const path = join(temporaryDirectory(t), 'data');
  const locations = [...new Set(WIDE_ROWS.map(([, location]) => location))].filter(
    (each) => each !== 'none',
  );
  const records = locations.map((location) => `'w.e:${location}:60::${location}\n`);
  writeFileSync(path, `.e:10.0.0.1:a\n${WIDE_LINES}${records.join('')}`);
  const rules = {
    dialect: 'all',
    taiAdjust: 10,
    locations: true,
    ignoreBroken: false,
    strict: false,
    asTinydns: true,
  } as const;
  const served = new ServedData(path, rules, 1_700_000_000);
  const query = buildQuery({ name: 'w.e', type: 'TXT' });
  for (const [client, location] of WIDE_ROWS) {
    const reply = served.ask(query, addressOctets(client), 1_700_000_000);
    const [record] = reply?.answer ?? [];
    const text = Buffer.from(record?.split(' ')[4] ?? '', 'hex').toString('latin1', 1);
    assert.equal(text === '' ? 'none' : text, location, client);
  }
});
