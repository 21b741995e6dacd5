/**
 * Gets one zone from a primary: asks, verifies, takes the reply apart, builds and checks the zone as one of a file is,
 * compiles it, and writes its file. Nothing is thrown: what goes wrong is a fault in the outcome, and then nothing has
 * changed. Must not know: threads, what is served, when to ask.
 */
import { randomInt } from 'node:crypto';
import { sharedMemory } from '../base/columns.js';
import { assert, errorText } from '../base/errors.js';
import { PROBLEMS_MAX } from '../base/limits.js';
import { bufferOf } from '../base/memory.js';
import { type Problem, ProblemList } from '../base/problem.js';
import {
  IXFR_RECORDS_MAX,
  SCRIBE_OCTETS_MIN,
  TRANSFER_PROGRESS_MS,
} from '../base/transfer-limits.js';
import { compileZone } from '../index/compile.js';
import { openHeld } from '../index/held-image.js';
import { IMAGE_FORMAT, IMAGE_MAGIC } from '../index/image.js';
import { peerText } from '../load/configured-zone.js';
import { serialOf } from '../load/load-zone.js';
import { checkIfSigned, signaturesEndOf } from '../load/signed-checks.js';
import { apexText } from '../load/zone.js';
import type { RecordView } from '../parse/record-sink.js';
import { RCODE_FORMERR, RCODE_NOTIMP, TYPE_AXFR, TYPE_IXFR, TYPE_SOA } from '../wire/constants.js';
import { readU32 } from '../wire/octets.js';
import { serialGrows } from '../wire/serial.js';
import type { TsigVerifier } from '../wire/tsig-stream.js';
import { ZoneBuilder } from '../zone/builder.js';
import { checkZone } from '../zone/check.js';
import { checkIterations } from '../zone/check-iterations.js';
import { Intake } from '../zone/intake.js';
import { findRrset, type Zone } from '../zone/zone.js';
import type { Scribe } from './scribe.js';
import { placeFile, type WrittenFile } from './sealed-file.js';
import { signatureFault } from './signature-fault.js';
import { exchange, type Taken } from './tcp-exchange.js';
import { fault, type TransferFault } from './transfer-faults.js';
import type {
  SoaTimes,
  TransferCost,
  TransferJob,
  TransferOutcome,
  TransferReply,
} from './transfer-job.js';
import { writeRequest } from './transfer-request.js';
import { XfrReader, type XfrSink } from './xfr-reader.js';
import { type BaseImage, ZoneDifferences } from './zone-differences.js';
import { writeZoneFile } from './zone-writer.js';

/** How to ask, the best first; the next is for servers that do not know the one before. */
const WAYS = [
  { type: TYPE_IXFR, edns: true },
  { type: TYPE_AXFR, edns: true },
  { type: TYPE_AXFR, edns: false },
] as const;

/** Records that there is room for, whatever is held. */
const RECORDS_MIN = 64;

type Way = (typeof WAYS)[number];

/** What one way of asking led to. */
type Attempt = {
  readonly reader: XfrReader;
  readonly received: ReceivedZone;
  readonly fault: TransferFault | null;
};

/**
 * @param progress is told from time to time what a transfer that takes long has taken so far
 * @param scribe writes the file of a large zone meanwhile; without one it is written in the end
 * @returns once the zone's file is on disk, or with the reason why it is as it was
 */
export async function receiveZone(
  job: TransferJob,
  progress: (cost: TransferCost) => void = () => {},
  scribe: Scribe | null = null,
): Promise<TransferReply> {
  try {
    return await receive(job, progress, scribe);
  } finally {
    scribe?.drop();
  }
}

async function receive(
  job: TransferJob,
  progress: (cost: TransferCost) => void,
  scribe: Scribe | null,
): Promise<TransferReply> {
  const start = performance.now();
  const cost = { messages: 0, octets: 0, records: 0, ms: 0 };
  const meter = new Meter(start, progress);
  let fallback: string | null = null;
  for (const [index, way] of WAYS.entries()) {
    if (way.type === TYPE_IXFR && job.held === null) continue;
    const attempt = await ask(job, way, scribe, (reader) => meter.tick(cost, reader));
    addCost(cost, attempt.reader);
    const another = index + 1 < WAYS.length ? reasonToAskAnew(attempt, way) : null;
    if (another !== null) {
      fallback ??= way.type === TYPE_IXFR ? another : null;
      continue;
    }
    const outcome = await conclude(job, attempt, scribe);
    const misfit = outcome === null ? (attempt.received.misfit ?? 'they do not fit') : null;
    if (outcome === null) {
      fallback = `the differences do not fit: ${misfit}`;
      continue;
    }
    cost.ms = performance.now() - start;
    return { kind: 'reply', outcome, cost, expireSeconds: attempt.reader.expireSeconds, fallback };
  }
  assert(false, 'the last way of asking has an outcome');
}

async function ask(
  job: TransferJob,
  { type, edns }: Way,
  scribe: Scribe | null,
  tick: (reader: XfrReader) => void,
): Promise<Attempt> {
  const { apex, held, primary, key } = job;
  const question = { id: randomInt(1 << 16), apex, type };
  const serial = held?.serial ?? 0;
  const { octets, verifier } = writeRequest({ ...question, serial, edns }, key, nowSeconds());
  const received = new ReceivedZone(job);
  const reader = new XfrReader(question, serial, received, job.bounds);
  const wrong = await exchange(primary, octets, job.exchange, (message) => {
    tick(reader);
    // started now, the thread is ready when it is wanted
    if (reader.octets >= SCRIBE_OCTETS_MIN) scribe?.wake();
    return takeMessage(message, reader, received, verifier);
  });
  return { reader, received, fault: wrong };
}

function takeMessage(
  message: Uint8Array,
  reader: XfrReader,
  received: ReceivedZone,
  verifier: TsigVerifier | null,
): Taken {
  const unsigned = verifier?.take(message, message.length, nowSeconds()) ?? null;
  if (verifier !== null && unsigned !== null) {
    // An unsigned refusal is not to be believed, but says more than that it is unsigned.
    const refusal = unsigned === 'unsigned' ? reader.take(message, message.length) : null;
    const isRefusal = refusal?.code === 'refused';
    return { isLast: true, fault: isRefusal ? refusal : signatureFault(verifier, unsigned) };
  }
  const wrong = reader.take(message, message.length);
  if (wrong !== null) return { isLast: true, fault: wrong };
  if (received.misfit !== null) return { isLast: true, fault: null };
  if (!reader.isComplete) return { isLast: false, fault: null };
  const last = verifier?.finish() ?? null;
  const isGood = verifier === null || last === null;
  return { isLast: true, fault: isGood ? null : signatureFault(verifier, last) };
}

/** Why another way may do better; null if none would. */
function reasonToAskAnew({ reader, received, fault: wrong }: Attempt, way: Way): string | null {
  if (received.misfit !== null) return `the differences do not fit: ${received.misfit}`;
  if (wrong === null) return null;
  // Servers that do not know EDNS or IXFR say so, or just end the connection.
  const isUnknown = wrong.rcode === RCODE_FORMERR || wrong.rcode === RCODE_NOTIMP;
  if (isUnknown || (wrong.code === 'closed' && reader.messages === 0)) return wrong.text;
  // What is wrong with differences need not be wrong with the zone.
  if (way.type !== TYPE_IXFR) return null;
  return ['refused', 'sequence', 'bad-record', 'lame'].includes(wrong.code) ? wrong.text : null;
}

function addCost(cost: { -readonly [K in keyof TransferCost]: number }, reader: XfrReader): void {
  cost.messages += reader.messages;
  cost.octets += reader.octets;
  cost.records += reader.records;
}

/** @returns null if differences do not fit what we have */
async function conclude(
  job: TransferJob,
  { reader, received, fault: wrong }: Attempt,
  scribe: Scribe | null,
): Promise<TransferOutcome | null> {
  if (wrong !== null) return failed(wrong);
  if (reader.form === 'current') return { kind: 'current', serial: reader.serial };
  // AXFR does not ask what we have.
  const isNews = job.held === null || serialGrows(job.held.serial, reader.serial);
  if (!isNews) return { kind: 'current', serial: reader.serial };
  if (reader.form === 'ixfr' && !received.applyTo(job)) return null;
  const written = order(job, reader.serial, received.intake, scribe);
  const problems = new ProblemList(job.strict, PROBLEMS_MAX, job.ignoreBroken);
  const locate = () => ({ file: job.path, line: 0, column: 0 });
  const options = { apex: job.apex, apexCertain: true };
  const zone = new ZoneBuilder(received.intake, options, problems, locate).build();
  // what the builder changed, or left out, is otherwise in the file
  const isAsReceived = problems.warningCount === 0;
  if (zone !== null) {
    checkZone(zone, problems, locate);
    checkIterations(zone, job.nsec3IterationsMax, problems, locate);
    checkIfSigned(zone, problems, locate);
  }
  if (zone === null || problems.errorCount > 0) {
    const first = problems.items.find(({ severity }) => severity === 'error')?.text ?? 'no zone';
    const text = `serial ${reader.serial} has ${problems.errorCount} errors, such as ${first}`;
    return failed(fault('zone-errors', text), problems.items);
  }
  const form = reader.form === 'ixfr' ? 'ixfr' : 'axfr';
  return finish(job, zone, problems, form, isAsReceived ? written : null);
}

/** Has the file written by the thread for it, if it is large enough for that. */
function order(
  job: TransferJob,
  serial: number,
  { names, records }: Intake,
  scribe: Scribe | null,
): Promise<WrittenFile | null> | null {
  if (scribe === null || names.size + records.size < SCRIBE_OCTETS_MIN) return null;
  return scribe.write(job.path, originText(job, serial), names, records);
}

/** @param written is the file under a temporary name, if there is one that has what the zone has */
async function finish(
  job: TransferJob,
  zone: Zone,
  problems: ProblemList,
  form: 'axfr' | 'ixfr',
  written: Promise<WrittenFile | null> | null,
): Promise<TransferOutcome> {
  const serial = serialOf(zone);
  let image: SharedArrayBuffer;
  try {
    const { nsec3IterationsMax } = job;
    image = compileZone(zone, null, { tinydns: false, nsec3IterationsMax });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return failed(fault('too-large', errorText(error)));
  }
  try {
    const made = await written;
    const file =
      made === null
        ? writeZoneFile(job.path, zone, originText(job, serial))
        : placeFile(job.path, made);
    const { items, warningCount } = problems;
    const { recordCount } = zone;
    const times = timesOf(zone);
    return {
      kind: 'zone',
      form,
      image,
      serial,
      recordCount,
      times,
      signaturesEnd: signaturesEndOf(zone),
      file,
      problems: items,
      warningCount,
    };
  } catch (error) {
    return failed(fault('unwritable', `the zone file cannot be written: ${errorText(error)}`));
  }
}

/** What the first line of the zone's file says. */
function originText({ apex, primary }: TransferJob, serial: number): string {
  return `zone ${apexText(apex)}, serial ${serial}, from ${peerText(primary)}`;
}

function failed(wrong: TransferFault, problems: readonly Problem[] = []): TransferOutcome {
  return { kind: 'failed', fault: wrong, problems };
}

function timesOf(zone: Zone): SoaTimes {
  const record = zone.rrsetRecordFirst[findRrset(zone, zone.apex, TYPE_SOA)]!;
  const end = zone.recordRdata[record]! + zone.recordLength[record]!;
  return {
    refresh: readU32(zone.rdata, end - 16),
    retry: readU32(zone.rdata, end - 12),
    expire: readU32(zone.rdata, end - 8),
  };
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** Tells the cost of a transfer that is under way, once in a while. */
class Meter {
  private readonly start: number;
  private readonly tell: (cost: TransferCost) => void;
  private toldAt: number;

  constructor(start: number, tell: (cost: TransferCost) => void) {
    this.start = start;
    this.tell = tell;
    this.toldAt = start;
  }

  /** @param before of the attempts that are over */
  tick(before: TransferCost, reader: XfrReader): void {
    const now = performance.now();
    if (now - this.toldAt < TRANSFER_PROGRESS_MS) return;
    this.toldAt = now;
    const cost = { ...before, ms: now - this.start };
    addCost(cost, reader);
    this.tell(cost);
  }
}

function newIntake(): Intake {
  return new Intake(undefined, undefined, sharedMemory);
}

/** An intake with room for a version that is a little larger than the one held: then nothing is copied on the way. */
function roomLike(base: BaseImage): Intake {
  const words = new Int32Array(bufferOf(base.memory), base.offset, IMAGE_MAGIC + 1);
  // several versions in one, which no primary has sent
  if (words[IMAGE_MAGIC] !== IMAGE_FORMAT) return newIntake();
  const { recordCount, arenaOctets } = openHeld(base);
  const expected = Math.max(RECORDS_MIN, recordCount + (recordCount >>> 4));
  return new Intake(expected, Math.max(RECORDS_MIN, arenaOctets), sharedMemory);
}

/** Takes in a zone, whole or as differences. */
class ReceivedZone implements XfrSink {
  readonly intake: Intake;
  private readonly differences = new ZoneDifferences();
  private form: 'axfr' | 'ixfr' = 'axfr';
  private clash: string | null = null;

  constructor({ apex, held }: TransferJob) {
    this.intake = held === null ? newIntake() : roomLike(held.base);
    this.intake.begin(apex);
  }

  /** Why the differences cannot be used; null as long as they can. */
  get misfit(): string | null {
    if (this.differences.count > IXFR_RECORDS_MAX)
      return `they have over ${IXFR_RECORDS_MAX} records`;
    return this.clash ?? this.differences.misfit;
  }

  begin(form: 'axfr' | 'ixfr', soa: RecordView): void {
    this.form = form;
    this.intake.record(soa);
  }

  record(record: RecordView, isRemoved: boolean): void {
    if (this.form === 'axfr') this.intake.record(record);
    else if (this.misfit === null) this.differences.take(record, isRemoved);
  }

  /** Takes in what the differences make of the version held. @returns whether they fit */
  applyTo({ held }: TransferJob): boolean {
    assert(held !== null, 'differences to what is held');
    this.clash = this.differences.apply(held.base, (record) => this.intake.record(record));
    return this.clash === null;
  }
}
