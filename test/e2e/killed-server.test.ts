/**
 * The server as a process that is killed at random moments while zone files are saved, and BIND as its secondary: after
 * each start BIND comes to have what the files say, under serials of the files and under those that the server raises.
 * HOTZONE_KILL_ROUNDS makes it more rounds than the usual few.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { openStore } from '../../src/store/store.js';
import { freePort, type Peer, requirePeer, startPeer } from '../peers/peer.js';
import type { Server } from '../peers/query.js';
import { EditedZone, recordsAt, serialAt, untilSerial, withoutSoa } from './edited-zone.js';
import { temporaryDirectory } from './test-server.js';

const ROUNDS = Number(process.env['HOTZONE_KILL_ROUNDS'] ?? 10);
const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const PATIENCE_MS = 20_000;
/** A round's edits take up to so long, with pauses around the time that the server waits for a file to be quiet. */
const EDITING_MS = 400;
const PAUSE_MS = 80;
/** With the file's serials, and with the server's. */
const KEPT = 'kept.test';
const RAISED = 'raised.test';

class KilledServer {
  readonly zones: readonly EditedZone[] = [KEPT, RAISED].map((origin) => new EditedZone(origin));
  /** Of the last run. */
  output = '';
  readonly server: Server;
  readonly secondaryPort: number;
  private readonly root: string;
  private child: ChildProcess | null = null;
  private edits = 0;

  constructor(t: TestContext, port: number, secondaryPort: number) {
    this.root = temporaryDirectory(t);
    this.server = { port };
    this.secondaryPort = secondaryPort;
    const stanza = (origin: string, more: string): string =>
      `zone "${origin}" { type primary; file "${origin}"; ${more} };\n`;
    writeFileSync(
      join(this.root, 'named.conf'),
      `options { directory "${this.root}"; notify explicit;\n` +
        `also-notify { 127.0.0.1 port ${secondaryPort}; }; };\n` +
        stanza(KEPT, '') +
        stanza(RAISED, 'serial-update-method increment;'),
    );
    for (const zone of this.zones) this.save(zone);
    t.after(() => this.kill());
  }

  get stateFolder(): string {
    return join(this.root, 'state');
  }

  async start(): Promise<void> {
    const folders = ['--state-dir', this.stateFolder, '--socket-dir', this.root];
    const listen = ['--local-port', `${this.server.port}`, '--local-address', '127.0.0.1'];
    const args = [MAIN, 'serve', '--bind-config', join(this.root, 'named.conf')];
    this.output = '';
    const child = spawn(process.execPath, [...args, ...listen, ...folders]);
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    const deadline = Date.now() + PATIENCE_MS;
    // in either order
    while (!/"event":"ready"/.test(this.output) || !/"event":"listen"/.test(this.output)) {
      assert.ok(child.exitCode === null && Date.now() < deadline, this.output);
      await sleep(5);
    }
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** Adds a record to each zone and takes one away; only one of them gets a new serial for it. */
  edit(): void {
    const next = this.edits++;
    for (const zone of this.zones) {
      const { serial } = zone;
      zone.edit({ gone: ['t 60 IN TXT'], come: [`t 60 IN TXT "edit ${next}"`] });
      zone.edit({ come: [`e${next} 60 IN A 192.0.2.${next & 255}`] });
      zone.serial = zone.origin === KEPT ? serial + 1 : serial;
      this.save(zone);
    }
  }

  private save({ origin, text }: EditedZone): void {
    const path = join(this.root, origin);
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }
}

/** Ours comes to have what the files say. */
async function areServed(killed: KilledServer): Promise<void> {
  for (const { origin, wanted } of killed.zones) {
    const end = Date.now() + PATIENCE_MS;
    const own = async () => withoutSoa(await recordsAt(killed.server, origin));
    while (!isDeepStrictEqual(await own(), withoutSoa(wanted)) && Date.now() < end) await sleep(20);
  }
}

/** Ours has what the files say, and BIND comes to have the same under the same serial. */
async function areEqual(killed: KilledServer, peer: Peer): Promise<void> {
  for (const zone of killed.zones) {
    const { origin } = zone;
    const wanted = withoutSoa(zone.wanted);
    assert.deepEqual(withoutSoa(await recordsAt(killed.server, origin)), wanted, origin);
    const serial = await serialAt(killed.server, origin);
    await untilSerial(
      peer,
      { origin, serial },
      () => `${killed.output}\n${peer.log().slice(-2000)}`,
    );
    assert.deepEqual(withoutSoa(await recordsAt(peer, origin)), wanted, `BIND, ${origin}`);
  }
}

test(`server: killed ${ROUNDS} times while files are saved, BIND has all that they say`, {
  timeout: 60_000 + ROUNDS * 5000,
}, async (t) => {
  if (!requirePeer(t, 'named')) return;
  const killed = new KilledServer(t, await freePort(), await freePort());
  const place = { folder: temporaryDirectory(t), port: killed.secondaryPort };
  const stanzas = killed.zones.map(
    ({ origin }) =>
      `zone "${origin}" { type secondary; file "${origin}"; min-refresh-time 1; min-retry-time 1;\n` +
      `allow-transfer { any; }; primaries { 127.0.0.1 port ${killed.server.port}; }; };\n`,
  );
  await killed.start();
  const peer = await startPeer('named', [], { place, more: stanzas.join('') });
  t.after(() => peer.stop());
  for (let round = 0; round < ROUNDS; round++) {
    await areEqual(killed, peer);
    const end = Date.now() + Math.random() * EDITING_MS;
    while (Date.now() < end) {
      killed.edit();
      await sleep(Math.random() * PAUSE_MS);
    }
    await killed.kill();
    assert.doesNotMatch(killed.output, /"event":"store\.|"level":"error"/);
    await killed.start();
  }
  await areEqual(killed, peer);
  killed.edit();
  await areServed(killed);
  await areEqual(killed, peer);
  await killed.kill();
  const folder = join(killed.stateFolder, 'store');
  assert.deepEqual(
    readdirSync(folder).filter((entry) => entry.startsWith('aside')),
    [],
  );
  const store = openStore(folder);
  assert.equal(store.stats().aside, null);
  await store.close();
});
