/**
 * The servers of bench/transfer-subjects.ts as secondaries of one primary on loopback, and that primary, the same for
 * all: it sends to anybody and keeps no differences, so that every transfer is of a whole zone.
 * Must not know: what is measured.
 */

import { type Setup, SUBJECTS, type Subject, type SubjectName, written } from './subjects.js';
import { changedSubject, type FileChange, TRANSFER_NAMES } from './transfer-subjects.js';

/** What makes each a secondary of the server on a port. All write what they have received to files. */
const SECONDARY_CHANGES: ReadonlyMap<SubjectName, (port: number) => FileChange> = new Map([
  [
    'named',
    (port) => [
      'named.conf',
      (text) =>
        text.replaceAll(
          'type primary;',
          `type secondary; primaries { 127.0.0.1 port ${port}; }; masterfile-format text;`,
        ),
    ],
  ],
  [
    'nsd',
    // Without the second that it waits, as it comes, before it loads what it has.
    (port) => [
      'nsd.conf',
      (text) =>
        text
          .replace('zonefiles-write: 0', 'zonefiles-write: 3600\n  xfrd-reload-timeout: 0')
          .replaceAll(
            /zonefile: .*/g,
            `$&\n  request-xfr: 127.0.0.1@${port} NOKEY\n  allow-notify: 127.0.0.1 NOKEY`,
          ),
    ],
  ],
  [
    'knot',
    (port) => [
      'knot.conf',
      (text) =>
        text
          .replace(
            'template:',
            `remote:\n  - id: primary\n    address: 127.0.0.1@${port}\n` +
              'acl:\n  - id: told\n    address: 127.0.0.1\n    action: notify\ntemplate:',
          )
          .replace('zonefile-sync: -1', 'zonefile-sync: 0\n    master: primary\n    acl: told'),
    ],
  ],
]);

/** Counts questions by type, which `knotc stats` tells. */
const PRIMARY_CHANGE: FileChange = [
  'knot.conf',
  (text) =>
    text
      .replace(
        'template:',
        'mod-stats:\n  - id: kinds\n    query-type: on\n' +
          'acl:\n  - id: xfr\n    address: 127.0.0.1\n    action: transfer\ntemplate:',
      )
      .replace(
        'zonefile-load: whole',
        'zonefile-load: whole\n    acl: xfr\n    global-module: mod-stats/kinds',
      ),
];

/** Sends faster than the others, and so is the least of what is waited for. */
export const PRIMARY: Subject = changedSubject(subjectNamed('knot'), PRIMARY_CHANGE);

/** The secondaries of the server on a port. */
export function secondarySubjects(primaryPort: number): Subject[] {
  return TRANSFER_NAMES.map((name) => {
    const subject = subjectNamed(name);
    const change = SECONDARY_CHANGES.get(name);
    if (change !== undefined) return changedSubject(subject, change(primaryPort));
    return { ...subject, prepare: (setup) => hotzoneCommand(subject, setup, primaryPort) };
  });
}

/** hotzone has its zones from a named.conf then, instead of a folder. */
function hotzoneCommand(subject: Subject, setup: Setup, primaryPort: number): string[] {
  const primaries = `primaries { 127.0.0.1 port ${primaryPort}; };`;
  const zones = setup.data.zones.map(
    ({ origin, file }) => `zone "${origin}" { type secondary; ${primaries} file "${file}"; };\n`,
  );
  const conf = written(setup, 'named.conf', () => zones.join(''));
  return subject
    .prepare(setup)
    .flatMap((argument) =>
      argument === setup.data.directory ? ['--bind-config', conf] : [argument],
    );
}

function subjectNamed(name: SubjectName): Subject {
  const subject = SUBJECTS.find((one) => one.name === name);
  if (subject === undefined) throw new Error(`no server ${name}`);
  return subject;
}
