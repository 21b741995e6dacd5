/**
 * The house rules as tests: each rule finds its own bad example and passes its good one, and finds nothing in the
 * repository but what the table of exemptions names. Function length, `any`, file names and import style are
 * the linter's, see biome.json; that these rules of the linter are on is checked here too.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RULES } from './tidy/rules.js';
import { codeOnly, sourceTree } from './tidy/source-text.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The only exemptions. `finding` is a part of what the rule would say. */
const EXEMPTIONS: readonly { rule: string; finding: string; reason: string }[] = [];

const tree = sourceTree(repositoryFiles().map((path) => [path, readText(path)]));

/** Every file that git tracks or would track; without git, every file outside of what is generated. */
function repositoryFiles(): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const git = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  const listed = git.status === 0 ? git.stdout.split('\0') : walk();
  return [...new Set(listed)].filter((path) => path !== '' && isText(path)).sort();
}

function walk(): string[] {
  const generated = /^(?:node_modules|dist|build[^/]*|coverage|\.git)(?:\/|$)/;
  return readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !generated.test(path),
  );
}

function isText(path: string): boolean {
  const stats = statSync(join(ROOT, path), { throwIfNoEntry: false });
  return stats?.isFile() === true && stats.size < 1 << 20 && !readText(path).includes('\0');
}

function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

for (const { name, find, bad, good } of RULES) {
  test(`tidy: ${name}`, () => {
    const used = EXEMPTIONS.filter(({ rule }) => rule === name);
    const found = find(tree);
    const open = found.filter((text) => !used.some(({ finding }) => text.includes(finding)));
    assert.deepEqual(open, []);
    const idle = used.filter(({ finding }) => !found.some((text) => text.includes(finding)));
    assert.deepEqual(idle, [], 'exemptions that nothing needs');
  });

  test(`tidy can fail: ${name}`, () => {
    for (const files of bad) {
      assert.notEqual(find(sourceTree(Object.entries(files))).length, 0, JSON.stringify(files));
    }
    assert.deepEqual(find(sourceTree(Object.entries(good))), []);
  });
}

test('tidy: exemptions name a rule and give a reason', () => {
  const names = new Set(RULES.map(({ name }) => name));
  for (const { rule, reason } of EXEMPTIONS) {
    assert.ok(names.has(rule), `no rule ${rule}`);
    assert.ok(reason.length > 10, `${rule}: ${reason}`);
  }
});

/** What the linter must refuse, by its rule. */
const LINTED: readonly (readonly [rule: string, path: string, text: string])[] = [
  ['noExplicitAny', 'src/base/a.ts', 'export let a: any;'],
  ['noDefaultExport', 'src/base/a.ts', 'export default 1;'],
  ['noBarrelFile', 'src/base/a.ts', "export { b } from './b.js';"],
  ['noReExportAll', 'src/base/a.ts', "export * from './b.js';"],
  ['noEnum', 'src/base/a.ts', 'export enum A { B }'],
  ['useFilenamingConvention', 'src/base/zoneFile.ts', 'export const a = 1;'],
  ['useImportType', 'src/base/a.ts', "import { B } from './b.js';\nexport type A = B;"],
  ['useNodejsImportProtocol', 'src/base/a.ts', "import { join } from 'path';\njoin();"],
  [
    'noExcessiveLinesPerFunction',
    'src/base/a.ts',
    `export function a() {\n${'  f();\n'.repeat(71)}}\n`,
  ],
];

test('the linter refuses what is left to it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-lint-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const config = JSON.parse(readText('biome.json'));
  writeFileSync(join(folder, 'biome.json'), JSON.stringify({ ...config, vcs: { enabled: false } }));
  for (const [rule, path, text] of LINTED) {
    mkdirSync(join(folder, rule, dirname(path)), { recursive: true });
    writeFileSync(join(folder, rule, path), text);
  }
  const linter = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
  const args = [linter, 'lint', '--reporter=github', '--max-diagnostics=none', '.'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  for (const [rule, path] of LINTED) {
    const pattern = new RegExp(`::error title=lint/\\w+/${rule},file=[^,]*/${rule}/${path},`);
    assert.match(stdout, pattern);
  }
});

test('comments, strings and templates are not code, ${…} is', () => {
  const rows: [text: string, code: string][] = [
    ["f('// a'); // b", "f('    ');     "],
    ['f(/* a\n */ b)', 'f(    \n    b)'],
    ['`a ${b + `c ${d}`} e`', '`  ${b + `  ${d}`}  `'],
    ["f('\\'a', 1)", "f('   ', 1)"],
    ['a / b / c', 'a / b / c'],
    ['f(/[/"]/) + 1', `f(${'\u0001'.repeat(6)}) + 1`],
  ];
  for (const [text, code] of rows) assert.equal(codeOnly(text), code);
});
