/**
 * Rollovers under a moving clock: at no moment can a resolver with whatever it may have cached fail to validate; and
 * those that are done too fast are found. RFC 6781 §4.1, RFC 7583 §3.2.1, §3.3.2.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { dsSeen, keysOf, startRollover } from '../../src/control/key-actions.js';
import { setKeyTimes } from '../../src/dnssec/key-folder.js';
import { stateOf } from '../../src/dnssec/key-times.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { TIGHT_POLICY, World } from './rollover-world.js';
import { makeKey } from './signed-zones.js';

const START = Math.floor(Date.UTC(2027, 0, 1) / 1000);
const HOUR = 3600;
const DAY = 24 * HOUR;
const IN_USE = { Created: START - DAY, Publish: START - DAY, Activate: START - DAY };
const KNOWN = { ...IN_USE, SyncPublish: START - DAY, DSPublish: START - DAY };

function world(t: TestContext, roles: readonly ('ksk' | 'zsk')[], policy = TIGHT_POLICY): World {
  const folder = temporaryDirectory(t);
  for (const role of roles) makeKey(folder, role, role === 'ksk' ? KNOWN : IN_USE);
  return new World(folder, START, policy);
}

function begin(of: World, role: 'csk' | 'ksk' | 'zsk'): readonly [from: number, to: number] {
  const { tags } = startRollover(of.context, role, null, of.now);
  of.changed();
  const [from, to] = tags;
  assert.ok(from !== undefined && to !== undefined);
  return [from, to];
}

/** The operator looks at the parent now and then, and says what is there. */
function watchParent(of: World, tag: number): () => void {
  let isSaid = false;
  return () => {
    if (isSaid || !of.parentTags.includes(tag)) return;
    isSaid = true;
    dsSeen(of.context, tag, of.now, of.now);
    of.changed();
  };
}

function states({ context, now }: World): string[] {
  return keysOf(context)
    .map(({ tag, times }) => `${tag} ${stateOf(times, now)}`)
    .sort();
}

test('RFC 7583 §3.2.1: a ZSK rollover by pre-publication is valid at each moment', (t) => {
  const of = world(t, ['ksk', 'zsk']);
  of.pass(DAY);
  const [from, to] = begin(of, 'zsk');
  of.pass(4 * DAY);
  assert.deepEqual(of.phases, ['none', 'publishing', 'retiring', 'none']);
  assert.deepEqual(of.faults(t) ?? [], []);
  assert.ok(states(of).includes(`${from} removed`) && states(of).includes(`${to} active`));
});

test('RFC 7583 §3.3.2: a KSK rollover by double DS is valid at each moment', (t) => {
  const of = world(t, ['ksk', 'zsk']);
  of.pass(DAY);
  const [from, to] = begin(of, 'ksk');
  of.pass(3 * DAY, watchParent(of, to));
  assert.deepEqual(of.phases, ['none', 'wants-ds', 'spreading-ds', 'retiring', 'none']);
  assert.deepEqual(of.parentTags, [to]);
  assert.deepEqual(of.faults(t) ?? [], []);
  assert.ok(states(of).includes(`${from} removed`) && states(of).includes(`${to} active`));
});

test('RFC 6781 §4.1.3: a CSK rollover is valid at each moment', (t) => {
  const of = world(t, ['ksk']);
  of.pass(DAY);
  const [from, to] = begin(of, 'csk');
  of.pass(5 * DAY, watchParent(of, to));
  assert.deepEqual(of.phases, [
    'none',
    'publishing',
    'wants-ds',
    'spreading-ds',
    'retiring',
    'drops-ds',
    'none',
  ]);
  assert.deepEqual(of.parentTags, [to]);
  assert.deepEqual(of.faults(t) ?? [], []);
  assert.deepEqual(states(of), [`${from} removed`, `${to} active`].sort());
});

test('a KSK rollover waits for the operator for as long as it takes', (t) => {
  const of = world(t, ['ksk', 'zsk']);
  const [from] = begin(of, 'ksk');
  of.pass(10 * DAY);
  assert.deepEqual(of.phases, ['none', 'wants-ds']);
  assert.ok(states(of).includes(`${from} active`));
  assert.deepEqual(of.faults(t) ?? [], []);
});

test('a KSK and a ZSK rollover at the same time are valid at each moment', (t) => {
  const of = world(t, ['ksk', 'zsk']);
  of.pass(DAY);
  const [, to] = begin(of, 'ksk');
  begin(of, 'zsk');
  of.pass(4 * DAY, watchParent(of, to));
  assert.deepEqual(of.faults(t) ?? [], []);
  assert.deepEqual(of.parentTags, [to]);
});

/** What is too fast, and what a resolver says of it. */
const TOO_FAST: readonly (readonly [what: string, run: (of: World) => void])[] = [
  [
    'a new ZSK signs before caches have it',
    (of) => {
      const [, to] = begin(of, 'zsk');
      hurry(of, to, 'Activate', of.now + HOUR - 600);
      const [from] = keysOf(of.context).filter((key) => !key.isSep && key.tag !== to);
      hurry(of, from?.tag ?? 0, 'Inactive', of.now + HOUR - 600);
      hurry(of, from?.tag ?? 0, 'Delete', of.now + HOUR);
    },
  ],
  [
    'an old ZSK leaves before its signatures',
    (of) => {
      const [from] = begin(of, 'zsk');
      hurry(of, from, 'Delete', of.now + 2 * HOUR);
    },
  ],
  [
    'the operator sees a DS that is not there',
    (of) => {
      const [, to] = begin(of, 'ksk');
      dsSeen(of.context, to, of.now - 2 * HOUR, of.now);
    },
  ],
];

function hurry(
  of: World,
  tag: number,
  field: 'Activate' | 'Inactive' | 'Delete',
  at: number,
): void {
  const key = keysOf(of.context).find((one) => one.tag === tag);
  assert.ok(key !== undefined);
  setKeyTimes(of.context.zone, key, { ...key.times, [field]: at });
  of.changed();
}

for (const [what, run] of TOO_FAST) {
  test(`a rollover that is too fast is found: ${what}`, (t) => {
    const of = world(t, ['ksk', 'zsk']);
    of.pass(DAY);
    run(of);
    of.pass(DAY);
    const faults = of.faults(t);
    if (faults !== null) assert.notDeepEqual(faults, []);
  });
}
