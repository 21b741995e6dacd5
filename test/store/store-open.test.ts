/**
 * Opening a store: who may have it, what is set aside and what is said, and where no store can be.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openStore, type Store } from '../../src/store/store.js';
import { memoryLog, temporaryDirectory } from '../e2e/test-server.js';
import { octets, startUser } from './stores.js';

const KEY = octets('key');

function keptIn(store: Store): string | null {
  const value = store.table('notified').get(KEY);
  return value === null ? null : Buffer.from(value).toString();
}

/** A folder with a closed store that holds a row. */
async function usedFolder(t: TestContext): Promise<string> {
  const folder = temporaryDirectory(t);
  const store = openStore(folder);
  store.table('notified').put(KEY, octets('kept'));
  await store.close();
  return folder;
}

// --- one owner ----------------------------------------------------------------------------------------------

test('a second store of one process on a folder is refused', async (t) => {
  const folder = temporaryDirectory(t);
  const store = openStore(folder);
  const inUse = { code: 'STORE_IN_USE', message: new RegExp(`process ${process.pid},`) };
  assert.throws(() => openStore(folder), inUse);
  store.table('notified').put(KEY, octets('kept'));
  await store.close();
  const again = openStore(folder);
  t.after(() => again.close());
  assert.equal(keptIn(again), 'kept');
});

test('a store of another process is refused while that lives, and not afterwards', async (t) => {
  const folder = await usedFolder(t);
  const other = startUser(t, folder, 'hold');
  assert.ok(other.stdout !== null);
  await once(other.stdout, 'data');
  const inUse = { code: 'STORE_IN_USE', message: new RegExp(`process ${other.pid},`) };
  assert.throws(() => openStore(folder), inUse);
  other.kill('SIGKILL');
  await once(other, 'close');
  assert.ok(existsSync(join(folder, 'owner')));
  const store = openStore(folder);
  assert.equal(keptIn(store), 'kept');
  await store.close();
  assert.deepEqual(readdirSync(folder).sort(), ['format', 'store.mdb', 'store.mdb-lock']);
});

test('of several servers that start at once where one has died, one gets the store', async (t) => {
  const folder = await usedFolder(t);
  for (let round = 0; round < 3; round++) {
    writeFileSync(join(folder, 'owner'), 'a dead one');
    const users = Array.from({ length: 4 }, () => startUser(t, folder, 'hold'));
    const said = await Promise.all(
      users.map(async ({ stdout }) => {
        assert.ok(stdout !== null);
        const [chunk] = await once(stdout, 'data');
        return String(chunk).trim();
      }),
    );
    assert.deepEqual(said.sort(), ['STORE_IN_USE', 'STORE_IN_USE', 'STORE_IN_USE', 'open']);
    const ends = users.map((user) => user.exitCode === null && once(user, 'close'));
    for (const user of users) user.kill('SIGKILL');
    await Promise.all(ends);
  }
});

const STALE: readonly (readonly [what: string, text: string])[] = [
  ['a process that is no more', `${2 ** 22 + 1} -\n`],
  ['a process of the same number that started at another time', `${process.pid} another/1\n`],
  ['nobody, since the machine stopped', ''],
  ['nothing that can be read', 'what is this'],
];

for (const [what, text] of STALE) {
  test(`a lock that names ${what} does not matter`, async (t) => {
    const folder = await usedFolder(t);
    writeFileSync(join(folder, 'owner'), text);
    const store = openStore(folder);
    t.after(() => store.close());
    assert.equal(keptIn(store), 'kept');
    assert.match(readFileSync(join(folder, 'owner'), 'utf8'), new RegExp(`^${process.pid} `));
  });
}

// --- set aside ----------------------------------------------------------------------------------------------

type Spoil = (file: (name: string) => string) => void;

const SPOILED: readonly (readonly [what: string, spoil: Spoil, fault: RegExp])[] = [
  [
    'cut short',
    (file) => {
      const data = readFileSync(file('store.mdb'));
      writeFileSync(file('store.mdb'), data.subarray(0, data.length - 4096));
    },
    /cut short/,
  ],
  ['shorter than its head', (file) => writeFileSync(file('store.mdb'), 'x'), /cut short/],
  [
    'random',
    (file) => writeFileSync(file('store.mdb'), Buffer.alloc(20_000, 0x5a)),
    /not a file of LMDB/,
  ],
  ['zero', (file) => writeFileSync(file('store.mdb'), Buffer.alloc(20_000)), /not a file of LMDB/],
  ['of another program', (file) => rmSync(file('format')), /not a store of this program/],
  ['of no known form', (file) => writeFileSync(file('format'), 'store'), /not a store of this/],
  [
    'newer',
    (file) => writeFileSync(file('format'), 'hotzone store 2\n'),
    /format 2 is newer than 1/,
  ],
  [
    'changed in a value',
    (file) => {
      const data = readFileSync(file('store.mdb'));
      for (let at = data.indexOf('kept'); at !== -1; at = data.indexOf('kept', at + 1)) {
        data.write('kapt', at);
      }
      writeFileSync(file('store.mdb'), data);
    },
    /a value of table notified has a wrong checksum/,
  ],
];

for (const [what, spoil, fault] of SPOILED) {
  test(`a store that is ${what} is set aside whole, and a new one is made`, async (t) => {
    const folder = await usedFolder(t);
    spoil((name) => join(folder, name));
    const spoiled = readFileSync(join(folder, 'store.mdb'));
    const { log, lines } = memoryLog();
    const store = openStore(folder, log);
    t.after(() => store.close());
    assert.match(store.stats().aside ?? '', fault);
    assert.equal(keptIn(store), null);
    store.table('notified').put(KEY, octets('new'));
    assert.equal(keptIn(store), 'new');
    const [line] = lines;
    assert.equal(line?.event, 'store.aside');
    assert.match(line?.text ?? '', fault);
    assert.ok(line?.text.includes(join(folder, 'store.mdb')));
    const aside = String(line?.fields['aside']);
    assert.deepEqual(readFileSync(aside), spoiled);
  });
}

test('an empty file is what a start leaves that was killed, and no damage', async (t) => {
  const folder = await usedFolder(t);
  writeFileSync(join(folder, 'store.mdb'), '');
  const store = openStore(folder);
  t.after(() => store.close());
  assert.equal(store.stats().aside, null);
  assert.equal(keptIn(store), null);
});

test('the newest four stores are kept aside', async (t) => {
  const folder = temporaryDirectory(t);
  for (let i = 0; i < 6; i++) {
    const store = openStore(folder);
    await store.close();
    writeFileSync(join(folder, 'store.mdb'), `spoiled ${i}`);
  }
  const aside = readdirSync(folder).filter((name) => name.startsWith('aside-'));
  const texts = aside.sort().map((name) => readFileSync(join(folder, name, 'store.mdb'), 'utf8'));
  assert.deepEqual(
    texts,
    [1, 2, 3, 4].map((i) => `spoiled ${i}`),
  );
});

// --- no store -----------------------------------------------------------------------------------------------

test('where no store can be, the error says where and why, and nothing is kept', (t) => {
  const parent = temporaryDirectory(t);
  writeFileSync(join(parent, 'file'), '');
  symlinkSync('loop', join(parent, 'loop'));
  mkdirSync(join(parent, 'spoiled', 'store.mdb'), { recursive: true });
  writeFileSync(join(parent, 'spoiled', 'format'), 'hotzone store 1\n');
  const rows: [folder: string, text: RegExp][] = [
    ['file', /file: EEXIST/],
    ['file/below', /file\/below: ENOTDIR/],
    ['loop', /loop: E[A-Z]+/],
    ['spoiled', /spoiled: EISDIR/],
  ];
  for (const [name, text] of rows) {
    const unavailable = { name: 'ServerError', code: 'STORE_UNAVAILABLE', message: text };
    assert.throws(() => openStore(join(parent, name)), unavailable);
  }
});

test('a folder that may not be written to is an error, and the process goes on', (t) => {
  if (process.getuid?.() === 0) {
    // To root no folder is closed, but in this one nobody makes files.
    assert.throws(() => openStore('/proc/self'), { code: 'STORE_UNAVAILABLE' });
    return;
  }
  const folder = join(temporaryDirectory(t), 'closed');
  mkdirSync(folder, { mode: 0o500 });
  assert.throws(() => openStore(folder), { code: 'STORE_UNAVAILABLE', message: /EACCES/ });
});
