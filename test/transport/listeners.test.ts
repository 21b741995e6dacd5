/** Addresses: how they are written, and that all are bound or none. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { ServerError } from '../../src/base/errors.js';
import type { Log } from '../../src/base/log.js';
import { parseEndpoints, startListeners, stopListeners } from '../../src/transport/listeners.js';
import { endpointText } from '../../src/transport/query-handler.js';
import { ECHO } from '../support/echo.js';

const NO_LOG: Log = { debugging: false, debug() {}, info() {}, warn() {}, error() {} };

test('addresses with and without ports', () => {
  const rows: [text: string, endpoints: string[]][] = [
    ['127.0.0.1', ['127.0.0.1:53']],
    ['127.0.0.1:5300', ['127.0.0.1:5300']],
    ['::1', ['[::1]:53']],
    ['[::1]', ['[::1]:53']],
    ['[::1]:0', ['[::1]:0']],
    ['0.0.0.0, [2001:db8::1]:54', ['0.0.0.0:53', '[2001:db8::1]:54']],
  ];
  for (const [text, endpoints] of rows) {
    assert.deepEqual(parseEndpoints(text, 53).map(endpointText), endpoints, text);
  }
});

test('what is no address is refused', () => {
  for (const text of [
    '',
    ',',
    'localhost',
    '1.2.3',
    '1.2.3.4:',
    '1.2.3.4:99999',
    '[::1',
    '[1.2.3.4',
    '::1:x',
  ]) {
    assert.throws(() => parseEndpoints(text, 53), ServerError, text);
  }
});

test('port 0 gives one port for UDP and TCP', async () => {
  const listeners = await startListeners([{ address: '127.0.0.1', port: 0 }], ECHO, NO_LOG);
  const ports = new Set(listeners.map((listener) => listener.endpoint.port));
  assert.equal(listeners.length, 2);
  assert.equal(ports.size, 1);
  assert.ok(!ports.has(0));
  await stopListeners(listeners);
});

test('if one address cannot be bound, none stays open, and the error names it', async (t) => {
  const taken = createServer();
  t.after(() => taken.close());
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  assert.ok(address !== null && typeof address === 'object');
  const free = await startListeners([{ address: '127.0.0.2', port: 0 }], ECHO, NO_LOG);
  const port = free[0]!.endpoint.port;
  await stopListeners(free);
  const both = [
    { address: '127.0.0.2', port },
    { address: '127.0.0.1', port: address.port },
  ];
  await assert.rejects(startListeners(both, ECHO, NO_LOG), {
    code: 'LISTEN_FAILED',
    message: new RegExp(`127\\.0\\.0\\.1:${address.port} \\((?:TCP|UDP)\\).*EADDRINUSE`),
  });
  await stopListeners(await startListeners(both.slice(0, 1), ECHO, NO_LOG));
});
