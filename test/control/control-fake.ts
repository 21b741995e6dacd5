/**
 * A server that is not there, for tests of the control channel: six zones, one in each state that matters, and a log
 * that is kept. Must not know: sockets.
 */
import type { Log } from '../../src/base/log.js';
import type { Problem } from '../../src/base/problem.js';
import type { ServerControl, ZoneView } from '../../src/control/server-control.js';
import type { QueuedTransfer } from '../../src/transfer/secondary-status.js';

/** 2026-11-21 13:56:47 UTC, when everything was loaded. */
export const LOADED_AT = Date.UTC(2026, 10, 21, 13, 56, 47);
const MINUTE_MS = 60_000;

const PROBLEM: Problem = {
  code: 'RDATA_ADDRESS',
  severity: 'error',
  file: '/zones/stale.zone',
  line: 5,
  column: 7,
  length: 11,
  text: 'invalid IPv4 address in A',
};

/** A zone that serves serial 7, but for what is given. */
export function fakeZone(name: string, rest: Partial<ZoneView> = {}): ZoneView {
  const path = `/zones/${name.split('.')[0] ?? ''}.zone`;
  return {
    id: 1,
    name,
    kind: 'native',
    path,
    files: [{ path, ctimeMs: LOADED_AT - MINUTE_MS }],
    state: 'serving',
    serial: 7,
    recordCount: 3,
    loadedAt: LOADED_AT,
    triedAt: LOADED_AT,
    problems: [],
    errorCount: 0,
    warningCount: 0,
    primaries: [],
    alsoNotify: [],
    notifiedSerial: 0,
    transfer: null,
    isAdded: false,
    membership: null,
    signing: null,
    signatures: null,
    ...rest,
  };
}

const QUEUE: readonly QueuedTransfer[] = [
  { zone: 's.example', primary: '127.0.0.9', activity: 'queued', progress: null },
  {
    zone: 'big.example',
    primary: '127.0.0.9:5300',
    activity: 'transferring',
    progress: { messages: 63, octets: 1_000_000, records: 40_000, ms: 2400 },
  },
];
const NOTHING = { serial: 0, recordCount: 0, loadedAt: null } as const;
const UNREADABLE: Problem = { ...PROBLEM, code: 'FILE_UNREADABLE', line: 0, text: 'no such file' };

export function fakeZones(): ZoneView[] {
  const triedAt = LOADED_AT + MINUTE_MS;
  return [
    fakeZone('a.example', { kind: 'primary', alsoNotify: ['127.0.0.1'], notifiedSerial: 7 }),
    fakeZone('b.example', { id: 2 }),
    fakeZone('stale.example', {
      id: 3,
      kind: 'primary',
      state: 'stale',
      triedAt,
      problems: [{ ...PROBLEM, severity: 'warning', line: 2 }, PROBLEM],
      errorCount: 2,
      warningCount: 1,
    }),
    fakeZone('never.example', {
      ...NOTHING,
      id: 4,
      state: 'failed',
      triedAt,
      problems: [{ ...UNREADABLE, file: '/zones/never.zone' }],
      errorCount: 1,
    }),
    fakeZone('s.example', {
      ...NOTHING,
      id: 5,
      kind: 'secondary',
      state: 'failed',
      triedAt,
      files: [{ path: '/zones/s.zone', ctimeMs: null }],
      problems: [{ ...UNREADABLE, file: '/zones/s.zone' }],
      errorCount: 1,
      primaries: ['127.0.0.9', '192.0.2.7:5301', '2001:db8::1'],
    }),
    fakeZone('new.example', { ...NOTHING, id: 6, state: 'pending', triedAt: null }),
  ];
}

export type FakeServer = ServerControl & {
  /** What was called that changes something, with its arguments. */
  readonly calls: string[];
};

/** @param zones as they are after any reload, too */
export function fakeServer(
  zones: readonly ZoneView[] = fakeZones(),
  rest: Partial<ServerControl> = {},
): FakeServer {
  const calls: string[] = [];
  const find = (name: string) =>
    zones.find((zone) => zone.name === name.replace(/(?<=.)\.$/, '').toLowerCase()) ?? null;
  const call = (...words: readonly (string | boolean)[]) => {
    calls.push(words.join(' '));
  };
  return {
    calls,
    version: '1.2.3',
    startedAt: Date.now() - 90_000,
    zones: () => zones,
    zone: find,
    reloadNow: async (names, progress) => {
      call('reloadNow', ...names);
      for (const name of names) progress(`${name} loaded`);
      return names.map((name) => ({ name, zone: find(name) }));
    },
    reload: () => call('reload'),
    rediscover: async (force) => {
      call('rediscover', force);
      return { ok: true, rejected: 0, added: 1, removed: 2 };
    },
    addZone: async (name, path) => {
      call('addZone', name, path);
      if (path.includes('missing')) return { kind: 'failed', text: 'No such file or directory' };
      const broken = {
        state: 'failed',
        loadedAt: null,
        problems: [PROBLEM],
        errorCount: 1,
      } as const;
      return { kind: 'added', zone: fakeZone(name, path.includes('broken') ? broken : {}) };
    },
    notify: (name) => requestOf(find(name), 'primary'),
    notifyAll: () => ({ queued: 2, total: 2 }),
    notifyHost: (name, host) => {
      call('notifyHost', name, host);
      return { kind: 'queued' };
    },
    retrieve: (name, host) => ({
      ...requestOf(find(name), 'secondary'),
      primary: host ?? find(name)?.primaries[0] ?? '',
    }),
    transferQueue: () => QUEUE,
    statistics: () =>
      new Map([
        ['udp-queries', 12],
        ['udp-answers', 11],
        ['uptime', 90],
      ]),
    ring: (name) =>
      name === 'qtypes'
        ? [
            ['SOA', 2],
            ['AAAA', 1],
          ]
        : [],
    set: (name, value) => {
      call('set', name, value);
      return name === 'query-logging';
    },
    currentConfig: (changedOnly) => (changedOnly ? 'launch=bind\n' : 'launch=bind\nprimary=no\n'),
    quit: () => call('quit'),
    ...rest,
  };
}

function requestOf(zone: ZoneView | null, kind: ZoneView['kind']) {
  if (zone === null) return { kind: 'unknown' } as const;
  return { kind: zone.kind === kind ? 'queued' : 'unfit' } as const;
}

/** A log whose lines are `level event text`. */
export function keptLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (level: string) => (event: string, _fields: unknown, text: string) => {
    lines.push(`${level} ${event} ${text}`);
  };
  return {
    lines,
    debugging: false,
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
  };
}
