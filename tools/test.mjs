/**
 * The gate: `npm test`. Packages, types, lint, unused code, then every test with coverage. Each stage prints one line
 * with its time; a failed stage does not hide the later ones. The last lines are the tests' totals.
 *
 * `--unit` runs types and tests only, without coverage. Further arguments pick test files by a part of their path:
 * `npm test -- parse/lexer`; coverage is then not judged.
 * Must not know: what any test checks.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { prepareOutput, preparePackages, ROOT, run } from './steps.mjs';

const bin = (path, ...args) => run(process.execPath, [join('node_modules', path), ...args]) === 0;

/** A test file that takes longer hangs. */
const FILE_MS_MAX = 180_000;

const unitOnly = process.argv.includes('--unit');
const picks = process.argv.slice(2).filter((argument) => argument !== '--unit');
const whole = !unitOnly && picks.length === 0;
const failed = [];

function stage(name, work) {
  const start = performance.now();
  const ok = work();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`== ${name}: ${ok ? 'ok' : 'FAILED'} in ${seconds} s`);
  if (!ok) failed.push(name);
  return ok;
}

/** Runs the tests. The totals are read from a second reporter, whose form is fixed. */
function runTests(totalsFile) {
  const files = testFiles();
  if (files.length === 0) {
    console.error(`no test file matches ${picks.join(' ')}`);
    return false;
  }
  rmSync(join(ROOT, 'coverage'), { recursive: true, force: true });
  const environment = { ...process.env };
  delete environment.NODE_TEST_CONTEXT;
  if (whole) environment.NODE_V8_COVERAGE = join(ROOT, 'coverage/tmp');
  const reporters = [
    ['spec', 'stdout'],
    ['tap', totalsFile],
  ].flatMap(([name, to]) => [`--test-reporter=${name}`, `--test-reporter-destination=${to}`]);
  // Files wait for servers and timers as much as they compute, so one core also gets two at a time.
  const concurrency = `--test-concurrency=${Math.max(2, availableParallelism())}`;
  const timeout = `--test-timeout=${FILE_MS_MAX}`;
  const options = ['--enable-source-maps', '--test', concurrency, timeout, ...reporters];
  return run(process.execPath, [...options, ...files], environment) === 0;
}

function testFiles() {
  const folder = join(ROOT, 'build/test');
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => relative(ROOT, join(folder, name)))
    .filter(
      (path) =>
        picks.length === 0 || picks.some((pick) => path.includes(pick.replace(/\.ts$/, ''))),
    )
    .sort();
}

function totals(totalsFile) {
  if (!existsSync(totalsFile)) return [];
  return readFileSync(totalsFile, 'utf8')
    .split('\n')
    .filter((line) => /^# (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(line));
}

const temporary = mkdtempSync(join(tmpdir(), 'hotzone-test-'));
try {
  const totalsFile = join(temporary, 'totals.tap');
  if (stage('packages', preparePackages)) {
    const built = stage('types', () => prepareOutput('build') && prepareOutput('dist'));
    if (whole) {
      stage('lint', () => bin('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'));
      stage('unused', () => bin('knip/bin/knip.js', '--no-progress'));
    }
    if (built) {
      const tested = stage('tests', () => runTests(totalsFile));
      if (tested && whole) stage('coverage', () => bin('c8/bin/c8.js', 'report'));
    }
  }
  if (failed.length > 0) console.log(`== FAILED: ${failed.join(', ')}`);
  for (const line of totals(totalsFile)) console.log(line);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
process.exitCode = failed.length === 0 ? 0 : 1;
