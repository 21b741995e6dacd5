/**
 * Edits of every kind under load: no query is lost, no answer is wrong or late, no SERVFAIL, and memory stays flat.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Answer, askTcp, UdpClient } from '../e2e/client.js';
import type { StormMemory } from './storm-server.js';
import { Subject } from './subject.js';

export type StormPlan = {
  readonly seconds: number;
  readonly edits: number;
  readonly zones: number;
  /** UDP questions under way at once. */
  readonly clients: number;
  /** Milliseconds that an answer may lag behind a finished write. */
  readonly lagMs: number;
};

export type StormReport = {
  edits: number;
  queries: number;
  lost: number;
  /** The first wrong answers, and how many there were. */
  readonly faults: string[];
  faultCount: number;
  /** Milliseconds from a finished write to its first answer, by kind of edit. */
  readonly latencies: { kind: string; ms: number }[];
  memoryBefore: StormMemory;
  memoryAfter: StormMemory;
};

const SERVER = fileURLToPath(new URL('./storm-server.js', import.meta.url));
const FAULTS_KEPT = 10;
/** Edits before memory is first measured: caches, compiled code and heap have their size by then. */
const WARM_UP = 0.3;

export async function runStorm(plan: StormPlan): Promise<StormReport> {
  const directory = mkdtempSync(join(tmpdir(), 'hotzone-storm-'));
  const zones = join(directory, 'zones');
  mkdirSync(zones);
  const subjects = Array.from({ length: plan.zones }, (_, i) => new Subject(zones, i, plan.lagMs));
  const server = fork(SERVER, [zones], { execArgv: ['--expose-gc'] });
  try {
    const [port] = await once(server, 'message');
    const measure = async (): Promise<StormMemory> => {
      server.send('measure');
      return (await once(server, 'message'))[0];
    };
    return await storm(plan, subjects, Number(port), measure);
  } finally {
    server.disconnect();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function storm(
  plan: StormPlan,
  subjects: readonly Subject[],
  port: number,
  measure: () => Promise<StormMemory>,
): Promise<StormReport> {
  const empty = await measure();
  const report: StormReport = {
    edits: 0,
    queries: 0,
    lost: 0,
    faults: [],
    faultCount: 0,
    latencies: [],
    memoryBefore: empty,
    memoryAfter: empty,
  };
  const client = new UdpClient(port);
  const end = { reached: false };
  const load = [
    ...Array.from({ length: plan.clients }, (_, i) => ask(report, subjects, client, i, end)),
    askByTcp(report, subjects, port, end),
  ];
  const pauseMs = (plan.seconds * 1000 * plan.zones) / plan.edits;
  const start = performance.now();
  const editors = subjects.map((subject, i) =>
    edit(report, subject, client, { startMs: (i * pauseMs) / plan.zones, pauseMs, start, plan }),
  );
  await setTimeout(plan.seconds * 1000 * WARM_UP);
  report.memoryBefore = await measure();
  await Promise.all(editors);
  end.reached = true;
  await Promise.all(load);
  client.close();
  report.memoryAfter = await measure();
  return report;
}

/** Edits one zone at its pace until the time is over. */
async function edit(
  report: StormReport,
  subject: Subject,
  client: UdpClient,
  pace: { startMs: number; pauseMs: number; start: number; plan: StormPlan },
): Promise<void> {
  const { seconds, edits, zones, lagMs } = pace.plan;
  for (let i = 0; i * zones < edits; i++) {
    const at = pace.start + pace.startMs + i * pace.pauseMs;
    await setTimeout(Math.max(0, at - performance.now()));
    if (performance.now() - pace.start > seconds * 1000) return;
    const { kind, answer } = await subject.edit();
    const written = performance.now();
    report.edits++;
    while (performance.now() - written < lagMs) {
      if (textOf(await client.ask(`t.${subject.name}`)) === answer) break;
      await setTimeout(2);
    }
    report.latencies.push({ kind, ms: performance.now() - written });
  }
}

async function ask(
  report: StormReport,
  subjects: readonly Subject[],
  client: UdpClient,
  seed: number,
  end: { readonly reached: boolean },
): Promise<void> {
  for (let i = seed; !end.reached; i++) {
    const subject = subjects[(i * 7 + seed) % subjects.length];
    if (subject === undefined) return;
    const askedAt = performance.now();
    const answer = await client.ask(`${i % 2 === 0 ? 't' : 'e'}.${subject.name}`);
    note(report, subject, answer, askedAt);
    if (i % 16 === 0) await setTimeout(1);
  }
}

async function askByTcp(
  report: StormReport,
  subjects: readonly Subject[],
  port: number,
  end: { readonly reached: boolean },
): Promise<void> {
  while (!end.reached) {
    const askedAt = performance.now();
    const names = subjects.map((subject) => `e.${subject.name}`);
    const answers = await askTcp(port, names).catch(() => []);
    for (const [i, subject] of subjects.entries())
      note(report, subject, answers[i] ?? null, askedAt);
    await setTimeout(5);
  }
}

function note(report: StormReport, subject: Subject, answer: Answer | null, askedAt: number): void {
  report.queries++;
  if (answer === null) {
    report.lost++;
    return;
  }
  const fault = subject.fault(textOf(answer), askedAt, performance.now());
  if (fault === null) return;
  report.faultCount++;
  if (report.faults.length < FAULTS_KEPT) report.faults.push(fault);
}

function textOf(answer: Answer | null): string {
  return answer === null ? 'no answer' : (answer.txt ?? answer.rcode);
}

/** The value below which this share of the latencies lies. */
export function percentile(report: StormReport, share: number): number {
  const sorted = report.latencies.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
