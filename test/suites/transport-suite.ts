/**
 * What every transport must do, whatever it is made of: runUdpSuite and runTcpSuite are called with a way to start one.
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { DEFERRED_OPEN_MAX } from '../../src/base/limits.js';
import type { Log } from '../../src/base/log.js';
import { ring, statistics } from '../../src/metrics/statistics.js';
import type { DeferredQuery, QueryHandlers } from '../../src/transport/deferred.js';
import type { Endpoint, Listener, QueryHandler } from '../../src/transport/query-handler.js';
import { TCP_LIMITS, type TcpLimits } from '../../src/transport/tcp.js';
import type { StartUdp } from '../../src/transport/udp-engine.js';
import { ECHO, echo, later, query, WHO } from '../support/echo.js';

export type StartTcp = (
  where: Endpoint,
  handlers: QueryHandlers,
  log: Log,
  limits: TcpLimits,
) => Promise<Listener>;

export const LOCAL: Endpoint = { address: '127.0.0.1', port: 0 };
export const NO_LOG: Log = { debugging: false, debug() {}, info() {}, warn() {}, error() {} };

export function framed(...messages: Buffer[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length, 0);
      return [length, message];
    }),
  );
}

export function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((all) =>
    all?.some((one) => one.address === '::1'),
  );
}

/** Addresses to be asked from here, with the octets that the query then comes from. */
function clients(): [address: string, octets: string][] {
  const ip6: [string, string] = ['::1', `${'00'.repeat(15)}01`];
  return [['127.0.0.1', '7f000001'], ...(hasIpv6() ? [ip6] : [])];
}

function who(): Buffer {
  const octets = query(1);
  octets[2] = WHO;
  return octets;
}

export function runUdpSuite(start: StartUdp): void {
  describe('UDP', () => {
    test('answers each query, and only those that are owed an answer', async (t) => {
      const server = await start(LOCAL, ECHO, NO_LOG);
      const silent = query(3);
      silent[2] = 0xff;
      const got = await exchange(
        t,
        server.endpoint,
        [query(1), silent, query(2), Buffer.alloc(0)],
        2,
      );
      assert.deepEqual(idsOf(got).sort(), [1, 2]);
      await server.stop();
    });

    test('a burst of queries gets as many answers, none mixed up', async (t) => {
      const server = await start(LOCAL, ECHO, NO_LOG);
      const queries = Array.from({ length: 200 }, (_, i) => query(i, 12 + i));
      const got = await exchange(t, server.endpoint, queries, queries.length);
      got.sort((a, b) => a.readUInt16BE(0) - b.readUInt16BE(0));
      assert.deepEqual(got, queries);
      await server.stop();
    });

    test('the longest answer arrives whole, RFC 6891 §6.2.5', async (t) => {
      const server = await start(LOCAL, ECHO, NO_LOG);
      const got = await exchange(t, server.endpoint, [query(1, 12, 4), query(2, 4096)], 2);
      assert.deepEqual(
        got.map((answer) => answer.length),
        [4096, 4096],
      );
      await server.stop();
    });

    test('queries that get no answer leave no gap in a burst', async (t) => {
      const server = await start(LOCAL, ECHO, NO_LOG);
      const queries = Array.from({ length: 200 }, (_, i) => query(i, 12 + i));
      for (let i = 0; i < queries.length; i += 3) queries[i]![2] = 0xff;
      const answered = queries.filter((one) => one[2] !== 0xff);
      const got = await exchange(t, server.endpoint, queries, answered.length);
      got.sort((a, b) => a.readUInt16BE(0) - b.readUInt16BE(0));
      assert.deepEqual(got, answered);
      await server.stop();
    });

    test('each of many clients gets its own answers, and no other', async (t) => {
      const server = await start(LOCAL, ECHO, NO_LOG);
      const ids = Array.from({ length: 20 }, (_, i) => i * 100);
      await Promise.all(
        ids.map(async (first) => {
          const queries = Array.from({ length: 10 }, (_, i) => query(first + i));
          if (first % 300 === 0) queries[5]![2] = 0xff;
          const answered = queries.filter((one) => one[2] !== 0xff);
          const got = await exchange(t, server.endpoint, queries, answered.length);
          assert.deepEqual(idsOf(got).sort(), idsOf(answered).sort());
        }),
      );
      await server.stop();
    });

    test('an answer from IPv6 comes from IPv6', async (t) => {
      if (!hasIpv6()) return t.skip('no IPv6 loopback address');
      const server = await start({ address: '::1', port: 0 }, ECHO, NO_LOG);
      assert.deepEqual(idsOf(await exchange(t, server.endpoint, [query(7)], 1)), [7]);
      await server.stop();
    });

    test('the handler is told who asks', async (t) => {
      for (const [address, octets] of clients()) {
        const server = await start({ address, port: 0 }, ECHO, NO_LOG);
        const got = await exchange(t, server.endpoint, [who()], 1);
        await server.stop();
        assert.equal(got[0]?.toString('hex', 12), octets);
      }
    });

    test('queries, answers and clients are counted', async (t) => {
      const server = await start(LOCAL, ECHO, NO_LOG);
      t.after(() => server.stop());
      await exchange(t, server.endpoint, [query(1, 20)], 1);
      for (const { remotes } of server.blocks()) remotes.turn(true);
      await exchange(t, server.endpoint, [query(2, 30), Buffer.alloc(5), query(3, 30)], 2);
      assert.deepEqual(countsOf(server, 'udp'), [3, 3, 80, 1]);
      assert.deepEqual(ring(server.blocks(), 'remotes'), [['127.0.0.1', 3]]);
      assert.deepEqual(ring(server.blocks(), 'respsizes'), [
        ['40', 2],
        ['20', 1],
      ]);
    });

    test('a deferred query is answered later, to whom it came from, and nobody waits', async (t) => {
      for (const [address, octets] of clients()) {
        const server = await start({ address, port: 0 }, ECHO, NO_LOG);
        t.after(() => server.stop());
        const ports: number[] = [];
        const queries = [later(1), query(2), later(3, 0), later(4, 1, 4)];
        const got = await exchange(t, server.endpoint, queries, 3, ports);
        assert.deepEqual(idsOf(got).sort(), [1, 2, 4]);
        for (const answer of got.filter((one) => one[2] !== 0)) {
          const who = answer.subarray(12, 12 + octets.length / 2);
          assert.equal(who.toString('hex'), octets);
          assert.equal(answer.readUInt16BE(12 + who.length), ports[0]);
        }
        const protocol = address.includes(':') ? 6 : 4;
        const all = statistics(server.blocks());
        assert.equal(all.get(`udp${protocol}-queries`), 4);
        const sent = got.reduce((sum, one) => sum + one.length, 0);
        assert.equal(all.get('udp-answers-bytes'), sent);
        assert.deepEqual([all.get('udp-answers'), all.get('overload-drops')], [3, 0]);
      }
    });

    test('a flood of deferred queries is bounded, and other queries go on', async (t) => {
      const open: DeferredQuery[] = [];
      const handlers = { ...ECHO, defer: (one: DeferredQuery) => open.push(one) };
      const server = await start(LOCAL, handlers, NO_LOG);
      t.after(() => server.stop());
      const count = (name: string) => statistics(server.blocks()).get(name) ?? 0;
      const flood = Array.from({ length: 4 * DEFERRED_OPEN_MAX }, (_, i) => later(i));
      for (let round = 1; round <= 3; round++) {
        const got = await exchange(t, server.endpoint, [...flood, query(5)], 1);
        assert.deepEqual(idsOf(got), [5]);
        // one client is one worker's
        assert.ok(open.length > 0 && open.length <= round * DEFERRED_OPEN_MAX);
        const all = round * flood.length;
        for (let i = 0; i < 200 && count('overload-drops') + open.length < all; i++) {
          await setTimeout(10);
        }
      }
      assert.equal(count('overload-drops') + open.length, 3 * flood.length);
      for (const { request, reply } of open) {
        reply.write(request);
        reply.end();
        reply.end();
        assert.equal(reply.closed, true);
      }
      assert.equal(count('udp-queries'), 3 * flood.length + 3);
      assert.equal(count('udp-answers'), open.length + 3);
      const before = open.length;
      await exchange(t, server.endpoint, [later(1)], 0);
      assert.equal(open.length, before + 1);
      open.at(-1)?.reply.end();
    });

    test('a reply that comes after stop goes nowhere', async (t) => {
      const open: DeferredQuery[] = [];
      const handlers = { ...ECHO, defer: (one: DeferredQuery) => open.push(one) };
      const server = await start(LOCAL, handlers, NO_LOG);
      await exchange(t, server.endpoint, [later(1)], 0);
      const reply = open[0]?.reply;
      assert.equal(reply?.closed, false);
      await server.stop();
      assert.equal(reply?.closed, true);
      assert.equal(reply?.write(query(1)), true);
      await reply?.drained();
      reply?.end();
      assert.equal(statistics(server.blocks()).get('udp-answers'), 0);
    });

    test('an address in use is refused, and free again after stop', async () => {
      const server = await start(LOCAL, ECHO, NO_LOG);
      assert.ok(server.endpoint.port > 0);
      await assert.rejects(start(server.endpoint, ECHO, NO_LOG), /EADDRINUSE/);
      await server.stop();
      await (await start(server.endpoint, ECHO, NO_LOG)).stop();
    });
  });
}

export function runTcpSuite(start: StartTcp): void {
  const begin = async (t: TestContext, limits: Partial<TcpLimits> = {}, handlers = ECHO) => {
    const server = await start(LOCAL, handlers, NO_LOG, { ...TCP_LIMITS, ...limits });
    t.after(() => server.stop());
    return server;
  };

  describe('TCP', () => {
    test('queries, answers, clients and open connections are counted', async (t) => {
      const server = await begin(t);
      const open = () => statistics(server.blocks()).get('open-tcp-connections');
      const [one, two] = [
        await Client.open(t, server.endpoint),
        await Client.open(t, server.endpoint),
      ];
      one.socket.write(framed(query(1, 20)));
      await one.messages(1);
      assert.equal(open(), 2);
      for (const { remotes } of server.blocks()) remotes.turn(true);
      const silent = query(2);
      silent[2] = 0xff;
      two.socket.write(framed(silent, query(3, 60)));
      await two.messages(1);
      assert.deepEqual(countsOf(server, 'tcp'), [2, 2, 80, 1]);
      assert.deepEqual(ring(server.blocks(), 'remotes'), [['127.0.0.1', 2]]);
      one.socket.destroy();
      for (let i = 0; i < 200 && open() !== 1; i++) await setTimeout(10);
      assert.equal(open(), 1);
    });

    test('the handler is told who asks', async (t) => {
      for (const [address, octets] of clients()) {
        const server = await start({ address, port: 0 }, ECHO, NO_LOG, TCP_LIMITS);
        const client = await Client.open(t, server.endpoint);
        client.socket.write(framed(who()));
        const got = await client.messages(1);
        await server.stop();
        assert.equal(got[0]?.toString('hex', 12), octets);
      }
    });

    test('several queries in one segment are answered in order, RFC 7766 §6.2.1.1', async (t) => {
      const server = await begin(t);
      const client = await Client.open(t, server.endpoint);
      client.socket.write(framed(query(1), query(2, 300), query(3)));
      assert.deepEqual(idsOf(await client.messages(3)), [1, 2, 3]);
    });

    test('a query in single octets is put together, RFC 7766 §8', async (t) => {
      const server = await begin(t);
      const client = await Client.open(t, server.endpoint);
      client.socket.setNoDelay(true);
      for (const octet of framed(query(1, 20), query(2, 13))) {
        client.socket.write(Buffer.of(octet));
        await setTimeout(1);
      }
      assert.deepEqual(await client.messages(2), [query(1, 20), query(2, 13)]);
    });

    test('a query cut anywhere is put together', async (t) => {
      const server = await begin(t);
      const stream = framed(query(1, 30), query(2, 40));
      for (let cut = 1; cut < stream.length; cut += 5) {
        const client = await Client.open(t, server.endpoint);
        client.socket.write(stream.subarray(0, cut));
        await setTimeout(2);
        client.socket.write(stream.subarray(cut));
        assert.deepEqual(await client.messages(2), [query(1, 30), query(2, 40)]);
        client.socket.destroy();
      }
    });

    test('the longest message goes both ways', async (t) => {
      const server = await begin(t);
      const client = await Client.open(t, server.endpoint);
      client.socket.write(framed(query(1, 65535)));
      assert.deepEqual(await client.messages(1), [query(1, 65535)]);
    });

    test('a query without an answer does not end the connection', async (t) => {
      const server = await begin(t);
      const client = await Client.open(t, server.endpoint);
      const silent = query(1);
      silent[2] = 0xff;
      client.socket.write(framed(silent, query(2)));
      assert.deepEqual(idsOf(await client.messages(1)), [2]);
    });

    for (const length of [0, 1, 11]) {
      test(`a length of ${length}, less than a header, ends the connection`, async (t) => {
        const server = await begin(t);
        const client = await Client.open(t, server.endpoint);
        client.socket.write(framed(query(1), Buffer.alloc(length), query(2)));
        await client.closed;
        assert.ok(client.count() <= 1);
      });
    }

    test('a half-closed client gets its answers, then the end', async (t) => {
      const server = await begin(t);
      const client = await Client.open(t, server.endpoint);
      client.socket.end(framed(query(1), query(2)));
      assert.deepEqual(idsOf(await client.messages(2)), [1, 2]);
      await client.closed;
    });

    test('a half-closed client that reads late gets every answer', async (t) => {
      const server = await begin(t);
      const client = await Client.open(t, server.endpoint);
      client.socket.pause();
      const queries = Array.from({ length: 100 }, (_, i) => query(i, 12, 63));
      client.socket.end(framed(...queries));
      await setTimeout(200);
      client.socket.resume();
      assert.equal((await client.messages(100)).length, 100);
      await client.closed;
    });

    test('an idle connection is closed, one that sends single octets too', async (t) => {
      const server = await begin(t, { idleMs: 150 });
      const idle = await Client.open(t, server.endpoint);
      const slow = await Client.open(t, server.endpoint);
      const busy = await Client.open(t, server.endpoint);
      const slowly = setInterval(() => slow.socket.write(Buffer.of(0)), 20);
      const busily = setInterval(() => busy.socket.write(framed(query(1))), 20);
      // A length of 0 would end it by itself: two octets arrive, then the first of a message.
      slow.socket.write(Buffer.of(0, 200));
      await Promise.all([idle.closed, slow.closed]);
      assert.equal(busy.socket.destroyed, false);
      clearInterval(slowly);
      clearInterval(busily);
    });

    test('a client that does not read is not answered without end', async (t) => {
      let answered = 0;
      const counting: QueryHandler = (...args) => {
        answered++;
        return echo(...args);
      };
      const handlers = { ...ECHO, answer: counting };
      const server = await begin(t, { unsentOctetsMax: 256 << 10 }, handlers);
      const client = await Client.open(t, server.endpoint);
      client.socket.pause();
      const total = 400;
      client.socket.write(framed(...Array.from({ length: total }, (_, i) => query(i, 12, 63))));
      await setTimeout(300);
      assert.ok(answered > 0 && answered < total / 2, `${answered} answers computed`);
      client.socket.resume();
      assert.equal((await client.messages(total)).length, total);
    });

    test('connections are limited, in all and by client', async (t) => {
      for (const limits of [{ clientsMax: 3 }, { clientsPerAddressMax: 3 }]) {
        const server = await begin(t, limits);
        const clients = [];
        for (let i = 0; i < 3; i++) clients.push(await Client.open(t, server.endpoint));
        await setTimeout(20);
        const refused = await Client.open(t, server.endpoint);
        await refused.closed;
        clients[0]?.socket.destroy();
        await setTimeout(50);
        const next = await Client.open(t, server.endpoint);
        next.socket.write(framed(query(5)));
        assert.deepEqual(idsOf(await next.messages(1)), [5]);
      }
    });

    test('a reset by the client does no harm', async (t) => {
      const server = await begin(t);
      const rude = await Client.open(t, server.endpoint);
      rude.socket.write(framed(query(1, 12, 63)));
      rude.socket.resetAndDestroy();
      const client = await Client.open(t, server.endpoint);
      client.socket.write(framed(query(2)));
      assert.deepEqual(idsOf(await client.messages(1)), [2]);
    });

    test('stop closes every connection at once', async (t) => {
      const server = await start(LOCAL, ECHO, NO_LOG, TCP_LIMITS);
      const idle = await Client.open(t, server.endpoint);
      const unread = await Client.open(t, server.endpoint);
      unread.socket.pause();
      unread.socket.write(framed(...Array.from({ length: 500 }, (_, i) => query(i, 12, 63))));
      await setTimeout(100);
      const before = performance.now();
      await server.stop();
      assert.ok(performance.now() - before < 1000);
      await idle.closed;
      await assert.rejects(Client.open(t, server.endpoint), /ECONNREFUSED/);
    });

    test('IPv6 and IPv4 share a port', async (t) => {
      if (!hasIpv6()) return t.skip('no IPv6 loopback address');
      const six = await start({ address: '::', port: 0 }, ECHO, NO_LOG, TCP_LIMITS);
      const four = await start(
        { address: '0.0.0.0', port: six.endpoint.port },
        ECHO,
        NO_LOG,
        TCP_LIMITS,
      );
      const client = await Client.open(t, { address: '::1', port: six.endpoint.port });
      client.socket.write(framed(query(1)));
      assert.deepEqual(idsOf(await client.messages(1)), [1]);
      await Promise.all([six.stop(), four.stop()]);
    });
  });
}

/** Queries, answers, octets of answers, and what was no query. */
function countsOf(server: Listener, protocol: 'udp' | 'tcp'): (number | undefined)[] {
  const all = statistics(server.blocks());
  return [
    all.get(`${protocol}4-queries`),
    all.get(`${protocol}-answers`),
    all.get(`${protocol}-answers-bytes`),
    all.get('corrupt-packets'),
  ];
}

export function idsOf(messages: Buffer[]): number[] {
  return messages.map((message) => message.readUInt16BE(0));
}

/** Sends datagrams and waits for `count` answers, and a little for more; adds the port that they left from. */
export async function exchange(
  t: TestContext,
  to: Endpoint,
  queries: Buffer[],
  count: number,
  ports: number[] = [],
): Promise<Buffer[]> {
  const socket = createSocket(to.address.includes(':') ? 'udp6' : 'udp4');
  t.after(() => socket.close());
  const got: Buffer[] = [];
  socket.on('message', (message) => got.push(message));
  for (const one of queries) socket.send(one, to.port, to.address);
  for (let i = 0; i < 200 && got.length < count; i++) await setTimeout(10);
  await setTimeout(30);
  ports.push(socket.address().port);
  assert.equal(got.length, count);
  return got;
}

/** A connection that collects messages. */
export class Client {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  private readonly complete: Buffer[] = [];
  private rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.take(Buffer.concat([this.rest, chunk])));
  }

  static open(t: TestContext, to: Endpoint): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: to.address, port: to.port });
      t.after(() => socket.destroy());
      socket.once('error', reject);
      socket.once('connect', () => resolve(new Client(socket)));
    });
  }

  count(): number {
    return this.complete.length;
  }

  async messages(count: number): Promise<Buffer[]> {
    for (let i = 0; i < 1000 && this.count() < count; i++) await setTimeout(10);
    return this.complete;
  }

  private take(octets: Buffer): void {
    let at = 0;
    while (at + 2 <= octets.length) {
      const end = at + 2 + octets.readUInt16BE(at);
      if (end > octets.length) break;
      this.complete.push(octets.subarray(at + 2, end));
      at = end;
    }
    this.rest = octets.subarray(at);
  }
}
