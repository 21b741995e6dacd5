/** Servers by their text: one text for one server, however its address is spelled. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peerText } from '../../src/load/configured-zone.js';

const ROWS: readonly (readonly [address: string, port: number, text: string])[] = [
  ['192.0.2.1', 53, '192.0.2.1'],
  ['192.0.2.1', 5300, '192.0.2.1:5300'],
  ['2001:db8::1', 53, '2001:db8::1'],
  ['2001:DB8:0:0::0001', 53, '2001:db8::1'],
  ['0:0:0:0:0:0:0:1', 5300, '[::1]:5300'],
  ['::ffff:c000:201', 53, '::ffff:192.0.2.1'],
  ['FE80:0::1%eth0', 5300, '[fe80::1%eth0]:5300'],
];

test('a server has the same text however its address is spelled', () => {
  for (const [address, port, text] of ROWS) assert.equal(peerText({ address, port }), text);
});
