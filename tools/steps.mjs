/**
 * The steps that make a clone ready to run: install the packages of package-lock.json if node_modules does not hold
 * them; compile an output folder if any source differs from what it was made of. Uses nothing but Node, since nothing
 * else is there yet. Must not know: what is run afterwards.
 *
 * Order of times is not trusted: an older file put back, or a source removed, is a change too. So each output folder
 * keeps a digest of the sources it was made of.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, where every command runs. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const OUTPUTS = {
  dist: { project: 'tsconfig.json', sources: ['src'] },
  build: { project: 'tsconfig.build.json', sources: ['src', 'test', 'bench', 'tools'] },
};
const COMPILER = 'node_modules/typescript/bin/tsc';
const STAMP = '.sources';

/** Runs a command in the root with the caller's terminal; returns its exit code, 1 if it did not exit by itself. */
export function run(command, args, environment = process.env) {
  const { status, error } = spawnSync(command, args, {
    cwd: ROOT,
    env: environment,
    stdio: 'inherit',
  });
  if (error !== undefined) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}

/** Installs packages if need be; returns whether they are there. */
export function preparePackages() {
  if (packagesAreCurrent()) return true;
  console.error('prepare: installing packages (npm ci)');
  return run('npm', ['ci', '--no-audit', '--no-fund']) === 0;
}

/** Compiles into `dist` or `build` if need be; returns whether it is current. Type errors leave the old output. */
export function prepareOutput(name) {
  const { project, sources } = OUTPUTS[name];
  const digest = digestOf(project, sources);
  const stamp = join(ROOT, name, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return true;
  // Compiled aside and renamed: a run that has started keeps the files it was started with.
  const aside = `build-aside-${name}-${process.pid}`;
  try {
    if (run(process.execPath, [COMPILER, '-p', project, '--outDir', aside]) !== 0) return false;
    const main = join(ROOT, aside, 'main.js');
    if (existsSync(main)) chmodSync(main, 0o755);
    writeFileSync(join(ROOT, aside, STAMP), digest);
    rmSync(join(ROOT, name), { recursive: true, force: true });
    renameSync(join(ROOT, aside), join(ROOT, name));
    return true;
  } finally {
    rmSync(join(ROOT, aside), { recursive: true, force: true });
  }
}

/** Whether each package of the lock file that this machine needs is installed in that version. */
function packagesAreCurrent() {
  const hidden = join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === '' ||
      (present[path] === undefined
        ? entry.optional === true
        : present[path].version === entry.version),
  );
}

function digestOf(project, sources) {
  const hash = createHash('sha256');
  for (const file of ['tsconfig.json', project, 'package-lock.json']) addFile(hash, file);
  for (const folder of sources) {
    if (!existsSync(join(ROOT, folder))) continue;
    const names = readdirSync(join(ROOT, folder), { recursive: true }).sort();
    for (const name of names) if (name.endsWith('.ts')) addFile(hash, join(folder, name));
  }
  return hash.digest('hex');
}

function addFile(hash, path) {
  hash
    .update(`${path}\0`)
    .update(readFileSync(join(ROOT, path)))
    .update('\0');
}
