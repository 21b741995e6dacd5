/**
 * A whole server in this process on a temporary directory, for tests that write files and ask questions.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Log, LogFields } from '../../src/base/log.js';
import { type RunningServer, type ServeOptions, startServer } from '../../src/control/serve.js';
import { testOptions } from '../support/serve-options.js';
import { UdpClient } from './client.js';

/** Time that any wait of a test may take on a busy machine; what is usual is measured, not asserted. */
const PATIENCE_MS = 15_000;

export type LogLine = {
  readonly level: string;
  readonly event: string;
  readonly fields: LogFields;
  readonly text: string;
};

/** A temporary directory that goes away after the test. */
export function temporaryDirectory(t: TestContext): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'hotzone-')));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A log that keeps its lines. */
export function memoryLog(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (event: string, fields: LogFields, text: string) => {
    lines.push({ level, event, fields, text });
  };
  return {
    log: {
      debugging: true,
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
    },
    lines,
  };
}

/** A zone with the TXT record `t`. */
export function zoneFile(serial: number, txt: string, more = ''): string {
  return (
    `$TTL 60\n@ SOA ns1 hostmaster ${serial} 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n` +
    `t TXT "${txt}"\n${more}`
  );
}

export class TestServer {
  readonly zones: string;
  readonly client: UdpClient;
  readonly server: RunningServer;
  readonly lines: LogLine[];

  private constructor(zones: string, server: RunningServer, lines: LogLine[]) {
    this.zones = zones;
    this.server = server;
    this.lines = lines;
    this.client = new UdpClient(server.endpoints[0]!.port);
  }

  /** Serves `zones` below `root`, made if need be. */
  static async start(
    t: TestContext,
    root: string,
    reload: Partial<ServeOptions['reload']> = {},
    sources: readonly string[] = [join(root, 'zones')],
    flags: Readonly<Record<string, string>> = {},
  ): Promise<TestServer> {
    const zones = join(root, 'zones');
    mkdirSync(zones, { recursive: true });
    const { log, lines } = memoryLog();
    const options = testOptions(temporaryDirectory(t), sources, flags);
    const server = await startServer({ ...options, reload: { ...options.reload, ...reload } }, log);
    const test = new TestServer(zones, server, lines);
    t.after(async () => {
      test.client.close();
      await server.stop();
    });
    await server.loaded;
    return test;
  }

  path(name: string): string {
    return join(this.zones, name);
  }

  /** Text of `t.<zone>`, or the rcode if there is none. */
  async see(zone: string): Promise<string> {
    const answer = await this.client.ask(`t.${zone}`);
    return answer === null ? 'no answer' : (answer.txt ?? answer.rcode);
  }

  /** Waits until `t.<zone>` is `wanted`; returns milliseconds. Fails on anything but the values `meanwhile`. */
  async until(zone: string, wanted: string, ...meanwhile: string[]): Promise<number> {
    const start = performance.now();
    for (;;) {
      const seen = await this.see(zone);
      if (seen === wanted) return performance.now() - start;
      if (meanwhile.length > 0) assert.ok(meanwhile.includes(seen), `${zone} answered ${seen}`);
      assert.ok(performance.now() - start < PATIENCE_MS, `${zone} stays ${seen}, not ${wanted}`);
      await setTimeout(2);
    }
  }

  /** Asserts that `t.<zone>` stays as it is for a while. */
  async stays(zone: string, wanted: string, ms: number): Promise<void> {
    const end = performance.now() + ms;
    while (performance.now() < end) {
      assert.equal(await this.see(zone), wanted);
      await setTimeout(5);
    }
  }

  /** Waits for a log line. */
  async logged(event: string, text: RegExp): Promise<LogLine> {
    const start = performance.now();
    for (;;) {
      const line = this.lines.find((one) => one.event === event && text.test(one.text));
      if (line !== undefined) return line;
      assert.ok(performance.now() - start < PATIENCE_MS, `no log line ${event} ${text}`);
      await setTimeout(5);
    }
  }

  events(event: string): LogLine[] {
    return this.lines.filter((line) => line.event === event);
  }
}
