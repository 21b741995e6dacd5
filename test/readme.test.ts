/**
 * What README.md and the pages of docs/ show is true: zone blocks load, console blocks print what they show.
 * The convention is in readme/blocks.ts. Must not know: what the pages say.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { requirePeer } from './peers/peer.js';
import { type Block, blocksOf, commandsOf, outputMatches } from './readme/blocks.js';
import { Session } from './readme/session.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const folder = join(ROOT, 'docs');
const docs = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.md')) : [];
const pages = ['README.md', ...docs.map((name) => `docs/${name}`)].filter((path) =>
  existsSync(join(ROOT, path)),
);

for (const path of pages) {
  const blocks = blocksOf(readFileSync(join(ROOT, path), 'utf8'));
  const zones = blocks.filter(({ language }) => language === 'zone');
  const consoles = blocks.filter(({ language }) => language === 'console');
  for (const block of zones) {
    test(`${path}:${block.line}: the zone passes hotzone check`, async () => {
      assert.equal(await checkZone(block), '');
    });
  }
  if (consoles.length > 0) {
    test(`${path}: the commands print what is shown`, async (t) => {
      if (!requirePeer(t, 'dig')) return;
      await runBlocks(consoles);
    });
  }
}

/** What `hotzone check` has to say about a block; empty if it passes. */
async function checkZone({ argument, text }: Block): Promise<string> {
  const temporary = mkdtempSync(join(tmpdir(), 'hotzone-zone-'));
  const session = await Session.open();
  try {
    const file = join(temporary, 'block.zone');
    writeFileSync(file, text);
    const origin = argument === '' ? (/^\$ORIGIN\s+(\S+)/m.exec(text)?.[1] ?? '') : argument;
    assert.notEqual(origin, '', 'a zone block names its origin after ```zone, or in $ORIGIN');
    const command = `hotzone check '${file}' --origin '${origin}'`;
    const { ok, printed } = await session.run({ command, output: [] });
    return ok ? '' : `refused: ${printed}`;
  } finally {
    await session.close();
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function runBlocks(blocks: readonly Block[]): Promise<void> {
  const session = await Session.open();
  try {
    for (const { text, line } of blocks) {
      for (const shown of commandsOf(text)) {
        const { ok, printed } = await session.run(shown);
        assert.ok(ok, `block at line ${line}: $ ${shown.command}\nprinted:\n${printed}`);
      }
    }
  } finally {
    await session.close();
  }
}

function consoleBlock(text: string): Block {
  return { language: 'console', argument: '', text, line: 1 };
}

test('a wrong zone block fails, a right one passes', async () => {
  const right = '@ SOA ns hostmaster 1 7200 900 1209600 300\n@ NS ns\nns A 192.0.2.1\n';
  const block = { language: 'zone', argument: 'example.org', text: `$TTL 300\n${right}`, line: 1 };
  assert.equal(await checkZone(block), '');
  assert.match(await checkZone({ ...block, text: `$TTL 300\n${right}a A 192.0.2\n` }), /refused/);
  await assert.rejects(checkZone({ ...block, argument: '' }), /names its origin/);
});

test('a wrong console block fails, a right one passes', async () => {
  await runBlocks([
    consoleBlock('$ echo a > f\n$ cat f\na\n'),
    consoleBlock('$ cat f; false\na\n'),
  ]);
  await assert.rejects(runBlocks([consoleBlock('$ echo a\nb\n')]), /printed:\na/);
  await assert.rejects(runBlocks([consoleBlock('$ false\n')]), /\$ false/);
});

test('a server is started, asked, changed and asked again', async (t) => {
  if (!requirePeer(t, 'dig')) return;
  const soa = '@ 300 SOA ns hostmaster 1 7200 900 1209600 300';
  const address = 'www.example.org. 300 IN A 192.0.2';
  await runBlocks([
    consoleBlock(
      [
        '$ mkdir -p zones',
        "$ cat > zones/example.org.zone <<'END'",
        `> ${soa}`,
        '> @ 300 NS ns',
        '> ns 300 A 192.0.2.1',
        '> www 300 A 192.0.2.2',
        '> END',
        '$ npm start',
        '$ dig @127.0.0.1 -p 5300 www.example.org +noall +answer | tr -s "\\t" " "',
        `${address}.2`,
        '$ sed -i s/192.0.2.2/192.0.2.3/ zones/example.org.zone',
        '$ dig @127.0.0.1 -p 5300 www.example.org +noall +answer | tr -s "\\t" " "',
        `${address}.3`,
      ].join('\n'),
    ),
  ]);
});

test('blocks are found with their language, argument and line', () => {
  const page = 'a\n```zone example.org\nb\n```\n\n```sh\nc\n```\n```\nd\n```\n';
  assert.deepEqual(blocksOf(page), [
    { language: 'zone', argument: 'example.org', text: 'b\n', line: 2 },
    { language: 'sh', argument: '', text: 'c\n', line: 6 },
  ]);
});

test('commands are found with what they print', () => {
  assert.deepEqual(commandsOf('$ a <<E\n> b\n> E\n$ c\nd\n> e\n'), [
    { command: 'a <<E\nb\nE', output: [] },
    { command: 'c', output: ['d', '> e'] },
  ]);
  assert.throws(() => commandsOf('a\n'), /before the first command/);
});

test('output matches what is shown, … being anything', () => {
  const rows: [shown: string, actual: string, matches: boolean][] = [
    ['a', 'a\n', true],
    ['a', 'b\n', false],
    ['a', 'a\nb\n', false],
    ['a\n…', 'a\nb\nc\n', true],
    ['a\n…\nc', 'a\nc\n', true],
    ['…\nc', 'a\nb\nc\n', true],
    ['…\nd', 'a\nb\nc\n', false],
    ['a … c', 'a b c', true],
    ['a … c', 'a b d', false],
    ['a.c (x)', 'a.c (x)  \n\n', true],
    ['a.c', 'abc', false],
  ];
  for (const [shown, actual, matches] of rows) {
    assert.equal(outputMatches(shown.split('\n'), actual), matches, `${shown} / ${actual}`);
  }
});
