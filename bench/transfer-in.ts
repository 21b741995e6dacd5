/**
 * Servers as secondaries of one primary, whose zone is another with each round: each in turn is told by NOTIFY, and
 * has the zone whole. Timed from the NOTIFY to the first answer of the new version. Must not know: how a server is
 * configured, how figures are shown.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildQuery } from '../test/peers/message.js';
import { askUdp } from '../test/peers/query.js';
import { serialOf, soaQuery } from './asker.js';
import { PRIMARY, secondarySubjects } from './secondary-subjects.js';
import { Server } from './server.js';
import { missingPrograms, type SubjectName } from './subjects.js';
import { copyOfZone, type ZoneData } from './zone-data.js';

/** Opcode NOTIFY and AA, RFC 1996 §4.5. */
const NOTIFY_FLAGS = 0x2400;
const WAIT_MS_MAX = 120_000;
const POLL_MS = 10;
/** Time in which a server does what it does after it answers, such as to write the file; its CPU time counts. */
const SETTLE_MS = 5000;

/** What transfers took one server, round by round. */
export type InRow = {
  readonly title: string;
  readonly name: SubjectName;
  /** From NOTIFY to the answer. */
  readonly milliseconds: number[];
  /** Of all its threads, until SETTLE_MS after the answer. */
  readonly cpuMs: number[];
};

/** @param names of the servers that take part; @param firstSerial of the zone in `data` */
export async function measureIn(
  data: ZoneData,
  root: string,
  rounds: number,
  names: readonly string[],
  firstSerial: number,
): Promise<InRow[]> {
  const missing = missingPrograms(PRIMARY);
  if (missing.length > 0) {
    console.log(`  no transfers in: ${PRIMARY.title}, the primary, is not installed`);
    return [];
  }
  const own = copyOfZone(data, join(root, 'zones', 'primary'));
  const primary = await Server.start(PRIMARY, own, join(root, 'primary'), null);
  const secondaries: Server[] = [];
  try {
    for (const subject of secondarySubjects(primary.setup.port)) {
      if (!names.includes(subject.name) || missingPrograms(subject).length > 0) continue;
      const ownFile = join(root, `${subject.name}.zone`);
      const zones = own.zones.map(({ origin }) => ({ origin, file: ownFile }));
      secondaries.push(await Server.start(subject, { ...own, zones }, join(root, 'in'), null));
    }
    return await measureRounds(primary, secondaries, rounds, firstSerial);
  } finally {
    for (const server of [...secondaries, primary]) await server.stop();
  }
}

async function measureRounds(
  primary: Server,
  secondaries: readonly Server[],
  rounds: number,
  firstSerial: number,
): Promise<InRow[]> {
  const { origin, file } = primary.setup.data.zones[0] ?? { origin: '', file: '' };
  const rows = secondaries.map(({ subject: { name, title } }) => ({
    ...{ name, title },
    milliseconds: [] as number[],
    cpuMs: [] as number[],
  }));
  for (let serial = firstSerial + 1; serial <= firstSerial + rounds; serial++) {
    const text = readFileSync(file, 'latin1').replace(String(serial - 1), String(serial));
    writeFileSync(file, text, 'latin1');
    primary.reload(origin);
    await untilServed(primary, origin, serial);
    await sleep(SETTLE_MS);
    for (const [i, server] of secondaries.entries()) {
      const cpu = server.cpuMicros();
      const start = performance.now();
      await notify(server, origin);
      await untilServed(server, origin, serial);
      rows[i]?.milliseconds.push(performance.now() - start);
      await sleep(SETTLE_MS);
      rows[i]?.cpuMs.push((server.cpuMicros() - cpu) / 1000);
    }
  }
  return rows;
}

async function notify({ setup, subject }: Server, origin: string): Promise<void> {
  const query = buildQuery({ name: origin, type: 'SOA', flags: NOTIFY_FLAGS });
  const reply = await askUdp({ port: setup.port }, query);
  if (reply === null || (reply.readUInt8(3) & 0xf) !== 0) {
    throw new Error(`${subject.title} does not take NOTIFY`);
  }
}

async function untilServed({ setup, subject }: Server, origin: string, serial: number) {
  const query = soaQuery(origin);
  const deadline = performance.now() + WAIT_MS_MAX;
  while (performance.now() < deadline) {
    const reply = await askUdp({ port: setup.port }, query, { timeoutMs: 200, retries: 0 });
    if (reply !== null && serialOf(reply, query.length) === serial) return;
    await sleep(POLL_MS);
  }
  throw new Error(`${subject.title} does not serve ${serial}`);
}
