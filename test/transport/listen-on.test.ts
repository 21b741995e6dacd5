/** BIND's listen-on: which of a host's addresses are opened. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readNamedConf } from '../../src/config/named-conf.js';
import { endpointsOf } from '../../src/transport/listen-on.js';
import { endpointText } from '../../src/transport/query-handler.js';
import { temporaryDirectory } from '../e2e/test-server.js';

const HOST = [
  '127.0.0.1',
  '192.0.2.1',
  '192.0.2.2',
  '198.51.100.7',
  '::1',
  '2001:db8::1',
  'fe80::1%2',
];

const ROWS: readonly (readonly [statement: string, family: 4 | 6, endpoints: string])[] = [
  ['', 4, ''],
  ['listen-on { any; };', 4, '0.0.0.0:53'],
  ['listen-on { none; };', 4, ''],
  ['listen-on { 192.0.2.1; };', 4, '192.0.2.1:53'],
  ['listen-on { 203.0.113.9; };', 4, ''],
  ['listen-on port 5300 { 192.0.2.0/24; };', 4, '192.0.2.1:5300 192.0.2.2:5300'],
  ['listen-on { !192.0.2.1; 192.0.2.0/24; };', 4, '192.0.2.2:53'],
  ['listen-on { !192.0.2.1; any; };', 4, '127.0.0.1:53 192.0.2.2:53 198.51.100.7:53'],
  ['listen-on { { !192.0.2.1; 192.0.2.0/24; }; 127.0.0.1; };', 4, '127.0.0.1:53 192.0.2.2:53'],
  ['listen-on { 127.0.0.1; }; listen-on port 54 { 192.0.2.1; };', 4, '127.0.0.1:53 192.0.2.1:54'],
  ['listen-on { localhost; };', 4, '127.0.0.1:53 192.0.2.1:53 192.0.2.2:53 198.51.100.7:53'],
  ['listen-on-v6 { any; };', 6, '[::]:53'],
  ['listen-on-v6 { 2001:db8::/32; ::1; };', 6, '[::1]:53 [2001:db8::1]:53'],
  ['listen-on-v6 { fe80::/10; };', 6, '[fe80::1%2]:53'],
  ['listen-on-v6 { none; };', 6, ''],
];

for (const [statement, family, endpoints] of ROWS) {
  test(`listen-on: ${statement || 'nothing'} (IPv${family})`, (t) => {
    const path = join(temporaryDirectory(t), 'named.conf');
    writeFileSync(path, `options { ${statement} };\n`);
    const { options, errorCount } = readNamedConf(path);
    assert.equal(errorCount, 0);
    const lists = family === 4 ? options.listenOn : options.listenOnV6;
    assert.equal(endpointsOf(lists, family, 53, HOST).map(endpointText).join(' '), endpoints);
  });
}
