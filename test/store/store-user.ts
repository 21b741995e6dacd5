/**
 * A program that opens the store in the folder it is given, says so or why not, and works on it until it is killed:
 * `hold` does nothing, `commit` writes one transaction after the other and says the number of each once it is on disk,
 * `fill` does so until a transaction fails and then says why, `compact` makes the store small and says so, or why not.
 * Must not know: who kills it.
 */
import { writeSync } from 'node:fs';
import { ServerError } from '../../src/base/errors.js';
import { openStore, type Store } from '../../src/store/store.js';
import { compactStore } from '../../src/store/store-compaction.js';

const WORKS: Readonly<Record<string, (store: Store) => void>> = {
  hold: () => {
    setInterval(() => {}, 1000);
  },
  commit: (store) => {
    for (let i = 0; ; i++) commit(store, i, `row${i % 64}`);
  },
  fill: (store) => {
    for (let i = 0; ; i++) commit(store, i, `row${i}`);
  },
  compact: (store) => {
    compactStore(store, folder).then(
      ({ after }) => say(String(after)),
      (error: unknown) => say(error instanceof ServerError ? error.code : String(error)),
    );
  },
};

const [folder = '', work = ''] = process.argv.slice(2);

/** Two tables that must agree, and a row of a size that needs pages of its own. */
function commit(store: Store, i: number, row: string): void {
  store.write(() => {
    const number = Buffer.from(String(i));
    store.table('notified').put(Buffer.from('last'), number);
    store.table('journal-records').put(Buffer.from(row), Buffer.alloc(9000, i));
    store.table('journal-zones').put(Buffer.from('last'), number);
  });
  say(String(i));
}

/** At once, also when the process is killed right afterwards. */
function say(text: string): void {
  writeSync(1, `${text}\n`);
}

try {
  const store = openStore(folder);
  say('open');
  WORKS[work]?.(store);
} catch (error) {
  say(error instanceof ServerError ? error.code : String(error));
}
