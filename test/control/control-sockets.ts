/**
 * A control channel over a fake server in a folder of its own, and raw clients that send octets and see octets.
 * Must not know: commands.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  type ControlChannel,
  type ControlChannelOptions,
  type ControlLimits,
  startControlChannel,
} from '../../src/control/control-channel.js';
import { controlSocketPath } from '../../src/control/control-socket.js';
import { type FakeServer, fakeServer, keptLog } from './control-fake.js';

/** A new folder that goes with the test. */
export function testFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-control-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export type TestChannel = {
  readonly channel: ControlChannel;
  readonly target: FakeServer;
  readonly log: ReturnType<typeof keptLog>;
  /** The socket directory. */
  readonly folder: string;
  /** The socket file. */
  readonly path: string;
};

/** Starts a channel on a socket file that goes with the test. */
export async function startChannel(
  t: TestContext,
  options: {
    readonly target?: FakeServer;
    readonly limits?: Partial<ControlLimits>;
    readonly tcp?: ControlChannelOptions['tcp'];
  } = {},
): Promise<TestChannel> {
  const folder = testFolder(t);
  const path = controlSocketPath(folder, '');
  const { target = fakeServer(), tcp = null } = options;
  const log = keptLog();
  const limits = {
    clientsMax: 64,
    idleMs: 10_000,
    unreadMs: 10_000,
    requestsOctetsMax: 8 << 20,
    ...options.limits,
  };
  const channel = await startControlChannel({ socketPath: path, tcp }, target, log, limits);
  t.after(() => channel.stop());
  return { channel, target, log, folder, path };
}

/** A path, or `address:port`. */
export function open(endpoint: string): Socket {
  if (endpoint.startsWith('/')) return connect({ path: endpoint, allowHalfOpen: true });
  const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(endpoint) ?? [];
  return connect({ host, port: Number(port), allowHalfOpen: true });
}

/** All that the server sends until it ends; rejects if the connection is reset before. */
export function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('end', () => {
      socket.destroy();
      resolve(Buffer.concat(chunks).toString());
    });
    socket.once('error', reject);
  });
}

/** Sends these octets and nothing else. @param half whether it says that no more will come */
export function ask(endpoint: string, octets: string | Uint8Array, half = false): Promise<string> {
  const socket = open(endpoint);
  if (half) socket.end(octets);
  else socket.write(octets);
  return readAll(socket);
}
