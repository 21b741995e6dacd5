/**
 * What TCP must do with queries that are deferred: streams of replies, one after another, bounded by what the client
 * reads, and ended with the connection.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { statistics } from '../../src/metrics/statistics.js';
import type { DeferredHandler, DeferredQuery } from '../../src/transport/deferred.js';
import { TCP_LIMITS, type TcpLimits } from '../../src/transport/tcp.js';
import { ECHO, echoLater, later, query } from '../support/echo.js';
import { Client, framed, idsOf, LOCAL, NO_LOG, type StartTcp } from './transport-suite.js';

async function until(what: () => boolean, text: string): Promise<void> {
  for (let i = 0; i < 500 && !what(); i++) await setTimeout(10);
  assert.ok(what(), text);
}

export function runDeferredTcpSuite(start: StartTcp): void {
  const begin = async (
    t: TestContext,
    defer: DeferredHandler = echoLater,
    limits: Partial<TcpLimits> = {},
  ) => {
    const server = await start(LOCAL, { ...ECHO, defer }, NO_LOG, { ...TCP_LIMITS, ...limits });
    t.after(() => server.stop());
    return server;
  };
  /** A server that leaves deferred queries to the test. */
  const hold = async (t: TestContext, limits: Partial<TcpLimits> = {}) => {
    const open: DeferredQuery[] = [];
    const server = await begin(t, (one) => open.push(one), limits);
    return { server, open };
  };

  describe('TCP, deferred', () => {
    test('replies come in the order of queries, RFC 7766 §6.2.1.1, each to its client', async (t) => {
      const server = await begin(t);
      const client = await Client.open(t, server.endpoint);
      client.socket.write(framed(query(1), later(2, 3), later(3, 0), later(4), query(5)));
      const got = await client.messages(6);
      assert.deepEqual(idsOf(got), [1, 2, 2, 2, 4, 5]);
      assert.deepEqual(
        [1, 2, 3].map((i) => got[i]?.[3]),
        [0, 1, 2],
      );
      assert.equal(got[1]?.toString('hex', 12, 16), '7f000001');
      assert.equal(got[1]?.readUInt16BE(16), client.socket.localPort);
      const all = statistics(server.blocks());
      const octets = got.reduce((sum, one) => sum + one.length, 0);
      assert.deepEqual(
        ['tcp-queries', 'tcp-answers', 'tcp-answers-bytes'].map((name) => all.get(name)),
        [5, 4, octets],
      );
    });

    test('one query of a connection is deferred at a time, and others do not wait for it', async (t) => {
      const { server, open } = await hold(t);
      const [client, other] = [
        await Client.open(t, server.endpoint),
        await Client.open(t, server.endpoint),
      ];
      client.socket.write(framed(later(1), later(2), query(3)));
      await until(() => open.length === 1, 'deferred');
      client.socket.write(framed(later(4)));
      other.socket.write(framed(query(9)));
      assert.deepEqual(idsOf(await other.messages(1)), [9]);
      for (let i = 0; i < 3; i++) {
        await until(() => open.length === i + 1, 'the next');
        await client.messages(i === 2 ? 3 : i);
        assert.equal(client.count(), i === 2 ? 3 : i);
        const { request, reply } = open[i] as DeferredQuery;
        reply.write(request);
        reply.end();
        reply.end();
      }
      assert.deepEqual(idsOf(await client.messages(4)), [1, 2, 3, 4]);
    });

    test('an answer at once needs no later', async (t) => {
      const server = await begin(t, ({ request, reply }) => {
        reply.write(request);
        reply.end();
      });
      const client = await Client.open(t, server.endpoint);
      client.socket.write(framed(later(1), query(2), later(3), later(4)));
      assert.deepEqual(idsOf(await client.messages(4)), [1, 2, 3, 4]);
    });

    test('a client that does not read holds the stream, and gets all of it', async (t) => {
      let written = 0;
      const server = await begin(t, async ({ reply }) => {
        for (let i = 0; i < 200; i++, written++) {
          const message = query(i, 60_000);
          if (!reply.write(message)) await reply.drained();
          message.fill(0);
        }
        reply.end();
      });
      const client = await Client.open(t, server.endpoint);
      client.socket.pause();
      client.socket.end(framed(later(0), query(200)));
      await setTimeout(300);
      assert.ok(written > 0 && written < 150, `${written} messages`);
      client.socket.resume();
      const ids = idsOf(await client.messages(201));
      assert.deepEqual(
        ids,
        Array.from({ length: 201 }, (_, i) => i),
      );
      await client.closed;
    });

    test('a client that waits for us is not idle, one that does not read is', async (t) => {
      const { server, open } = await hold(t, { idleMs: 100 });
      const client = await Client.open(t, server.endpoint);
      client.socket.write(framed(later(7)));
      await until(() => open.length === 1, 'deferred');
      await setTimeout(400);
      assert.equal(client.socket.destroyed, false);
      const { reply } = open[0] as DeferredQuery;
      client.socket.pause();
      let cut = false;
      for (let i = 0; i < 1000 && !cut; i++) {
        if (!reply.write(query(i, 60_000))) await reply.drained();
        cut = reply.closed;
      }
      assert.ok(cut, 'the connection was given up');
      assert.equal(reply.write(query(1)), true);
      reply.end();
    });

    test('stop and a reset end the stream', async (t) => {
      const { server, open } = await hold(t, { unsentOctetsMax: 64 << 20 });
      const [rude, unread, idle] = [
        await Client.open(t, server.endpoint),
        await Client.open(t, server.endpoint),
        await Client.open(t, server.endpoint),
      ];
      for (const client of [rude, unread, idle]) {
        client.socket.pause();
        const before = open.length;
        client.socket.write(framed(later(1), query(2)));
        await until(() => open.length === before + 1, 'deferred');
      }
      const replies = open.map(({ reply }) => reply);
      rude.socket.resetAndDestroy();
      await until(() => replies[0]?.closed === true, 'the reset is seen');
      // more than the kernel takes
      for (let i = 0; i < 300; i++) replies[1]?.write(query(1, 60_000));
      assert.deepEqual(
        replies.map(({ closed }) => closed),
        [true, false, false],
      );
      const stopped = server.stop();
      assert.deepEqual(
        replies.map(({ closed }) => closed),
        [true, true, true],
      );
      for (const reply of replies) reply.end();
      await stopped;
      // the queries behind them are not answered any more
      assert.equal(statistics(server.blocks()).get('tcp-queries'), 3);
    });
  });
}
