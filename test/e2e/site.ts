/**
 * A folder with zone files, a named.conf, and servers over it in this process, one after the other.
 */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runControl } from '../../src/control/control-client.js';
import { controlSocketPath } from '../../src/control/control-socket.js';
import { type RunningServer, startServer } from '../../src/control/serve.js';
import { sealedText } from '../../src/load/zone-seal.js';
import { buildQuery } from '../peers/message.js';
import { askUdp } from '../peers/query.js';
import { testOptions } from '../support/serve-options.js';
import { UdpClient } from './client.js';
import { type LogLine, memoryLog, temporaryDirectory, zoneFile } from './test-server.js';

const PATIENCE_MS = 15_000;
/** Opcode NOTIFY, and AA. */
const NOTIFY_FLAGS = 0x24;

type Flags = Readonly<Record<string, string>>;

export class Site {
  readonly root: string;
  readonly lines: LogLine[];
  /** Milliseconds since 1970, for signing; by default the system's. */
  clock: () => number = Date.now;
  private readonly flags: Flags;
  private readonly log: ReturnType<typeof memoryLog>['log'];
  private server: RunningServer | null = null;
  private client: UdpClient | null = null;

  constructor(t: TestContext, flags: Flags = {}) {
    this.root = temporaryDirectory(t);
    this.flags = { 'bind-config': this.path('named.conf'), ...flags };
    const { log, lines } = memoryLog();
    this.log = log;
    this.lines = lines;
    t.after(() => this.stop());
  }

  path(name: string): string {
    return join(this.root, name);
  }

  zone(name: string, serial: number, txt: string): void {
    writeFileSync(this.path(name), zoneFile(serial, txt));
  }

  /** Writes named.conf with these zones, all in files of their own names. */
  configure(zones: readonly string[], more = ''): void {
    const stanzas = zones.map((zone) => `zone "${zone}" { type primary; file "${zone}"; };\n`);
    this.write('named.conf', `options { directory "${this.root}"; };\n${stanzas.join('')}${more}`);
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(`${name}.new`), text);
    renameSync(this.path(`${name}.new`), this.path(name));
  }

  async start(): Promise<void> {
    const clock = () => this.clock();
    const options = { ...testOptions(this.root, [], this.flags), clock };
    this.server = await startServer(options, this.log);
    await this.server.loaded;
    this.client = new UdpClient(this.server.endpoints[0]!.port);
  }

  async stop(): Promise<void> {
    this.client?.close();
    await this.server?.stop();
    this.client = null;
    this.server = null;
  }

  /** Of the running server. */
  get port(): number {
    return this.server?.endpoints[0]?.port ?? 0;
  }

  /** Has the server compare everything with the disk, and look at the clock. */
  rescan(): void {
    this.server?.rescan();
  }

  async see(zone: string): Promise<string> {
    const answer = await this.client?.ask(`t.${zone}`);
    return answer === null || answer === undefined ? 'no answer' : (answer.txt ?? answer.rcode);
  }

  async until(zone: string, wanted: string): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const seen = await this.see(zone);
      if (seen === wanted) return;
      assert.ok(Date.now() < end, `${zone} stays ${seen}, not ${wanted}`);
      await sleep(5);
    }
  }

  /** Sends a NOTIFY of a zone, as a primary would (RFC 1996 §3.7). */
  async notify(zone: string): Promise<void> {
    const message = buildQuery({ name: zone, type: 'SOA' });
    message[2] = NOTIFY_FLAGS;
    assert.notEqual(await askUdp({ port: this.port }, message), null, 'the NOTIFY is not answered');
  }

  /** Puts a file where a secondary zone has it, as the server itself would after a transfer. */
  receive(path: string, text: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, sealedText(Buffer.from(text), 'from a test'));
    renameSync(`${path}.new`, path);
  }

  async logged(event: string, text: RegExp): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!this.lines.some((line) => line.event === event && text.test(line.text))) {
      assert.ok(Date.now() < end, `never logged ${event} ${text}`);
      await sleep(5);
    }
  }

  /** Runs a command. @returns exit code and output */
  run(...args: string[]): Promise<{ code: number; text: string }> {
    return this.control(args, false);
  }

  /** Runs a command that gives JSON. */
  async json(...args: string[]): Promise<unknown> {
    const { code, text } = await this.control(args, true);
    assert.equal(code, 0, text);
    return JSON.parse(text);
  }

  private async control(args: string[], json: boolean): Promise<{ code: number; text: string }> {
    let text = '';
    const take = { write: (part: string) => (text += part) };
    const code = await runControl(
      args,
      {
        endpoint: { kind: 'unix', path: controlSocketPath(this.path('socket'), '') },
        timeoutMs: PATIENCE_MS,
        json,
        zonesWithStatus: false,
      },
      { stdout: take, stderr: take, terminal: false },
    );
    return { code, text };
  }
}
