/**
 * The main thread's end of loading tinydns files: asks the thread, hands on what comes. One load at a time. A thread
 * that has read a large file is ended, which gives its memory back; a fresh one waits for the next.
 * Must not know: what is served, why a file is loaded.
 */
import { Worker } from 'node:worker_threads';
import { errorText } from '../base/errors.js';
import { LARGE_FILE_OCTETS } from '../base/limits.js';
import { fileProblem, type Problem } from '../base/problem.js';
import { type LoadReply, ReplyReader } from './load-message.js';
import type { DataLoad, DataReport } from './tinydns-load.js';
import type { DataMessage } from './tinydns-thread.js';
import { stampAt } from './tracked-zone.js';

/** A zone as it comes out of a file. The image is valid only until the call returns. */
export type ReadDataZone = LoadReply & {
  readonly dueAt: number | null;
  readonly isLocated: boolean;
};

/** Takes what comes. */
export type DataEvents = {
  locations(table: SharedArrayBuffer): void;
  zone(zone: ReadDataZone): void;
};

export class DataReader {
  private readonly script: URL;
  private worker: Worker | null = null;
  private stopped = false;

  /** @param script the thread's entry; tests give one that fails */
  constructor(script: URL = new URL('./tinydns-thread.js', import.meta.url)) {
    this.script = script;
    this.worker = this.start();
  }

  /** Loads a file. If the thread dies of it, that is a problem in the report. The last load must have ended. */
  load(load: DataLoad, events: DataEvents): Promise<DataReport> {
    const worker = this.worker ?? this.start();
    this.worker = worker;
    return new Promise((resolve) => {
      let cause = 'it ended';
      const end = (report: DataReport) => {
        worker.off('message', take).off('error', fail).off('exit', bury);
        this.rest(worker, report);
        resolve(report);
      };
      const take = (message: DataMessage) => {
        if (this.stopped) return;
        if (message.kind === 'locations') events.locations(message.table);
        else if (message.kind === 'zones') handOut(message, load.path, events);
        else end(message.report);
      };
      const fail = (error: unknown) => {
        cause = errorText(error);
      };
      const bury = () => {
        this.worker = null;
        end(failedReport(load, cause));
      };
      worker.on('message', take).on('error', fail).on('exit', bury);
      worker.postMessage(load);
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.worker?.terminate();
  }

  private start(): Worker {
    const worker = new Worker(this.script);
    worker.unref();
    // one that dies while nobody waits for it is replaced with the next load
    worker.on('error', () => {});
    worker.on('exit', () => {
      if (this.worker === worker) this.worker = null;
    });
    return worker;
  }

  private rest(worker: Worker, { file }: DataReport): void {
    if ((file.stamp?.size ?? 0) <= LARGE_FILE_OCTETS || this.stopped) return;
    void worker.terminate();
    this.worker = this.start();
  }
}

function handOut(
  { reply, room, dueAt, isLocated }: Extract<DataMessage, { kind: 'zones' }>,
  path: string,
  events: DataEvents,
): void {
  const replies = new ReplyReader(reply, room);
  for (let index = 0; index < dueAt.length; index++) {
    const due = dueAt[index]!;
    events.zone({
      ...replies.next(index, path),
      dueAt: Number.isNaN(due) ? null : due,
      isLocated: isLocated[index] === 1,
    });
  }
}

function failedReport({ path, locationsPrint }: DataLoad, cause: string): DataReport {
  const problem: Problem = fileProblem(
    'LOADER_FAILED',
    'error',
    path,
    `the loader stopped: ${cause}`,
  );
  return {
    // Not to be tried again until the file changes.
    file: { path, stamp: stampAt(path) ?? null, print: '' },
    problems: [problem],
    errorCount: 1,
    warningCount: 0,
    isRead: false,
    zoneCount: 0,
    gone: [],
    locationsPrint,
  };
}
