/**
 * The servers of bench/subjects.ts that send zones, set up to send them to anybody on loopback and to keep differences
 * for IXFR. Must not know: what is measured.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Setup, SUBJECTS, type Subject, type SubjectName } from './subjects.js';

/** What changes in the configuration, by its file. hotzone sends to loopback as it comes. */
const CHANGES: ReadonlyMap<SubjectName, readonly [file: string, change: (text: string) => string]> =
  new Map([
    [
      'named',
      [
        'named.conf',
        (text) => text.replace('recursion no;', 'recursion no; ixfr-from-differences yes;'),
      ],
    ],
    [
      'nsd',
      [
        'nsd.conf',
        (text) =>
          `${text.trimEnd()}\n  provide-xfr: 127.0.0.1 NOKEY\n  store-ixfr: yes\n  create-ixfr: yes\n`,
      ],
    ],
    [
      'knot',
      [
        'knot.conf',
        (text) =>
          text
            .replace(
              'template:',
              'acl:\n  - id: xfr\n    address: 127.0.0.1\n    action: transfer\ntemplate:',
            )
            .replace('zonefile-load: whole', 'zonefile-load: difference\n    acl: xfr')
            .replace('journal-content: none', 'journal-content: changes'),
      ],
    ],
  ]);

const NAMES: readonly SubjectName[] = ['hotzone', 'named', 'nsd', 'knot'];

export const TRANSFER_SUBJECTS: readonly Subject[] = SUBJECTS.filter(({ name }) =>
  NAMES.includes(name),
).map((subject) => ({ ...subject, prepare: (setup) => prepared(subject, setup) }));

function prepared(subject: Subject, setup: Setup): string[] {
  const command = subject.prepare(setup);
  const change = CHANGES.get(subject.name);
  if (change !== undefined) {
    const path = join(setup.folder, change[0]);
    writeFileSync(path, change[1](readFileSync(path, 'latin1')));
  }
  return command;
}
