/**
 * Real secondaries: each takes a zone from a small primary of this test, is sent our NOTIFY of a newer version, answers
 * it, and fetches that version, which its own timers would not do for hours. What is not for them, they refuse.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { NotifySender } from '../../src/transport/notify.js';
import type { Endpoint } from '../../src/transport/query-handler.js';
import { memoryLog } from '../e2e/test-server.js';
import { buildQuery, decodeMessage, nameOctets } from '../peers/message.js';
import { freePort, programPath, requirePeer } from '../peers/peer.js';
import { askUdp } from '../peers/query.js';
import { name } from '../support/zones.js';

const ZONE = 'example.test';
const START_MS = 30_000;
const STOP_MS = 5_000;
const POLL_MS = 50;

// --- the primary ------------------------------------------------------------------------------------------------

const TYPE_NS = 2;
const TYPE_SOA = 6;

function u32(...values: number[]): Buffer {
  const octets = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    octets.writeUInt32BE(value, 4 * i);
  });
  return octets;
}

/** Its refresh and retry are a day, so that nothing but a NOTIFY makes a secondary ask again. */
function soaRdata(serial: number): Buffer {
  const names = [nameOctets(`ns.${ZONE}`), nameOctets(`hostmaster.${ZONE}`)];
  return Buffer.concat([...names, u32(serial, 86400, 86400, 864000, 300)]);
}

function record(type: number, rdata: Buffer): Buffer {
  const head = Buffer.from('c00c0000000100000e100000', 'hex');
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(rdata.length, 10);
  return Buffer.concat([head, rdata]);
}

/** Answers for the SOA, and with the whole zone, RFC 5936 §2.2, what asks for more. */
class Primary {
  serial = 1;
  readonly port: number;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(t: TestContext): Promise<Primary> {
    const primary = new Primary(await freePort());
    const udp = createSocket('udp4');
    t.after(() => udp.close());
    udp.on('message', (query, { port, address }) => udp.send(primary.answer(query), port, address));
    const tcp = createServer((socket) => {
      let octets = Buffer.alloc(0);
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk) => {
        octets = Buffer.concat([octets, chunk]);
        while (octets.length >= 2 && octets.length >= 2 + octets.readUInt16BE(0)) {
          const end = 2 + octets.readUInt16BE(0);
          const answer = primary.answer(octets.subarray(2, end));
          octets = octets.subarray(end);
          socket.write(Buffer.concat([Buffer.of(answer.length >> 8, answer.length & 255), answer]));
        }
      });
    });
    t.after(() => tcp.close());
    await new Promise<void>((done) => udp.bind(primary.port, '127.0.0.1', done));
    await new Promise<void>((done) => tcp.listen(primary.port, '127.0.0.1', done));
    return primary;
  }

  private answer(query: Buffer): Buffer {
    const { id, question } = decodeMessage(query);
    const type = question[0]?.split(' ')[2];
    const soa = record(TYPE_SOA, soaRdata(this.serial));
    const isTransfer = type === 'AXFR' || type === 'IXFR';
    const records = isTransfer ? [soa, record(TYPE_NS, nameOctets('ns.other.test')), soa] : [soa];
    const head = buildQuery({ name: ZONE, type: type ?? 'SOA', id, flags: 0x8400 });
    head.writeUInt16BE(records.length, 6);
    return Buffer.concat([head, ...records]);
  }
}

// --- the secondaries --------------------------------------------------------------------------------------------

type Setup = { readonly folder: string; readonly port: number; readonly primaryPort: number };

type SecondaryRow = {
  readonly program: string;
  /** Writes its configuration and gives its arguments. */
  readonly prepare: (setup: Setup) => string[];
  /** What it answers for a zone that it does not have. */
  readonly unknownZone: string;
};

const SECONDARIES: readonly SecondaryRow[] = [
  { program: 'named', prepare: prepareNamed, unknownZone: 'NOTAUTH' },
  { program: 'nsd', prepare: prepareNsd, unknownZone: 'NXDOMAIN' },
  { program: 'knotd', prepare: prepareKnot, unknownZone: 'NOTAUTH' },
  { program: 'pdns_server', prepare: preparePowerDns, unknownZone: 'REFUSED' },
];

function prepareNamed({ folder, port, primaryPort }: Setup): string[] {
  const conf = join(folder, 'named.conf');
  writeFileSync(
    conf,
    `options {
  directory "${folder}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  pid-file none; session-keyfile none; recursion no; dnssec-validation no; notify no;
};
controls { };
zone "${ZONE}" {
  type secondary; file "${ZONE}.db"; primaries { 127.0.0.1 port ${primaryPort}; };
};
`,
  );
  return ['-g', '-n', '1', '-c', conf];
}

function prepareNsd({ folder, port, primaryPort }: Setup): string[] {
  const conf = join(folder, 'nsd.conf');
  writeFileSync(
    conf,
    `server:
  ip-address: 127.0.0.1@${port}
  server-count: 1
  username: ""
  database: ""
  logfile: ""
  pidfile: "${folder}/nsd.pid"
  zonesdir: "${folder}"
  zonelistfile: "${folder}/zone.list"
  xfrdfile: "${folder}/xfrd.state"
  xfrdir: "${folder}"
remote-control:
  control-enable: no
zone:
  name: "${ZONE}"
  zonefile: "${ZONE}.zone"
  allow-notify: 127.0.0.1 NOKEY
  request-xfr: AXFR 127.0.0.1@${primaryPort} NOKEY
`,
  );
  return ['-d', '-c', conf];
}

function prepareKnot({ folder, port, primaryPort }: Setup): string[] {
  const conf = join(folder, 'knot.conf');
  writeFileSync(
    conf,
    `server:
    rundir: "${folder}"
    listen: 127.0.0.1@${port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: "${folder}"
remote:
  - id: primary
    address: 127.0.0.1@${primaryPort}
acl:
  - id: notify
    address: 127.0.0.1
    action: notify
zone:
  - domain: "${ZONE}"
    storage: "${folder}"
    master: primary
    acl: notify
`,
  );
  return ['-c', conf];
}

function preparePowerDns({ folder, port, primaryPort }: Setup): string[] {
  const conf = join(folder, 'named.conf');
  writeFileSync(
    conf,
    `zone "${ZONE}" { type slave; file "${folder}/${ZONE}.zone";` +
      ` masters { 127.0.0.1:${primaryPort}; }; };\n`,
  );
  const settings = {
    'config-dir': folder,
    daemon: 'no',
    guardian: 'no',
    launch: 'bind',
    'bind-config': conf,
    'local-address': '127.0.0.1',
    'local-port': port,
    'socket-dir': folder,
    'security-poll-suffix': '',
    'write-pid': 'no',
    'disable-syslog': 'yes',
    slave: 'yes',
    'query-cache-ttl': 0,
    'cache-ttl': 0,
    'negquery-cache-ttl': 0,
  };
  return Object.entries(settings).map(([key, value]) => `--${key}=${value}`);
}

class Secondary {
  readonly endpoint: Endpoint;
  private readonly child: ChildProcess;
  private log = '';

  private constructor(child: ChildProcess, port: number) {
    this.child = child;
    this.endpoint = { address: '127.0.0.1', port };
    const keep = (chunk: Buffer): void => {
      this.log += chunk.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  static async start(t: TestContext, row: SecondaryRow, primaryPort: number): Promise<Secondary> {
    const folder = mkdtempSync(join(tmpdir(), 'hotzone-notify-'));
    const port = await freePort();
    const args = row.prepare({ folder, port, primaryPort });
    const child = spawn(programPath(row.program) ?? '', args, { cwd: folder });
    const closed = new Promise((done) => child.once('close', done));
    t.after(async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await closed;
      clearTimeout(timer);
      rmSync(folder, { recursive: true, force: true });
    });
    return new Secondary(child, port);
  }

  /** Returns when it serves the zone with this serial. */
  async serves(serial: number): Promise<void> {
    const query = buildQuery({ name: ZONE, type: 'SOA' });
    const deadline = Date.now() + START_MS;
    for (;;) {
      const reply = await askUdp(this.endpoint, query, { timeoutMs: 200, retries: 0 });
      const soa = reply === null ? '' : (decodeMessage(reply).answer[0] ?? '');
      if (soa.endsWith(soaRdata(serial).toString('hex'))) return;
      const hasEnded = this.child.exitCode !== null || this.child.signalCode !== null;
      if (hasEnded || Date.now() > deadline) {
        throw new Error(`it does not serve ${serial}; its log:\n${this.log.slice(-4000)}`);
      }
      await sleep(POLL_MS);
    }
  }
}

// --- the tests --------------------------------------------------------------------------------------------------

async function answered(sender: NotifySender): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (sender.waiting > 0) {
    if (Date.now() > deadline) throw new Error('no answer');
    await sleep(POLL_MS);
  }
}

for (const row of SECONDARIES) {
  test(`${row.program} answers our NOTIFY and fetches the zone`, async (t) => {
    if (!requirePeer(t, row.program)) return;
    const primary = await Primary.start(t);
    const secondary = await Secondary.start(t, row, primary.port);
    await secondary.serves(1);
    const { log, lines } = memoryLog();
    const sender = new NotifySender(log);
    t.after(() => sender.stop());
    const notify = async (zone: string, serial: number, soa: Buffer | null) => {
      assert.ok(sender.send(name(zone), serial, soa, secondary.endpoint));
      await answered(sender);
      const { event, fields } = lines.splice(0, lines.length)[0] ?? {};
      return `${event} ${fields?.['rcode'] ?? ''}`.trim();
    };
    // With the SOA as a hint, without it, and spelled in other case.
    primary.serial = 2;
    assert.equal(await notify(ZONE, 2, soaRdata(2)), 'notify.answered');
    await secondary.serves(2);
    primary.serial = 3;
    assert.equal(await notify(ZONE.toUpperCase(), 3, null), 'notify.answered');
    await secondary.serves(3);
    assert.equal(await notify('other.test', 1, null), `notify.refused ${row.unknownZone}`);
  });
}
