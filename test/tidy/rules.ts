/**
 * The house rules that no linter has, one row each: what it forbids, how it is found, and a snippet that breaks it.
 * Each rule looks at a whole tree of files and returns `path:line: what is wrong`.
 * Must not know: which files are exempt; that is the test's table.
 */
import { posix } from 'node:path';
import { GENERATED_PAGES } from '../../tools/doc-pages.js';
import { lineOf, REGEX_MARK, type SourceText, type SourceTree } from './source-text.js';

type Files = Readonly<Record<string, string>>;

/** One rule. Each of `bad` breaks it and `good` does not. */
export type Rule = {
  readonly name: string;
  readonly find: (tree: SourceTree) => string[];
  readonly bad: readonly Files[];
  readonly good: Files;
};

/** Layers, low to high; those of one row do not import each other. */
const LAYERS: readonly (readonly string[])[] = [
  ['base'],
  ['wire'],
  ['parse', 'zone', 'config', 'metrics', 'store'],
  ['dnssec'],
  ['index'],
  ['engine'],
  ['load', 'transport'],
  ['transfer'],
  ['control'],
  ['main'],
];

const SOURCE_LINES_MAX = 400;
const TEST_LINES_MAX = 600;
const COLUMNS_MAX = 120;

const LIMITS = 'src/base/limits.ts';
const LIMITS_PART = 'src/base/transfer-limits.ts';
/** The table of problem codes, and parts of it that stand by themselves. */
const CODES = 'src/base/problem-codes.ts';
const CODE_PARTS = ['src/base/config-codes.ts', 'src/base/dnssec-codes.ts'];

// --- what a rule is made of -----------------------------------------------------------------------------------

const isSource = (path: string): boolean => /^src\/.*\.ts$/.test(path);
const isCode = (path: string): boolean => /^(?:src|test|bench|tools)\/.*\.(?:ts|mjs)$/.test(path);
const isPage = (path: string): boolean => /^(?:[A-Z]+\.md|docs\/.*\.md)$/.test(path);

function where(file: SourceText, offset: number, what: string): string {
  return `${file.path}:${lineOf(file.text, offset)}: ${what}`;
}

/** A rule about each file by itself. */
function eachFile(
  applies: (path: string) => boolean,
  find: (file: SourceText) => string[],
): Rule['find'] {
  return (tree) => [...tree.values()].filter((file) => applies(file.path)).flatMap(find);
}

/** A rule that some patterns do not occur. */
function forbids(
  applies: (path: string) => boolean,
  part: 'text' | 'code',
  patterns: readonly (readonly [pattern: RegExp, what: string])[],
): Rule['find'] {
  return eachFile(applies, (file) =>
    patterns.flatMap(([pattern, what]) =>
      [...file[part].matchAll(pattern)].map((match) => where(file, match.index, what)),
    ),
  );
}

/** Import specifiers of a file, with their offsets. */
function importsOf(file: SourceText): { specifier: string; offset: number }[] {
  const pattern = /\bfrom\s+'|\bimport\s+'|\bimport\('/g;
  return [...file.code.matchAll(pattern)].map((match) => {
    const start = match.index + match[0].length;
    return { specifier: file.text.slice(start, file.text.indexOf("'", start)), offset: start };
  });
}

// --- layers and packages --------------------------------------------------------------------------------------

function layerOf(path: string): string {
  // Programs stand in no folder.
  const parts = path.split('/');
  return parts.length === 2 ? 'main' : (parts[1] ?? '');
}

function findLayerBreaks(file: SourceText): string[] {
  const own = layerOf(file.path);
  const ownRank = LAYERS.findIndex((row) => row.includes(own));
  if (ownRank === -1) return [`${file.path}:1: the folder ${own} is not a layer`];
  return importsOf(file)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .flatMap(({ specifier, offset }) => {
      const target = layerOf(posix.join(posix.dirname(file.path), specifier).replace(/js$/, 'ts'));
      const rank = LAYERS.findIndex((row) => row.includes(target));
      const allowed = target === own || (rank !== -1 && rank < ownRank);
      return allowed ? [] : [where(file, offset, `${own} imports ${target}`)];
    });
}

function findSharedPackages(tree: SourceTree): string[] {
  const users = new Map<string, Set<string>>();
  for (const file of tree.values()) {
    if (!isSource(file.path)) continue;
    for (const { specifier } of importsOf(file)) {
      if (/^(?:\.|node:)/.test(specifier)) continue;
      const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
      users.set(name, (users.get(name) ?? new Set()).add(file.path));
    }
  }
  return [...users]
    .filter(([, paths]) => paths.size > 1)
    .map(([name, paths]) => `${[...paths].join(', ')}: all import the package ${name}`);
}

// --- files ----------------------------------------------------------------------------------------------------

function findPoorHeader(file: SourceText): string[] {
  const body = file.text.replace(/^#!.*\n/, '');
  if (!body.startsWith('/**')) return [`${file.path}:1: does not open with a /** header */`];
  const header = body.slice(0, body.indexOf('*/'));
  const missing = isSource(file.path) && !/must not know/i.test(header);
  return missing ? [`${file.path}:1: the header does not say what the file must not know`] : [];
}

function findLength(file: SourceText): string[] {
  const limit = isSource(file.path) ? SOURCE_LINES_MAX : TEST_LINES_MAX;
  const lines = file.text.trimEnd().split('\n').length;
  return lines <= limit ? [] : [`${file.path}:${lines}: ${lines} lines, more than ${limit}`];
}

function findWideLines(file: SourceText): string[] {
  return file.text
    .split('\n')
    .flatMap((line, i) =>
      [...line].length <= COLUMNS_MAX
        ? []
        : [`${file.path}:${i + 1}: more than ${COLUMNS_MAX} columns`],
    );
}

function findPoorName(file: SourceText): string[] {
  const parts = file.path.split('/');
  const vague = parts.find((part) =>
    /^(?:utils?|helpers?|common|misc|shared)(?:\.ts)?$/.test(part),
  );
  if (vague !== undefined) return [`${file.path}:1: ${vague} names nothing`];
  const odd = parts.find(
    (part) => !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.fuzz)?(?:\.ts|\.mjs)?$/.test(part),
  );
  return odd === undefined ? [] : [`${file.path}:1: ${odd} is not kebab-case`];
}

// --- hot path -------------------------------------------------------------------------------------------------

const HOT_BANS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/=>/g, 'a closure'],
  [/[=(,?]\s*function\b/g, 'a closure'],
  [/\.\.\./g, 'spread or rest'],
  [/(?:[=(,?:[]|\breturn)\s*\[/g, 'an array literal'],
  [/\b(?:const|let|var)\s*\[/g, 'destructuring of an array'],
  [/(?:[=(,?[]|\breturn)\s*\{/g, 'an object literal'],
  [/\bfor\s*\([^;)]*\bof\b/g, 'for-of'],
  [/`/g, 'a template string'],
  [/\.(?:entries|keys|values|forEach)\(/g, 'iteration by method'],
  [/\.(?:slice|subarray)\(/g, 'slice or subarray'],
  [new RegExp(`${REGEX_MARK}+`, 'g'), 'a regular expression'],
  [/\bthrow\b/g, 'throw'],
  [/\b(?:async|await)\b/g, 'async'],
  [/\btry\b/g, 'try'],
];

/** A line for each ban, to show that it is found. */
const HOT_BAD: readonly string[] = [
  'f((a) => a);',
  'f(function () {});',
  'f(...a);',
  'return [1];',
  'const [a] = b;',
  'f({ a: 1 });',
  'for (const a of b) f(a);',
  'f(`a`);',
  'a.forEach(b);',
  'a.subarray(1);',
  'f(/a/);',
  'throw a;',
  'await a;',
  'try {',
];

function findHotPathBreaks(file: SourceText): string[] {
  const found: string[] = [];
  for (const bar of file.text.matchAll(/^ *\/\/ === hot path.*$/gm)) {
    const stop = file.text.indexOf('// === end of hot path', bar.index);
    const code = file.code.slice(0, stop === -1 ? undefined : stop);
    for (const [pattern, what] of HOT_BANS) {
      for (const match of code.matchAll(pattern)) {
        if (match.index > bar.index)
          found.push(where(file, match.index, `${what} on the hot path`));
      }
    }
  }
  return found;
}

// --- tables ---------------------------------------------------------------------------------------------------

/** Names of a table file that no other file of src/ mentions in its code or strings. */
function findUnused(tree: SourceTree, table: string, pattern: RegExp): string[] {
  const file = tree.get(table);
  if (file === undefined) return [];
  const others = [...tree.values()].filter(({ path }) => isSource(path) && path !== table);
  const words = new Set(others.flatMap(({ text }) => text.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? []));
  const own = file.code.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? [];
  return [...file.code.matchAll(pattern)].flatMap((match) => {
    const name = match[1] ?? '';
    const used = words.has(name) || own.filter((word) => word === name).length > 1;
    return used ? [] : [where(file, match.index, `${name} is not used`)];
  });
}

function findStalePages(tree: SourceTree): string[] {
  return GENERATED_PAGES.filter(({ path, render }) => tree.get(path)?.text !== render()).map(
    ({ path }) => `${path}:1: differs from its table; npm run docs writes it`,
  );
}

// --- pages ----------------------------------------------------------------------------------------------------

function exists(tree: SourceTree, path: string): boolean {
  const clean = path.replace(/\/$/, '');
  return tree.has(clean) || [...tree.keys()].some((known) => known.startsWith(`${clean}/`));
}

function findDeadLinks(tree: SourceTree): string[] {
  return eachFile(isPage, (file) =>
    [...file.text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
      const target = (match[1] ?? '').replace(/#.*$/, '');
      if (target === '' || /^[a-z]+:/.test(target)) return [];
      const path = posix.join(posix.dirname(file.path), target);
      return exists(tree, path) ? [] : [where(file, match.index, `no file ${path} to link to`)];
    }),
  )(tree);
}

function findDeadMentions(tree: SourceTree): string[] {
  const pattern = /`((?:src|test|docs|bench|tools|zones)\/[\w./-]*)`/g;
  return eachFile(isPage, (file) =>
    [...file.text.matchAll(pattern)].flatMap((match) => {
      const path = match[1] ?? '';
      return exists(tree, path) ? [] : [where(file, match.index, `no file ${path}`)];
    }),
  )(tree);
}

// --- the table ------------------------------------------------------------------------------------------------

const HEADER = '/**\n * Something. Must not know: anything.\n */\n';
// Written in pieces, since this file is searched too.
const NOTE = ['TO', 'DO'].join('');
const NOTES = [NOTE, ['FIX', 'ME'].join(''), 'X'.repeat(3)].join('|');
const MACHINE_PATHS = ['/work', '/tmp/bash', '/root'].map((path) => `(?<![\\w.])${path}[_/]`);

export const RULES: readonly Rule[] = [
  {
    name: 'a file imports its own layer and lower ones only',
    find: eachFile(isSource, findLayerBreaks),
    bad: [{ 'src/load/a.ts': "import { b } from '../transport/b.js';" }],
    good: { 'src/load/a.ts': "import { b } from '../wire/b.js';\nimport { c } from './c.js';" },
  },
  {
    name: 'one package is imported by one file',
    find: findSharedPackages,
    bad: [{ 'src/load/a.ts': "import p from 'pino';", 'src/main.ts': "import p from 'pino';" }],
    good: { 'src/load/a.ts': "import p from 'pino';", 'test/b.ts': "import p from 'pino';" },
  },
  {
    name: 'file and folder names are kebab-case nouns',
    find: eachFile(isCode, findPoorName),
    bad: [
      { 'src/base/utils.ts': '' },
      { 'src/base/zoneFile.ts': '' },
      { 'test/Parse/a.test.ts': '' },
    ],
    good: { 'src/base/zone-file.ts': '', 'test/parse/zone-file.test.ts': '' },
  },
  {
    name: 'a file opens with a header that says what it is and what it must not know',
    find: eachFile(isCode, findPoorHeader),
    bad: [{ 'src/base/a.ts': 'export const a = 1;' }, { 'src/base/b.ts': '/** Something. */' }],
    good: { 'src/base/a.ts': HEADER, 'src/main.ts': `#!/usr/bin/env node\n${HEADER}` },
  },
  {
    name: 'a source file has at most 400 lines, a test file 600',
    find: eachFile(isCode, findLength),
    bad: [{ 'src/base/a.ts': 'a;\n'.repeat(401) }, { 'test/a.test.ts': 'a;\n'.repeat(601) }],
    good: { 'src/base/a.ts': 'a;\n'.repeat(400), 'test/a.test.ts': 'a;\n'.repeat(600) },
  },
  {
    name: 'a line has at most 120 columns',
    find: eachFile((path) => isCode(path) || path === 'docs/STYLE.md', findWideLines),
    bad: [{ 'src/base/a.ts': `// ${'a'.repeat(118)}` }],
    good: { 'src/base/a.ts': `// ${'é'.repeat(117)}` },
  },
  {
    name: '! stands after an index only',
    find: forbids(isSource, 'code', [[/[\w$)>]!(?!=)/g, '! after something else than an index']]),
    bad: [{ 'src/base/a.ts': 'const a = map.get(1)!;' }, { 'src/base/a.ts': 'let a!: number;' }],
    good: { 'src/base/a.ts': 'const a = octets[i]!; if (!a && a !== b) b = !c; // why()!' },
  },
  {
    name: 'the hot path neither allocates nor throws',
    find: eachFile(isSource, findHotPathBreaks),
    bad: HOT_BAD.map((line) => ({ 'src/wire/a.ts': `// === hot path\n${line}\n` })),
    good: {
      'src/wire/a.ts': [
        'const a = [1];',
        '// === hot path',
        'function f(a: number[]): number {',
        '  let b = (a[1]! << 8) | a[0]!; // [ … ] is fine in words',
        '  if (b) { b = a[a[0]!]! / 2; }',
        '  return b;',
        '}',
        '// === end of hot path',
        'const c = [...a];',
      ].join('\n'),
    },
  },
  {
    name: 'nothing is left to do later in the code',
    find: forbids((path) => isCode(path) || isPage(path), 'text', [
      [new RegExp(`\\b(?:${NOTES})\\b`, 'g'), 'work left over'],
    ]),
    bad: [{ 'src/base/a.ts': `// ${NOTE}: later` }],
    good: { 'src/base/a.ts': '// done' },
  },
  {
    name: 'no test runs alone, and a skipped test says why',
    find: forbids((path) => path.startsWith('test/'), 'code', [
      [/\b(?:test|it|describe|suite)\.(?:only|skip|todo)\b/g, 'only, skip or todo'],
      [/\.skip\(\s*\)/g, 'a skip without reason'],
      [/\b(?:only|skip|todo):\s*true\b/g, 'only, skip or todo'],
    ]),
    bad: [
      { 'test/a.test.ts': "test('a', (t) => { t.skip(); });" },
      { 'test/a.test.ts': `test.${'only'}('a', f);` },
      { 'test/a.test.ts': "test('a', { skip: true }, f);" },
    ],
    good: { 'test/a.test.ts': "test('a', (t) => { t.skip('no named here'); });" },
  },
  {
    name: 'every limit is used',
    find: (tree) =>
      [LIMITS, LIMITS_PART].flatMap((table) =>
        findUnused(tree, table, /\bexport const ([A-Z0-9_]+)/g),
      ),
    bad: [{ [LIMITS]: 'export const A_MAX = 1;', 'src/wire/a.ts': 'const B_MAX = 1;' }],
    good: { [LIMITS]: 'export const A_MAX = 1;', 'src/wire/a.ts': 'f(A_MAX);' },
  },
  {
    name: 'every problem code is used',
    find: (tree) =>
      [CODES, ...CODE_PARTS].flatMap((table) => findUnused(tree, table, /^ {2}([A-Z0-9_]+): \{/gm)),
    bad: [{ [CODES]: '  A_BAD: { help }', 'src/wire/a.ts': "fail('B_BAD')" }],
    good: { [CODES]: '  A_BAD: { help }', 'src/wire/a.ts': "fail('A_BAD')" },
  },
  {
    name: 'generated pages are fresh',
    find: findStalePages,
    bad: [{ 'docs/ERRORS.md': 'old' }],
    good: Object.fromEntries(GENERATED_PAGES.map(({ path, render }) => [path, render()])),
  },
  {
    name: 'links of the pages lead to files',
    find: findDeadLinks,
    bad: [{ 'docs/A.md': '[b](B.md)' }],
    good: { 'docs/A.md': '[b](../README.md#x) [c](#d) [e](https://example.org)', 'README.md': '' },
  },
  {
    name: 'files named in the pages exist',
    find: findDeadMentions,
    bad: [{ 'README.md': 'see `src/base/gone.ts`' }],
    good: { 'README.md': 'see `src/base/a.ts` and `src/base/`', 'src/base/a.ts': '' },
  },
  {
    name: 'no file names a place on one machine',
    find: forbids(() => true, 'text', [
      [new RegExp(MACHINE_PATHS.join('|'), 'g'), 'a path of one machine'],
    ]),
    bad: [{ 'docs/A.md': `run ${'/work'}/main` }],
    good: { 'docs/A.md': 'run ./main, see docs/main' },
  },
];
