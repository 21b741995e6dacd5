/**
 * Signing a zone of 100,000 names with ECDSAP256SHA256: hotzone beside dnssec-signzone and ldns-signzone, as processes,
 * interleaved; CPU time of all threads, and wall time. Then the same zone after an edit of one address, which hotzone
 * signs with what it has kept. `npm run bench:signing [NAMES] [ROUNDS]`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ZONE = 'example.com';
const NAMES = Number(process.argv[2] ?? 100_000);
const ROUNDS = Number(process.argv[3] ?? 5);
const ONCE = fileURLToPath(new URL('./sign-once.js', import.meta.url));

type Spent = { readonly cpuSeconds: number; readonly wallSeconds: number };

const folder = mkdtempSync(join(tmpdir(), 'hotzone-bench-'));
const inFolder = (name: string): string => join(folder, name);

function zoneText(edit: number): string {
  const names = Array.from(
    { length: NAMES },
    (_, i) => `h${i} A 10.${i >> 16}.${(i >> 8) & 255}.${i & 255}\n`,
  );
  const head = '$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 300\n@ NS ns1\n';
  return `${head}ns1 A 192.0.2.${edit}\n${names.join('')}`;
}

/** Runs a program to its end. @throws Error if it fails */
function spent(command: string, args: readonly string[]): Spent {
  const script = `TIMEFORMAT='%U %S %R'; time "$@" >/dev/null`;
  const run = spawnSync('bash', ['-c', script, 'bash', command, ...args], { encoding: 'utf8' });
  const [user, system, wall] = (run.stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  if (run.status !== 0 || user === undefined || system === undefined || wall === undefined) {
    throw new Error(`${command}: ${run.stderr}`);
  }
  return { cpuSeconds: user + system, wallSeconds: wall };
}

function subjects(keys: readonly string[]): readonly (readonly [string, () => Spent])[] {
  const plain = inFolder('plain.zone');
  const out = inFolder('out');
  const once = (file: string, kept: string) =>
    spent(process.execPath, [ONCE, file, ZONE, inFolder('keys'), kept]);
  return [
    ['hotzone', () => once(plain, '')],
    ['hotzone, after an edit', () => once(inFolder('edited.zone'), inFolder('kept'))],
    [
      'dnssec-signzone',
      () =>
        spent('dnssec-signzone', [
          '-q',
          '-P',
          '-S',
          '-K',
          inFolder('keys'),
          '-o',
          ZONE,
          '-f',
          out,
          plain,
        ]),
    ],
    [
      'ldns-signzone',
      () => spent('ldns-signzone', ['-o', `${ZONE}.`, '-f', out, inFolder('ldns.zone'), ...keys]),
    ],
  ];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function main(): void {
  mkdirSync(inFolder('keys'));
  const keygen = (...more: string[]): string => {
    const args = ['-q', '-a', 'ECDSAP256SHA256', '-K', inFolder('keys'), ...more, ZONE];
    return inFolder(`keys/${execFileSync('dnssec-keygen', args, { encoding: 'utf8' }).trim()}`);
  };
  const keys = [keygen('-f', 'KSK'), keygen()];
  writeFileSync(inFolder('plain.zone'), zoneText(1));
  // ldns does not know what @ is before it has seen a SOA
  writeFileSync(inFolder('ldns.zone'), `$ORIGIN ${ZONE}.\n${zoneText(1)}`);
  writeFileSync(inFolder('edited.zone'), zoneText(1));
  spent(process.execPath, [
    ONCE,
    inFolder('edited.zone'),
    ZONE,
    inFolder('keys'),
    inFolder('kept'),
  ]);
  const rows = subjects(keys);
  const results = new Map(rows.map(([name]) => [name, [] as Spent[]]));
  for (let round = 0; round < ROUNDS; round++) {
    writeFileSync(inFolder('edited.zone'), zoneText(2 + round));
    for (const [name, run] of rows) results.get(name)?.push(run());
  }
  console.log(`${NAMES} names, ${ROUNDS} rounds, medians`);
  for (const [name, runs] of results) {
    const cpu = median(runs.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2);
    const wall = median(runs.map(({ wallSeconds }) => wallSeconds)).toFixed(2);
    console.log(`${name.padEnd(24)} ${cpu.padStart(6)} s CPU ${wall.padStart(6)} s`);
  }
}

try {
  main();
} finally {
  rmSync(folder, { recursive: true });
}
