/**
 * What the times of a key say at a moment, as dnssec-signzone -S has it; and their text. RFC 7583 §3.1, RFC 5011 §2.1.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type KeyTimes,
  nextChange,
  stateOf,
  timeDigits,
  timeFromDigits,
  timeFromWords,
  useOf,
} from '../../src/dnssec/key-times.js';

const NOW = 1000;

/** p published, a active, r revoked, s synced; then the state and the next change. */
const ROWS: readonly (readonly [times: KeyTimes, use: string, state: string, next: number])[] = [
  [{}, 'pa', 'active', Number.POSITIVE_INFINITY],
  [{ Created: 1 }, '', 'generated', Number.POSITIVE_INFINITY],
  [{ Created: 1, Publish: 1000 }, 'p', 'published', Number.POSITIVE_INFINITY],
  [{ Created: 1, Publish: 1001 }, '', 'generated', 1001],
  [{ Created: 1, Publish: 1, Activate: 1001 }, 'p', 'published', 1001],
  [{ Created: 1, Activate: 1 }, 'pa', 'active', Number.POSITIVE_INFINITY],
  [{ Publish: 1, Activate: 1, Inactive: 1001, Delete: 1002 }, 'pa', 'active', 1001],
  [{ Publish: 1, Activate: 1, Inactive: 1000, Delete: 1002 }, 'p', 'retired', 1002],
  [{ Publish: 1, Activate: 1, Inactive: 1, Delete: 1000 }, '', 'removed', Number.POSITIVE_INFINITY],
  [{ Publish: 1, Activate: 1, Revoke: 1000 }, 'par', 'revoked', Number.POSITIVE_INFINITY],
  [{ Publish: 1, Activate: 1, SyncPublish: 1000 }, 'pas', 'active', Number.POSITIVE_INFINITY],
  [{ Created: 1, SyncPublish: 1 }, 's', 'generated', Number.POSITIVE_INFINITY],
  [
    { Publish: 1, Activate: 1, SyncPublish: 1, SyncDelete: 1000 },
    'pa',
    'active',
    Number.POSITIVE_INFINITY,
  ],
  [{ Activate: 1, SyncPublish: 1, Delete: 999, SyncDelete: 1001 }, 's', 'removed', 1001],
  [{ Activate: 1, SyncPublish: 1, Delete: 999 }, '', 'removed', Number.POSITIVE_INFINITY],
];

for (const [times, use, state, next] of ROWS) {
  test(`key times: ${JSON.stringify(times)} at ${NOW}`, () => {
    const { isPublished, isActive, isRevoked, isSynced } = useOf(times, NOW);
    const letters = [
      isPublished ? 'p' : '',
      isActive ? 'a' : '',
      isRevoked ? 'r' : '',
      isSynced ? 's' : '',
    ];
    assert.equal(letters.join(''), use);
    assert.equal(stateOf(times, NOW), state);
    assert.equal(nextChange(times, NOW), next);
  });
}

const AT = Date.UTC(2026, 10, 21, 19, 51, 2) / 1000;

const WORDS: readonly (readonly [text: string, at: number | 'none' | null])[] = [
  ['now', AT],
  ['none', 'none'],
  ['20261121195102', AT],
  ['20261121', AT - 19 * 3600 - 51 * 60 - 2],
  ['+1d', AT + 86_400],
  ['now+2w', AT + 14 * 86_400],
  ['-90', AT - 90],
  ['+3mi', AT + 180],
  ['+1y', AT + 365 * 86_400],
  ['20261321195102', null],
  ['1d', null],
  ['+1x', null],
  ['', null],
];

test('key times: words as dnssec-settime reads them', () => {
  for (const [text, at] of WORDS) assert.equal(timeFromWords(text, AT), at, text);
});

test('key times: digits there and back', () => {
  assert.equal(timeDigits(AT), '20261121195102');
  assert.equal(timeFromDigits('20261121195102'), AT);
  for (const text of ['20260230000000', '2026112119510', '20261121250000', 'x']) {
    assert.equal(timeFromDigits(text), null, text);
  }
});
