/**
 * `npm run soak [seconds]`: a thousand edits in a minute under load, or as many in proportion. Prints what was
 * measured; exit code 1 if anything was wrong.
 */
import { percentile, runStorm, type StormReport } from './reload-storm.js';

const SECONDS = Number(process.argv[2] ?? 60);
const EDITS_PER_SECOND = 1000 / 60;
const MIB = 1 << 20;

const report = await runStorm({
  seconds: SECONDS,
  edits: Math.round(SECONDS * EDITS_PER_SECOND),
  zones: 16,
  clients: 8,
  lagMs: 1500,
});
print(report);
if (report.faultCount + report.lost > 0) process.exitCode = 1;

function print(figures: StormReport): void {
  const { edits, queries, lost, faults, faultCount, memoryBefore, memoryAfter } = figures;
  const ms = (share: number) => `${percentile(figures, share).toFixed(0)} ms`;
  console.log(`edits    ${edits} in ${SECONDS} s`);
  console.log(`queries  ${queries}, lost ${lost}, wrong ${faultCount}`);
  for (const fault of faults) console.log(`         ${fault}`);
  console.log(`latency  p50 ${ms(0.5)}, p99 ${ms(0.99)}, max ${ms(1)}`);
  for (const [kind, worst] of worstByKind(figures)) {
    console.log(`         ${kind}: max ${worst.toFixed(0)} ms`);
  }
  for (const key of ['rss', 'heapUsed', 'external', 'arrayBuffers'] as const) {
    const [before, after] = [memoryBefore[key] / MIB, memoryAfter[key] / MIB];
    console.log(
      `memory   ${key} ${before.toFixed(1)} MiB warm, ${after.toFixed(1)} MiB at the end`,
    );
  }
  console.log(`events   ${JSON.stringify(memoryAfter.events)}`);
}

function worstByKind(figures: StormReport): Map<string, number> {
  const worst = new Map<string, number>();
  for (const { kind, ms } of figures.latencies) worst.set(kind, Math.max(ms, worst.get(kind) ?? 0));
  return worst;
}
