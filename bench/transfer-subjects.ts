/**
 * The servers of bench/subjects.ts that send zones, set up to send them to anybody on loopback and to keep differences
 * for IXFR. Must not know: what is measured.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Setup, SUBJECTS, type Subject, type SubjectName } from './subjects.js';

/** A file of its configuration, and what becomes of its text. */
export type FileChange = readonly [file: string, change: (text: string) => string];

/** What changes in the configuration. hotzone sends to loopback as it comes. */
const CHANGES: ReadonlyMap<SubjectName, FileChange> = new Map([
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

/** Servers that send and receive zones. */
export const TRANSFER_NAMES: readonly SubjectName[] = ['hotzone', 'named', 'nsd', 'knot'];

export const TRANSFER_SUBJECTS: readonly Subject[] = SUBJECTS.filter(({ name }) =>
  TRANSFER_NAMES.includes(name),
).map((subject) => {
  const change = CHANGES.get(subject.name);
  return change === undefined ? subject : changedSubject(subject, change);
});

/** A server with another configuration. */
export function changedSubject(subject: Subject, [file, change]: FileChange): Subject {
  const prepare = (setup: Setup): string[] => {
    const command = subject.prepare(setup);
    const path = join(setup.folder, file);
    writeFileSync(path, change(readFileSync(path, 'latin1')));
    return command;
  };
  return { ...subject, prepare };
}
