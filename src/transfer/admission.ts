/**
 * Who may have a transfer now, who waits, and who is refused: so many at once in all and for one client, and so many
 * that wait. Must not know: what a transfer is.
 */
import {
  TRANSFERS_OUT_MAX,
  TRANSFERS_OUT_PER_CLIENT_MAX,
  TRANSFERS_OUT_WAITING_MAX,
} from '../base/transfer-limits.js';

export type AdmissionLimits = {
  readonly inAll: number;
  readonly perClient: number;
  readonly waiting: number;
};

const ADMISSION_LIMITS: AdmissionLimits = {
  inAll: TRANSFERS_OUT_MAX,
  perClient: TRANSFERS_OUT_PER_CLIENT_MAX,
  waiting: TRANSFERS_OUT_WAITING_MAX,
};

/** Somebody who wants in. */
export type Applicant = {
  /** Its address, as a key. */
  readonly client: string;
  /** Whether it has lost interest. */
  readonly isGone: () => boolean;
  /** Called at once or later, and `leave` must be called when all is over. */
  readonly begin: () => void;
};

export class Admission {
  private readonly limits: AdmissionLimits;
  private readonly perClient = new Map<string, number>();
  private running = 0;
  private waiting: Applicant[] = [];

  constructor(limits: Partial<AdmissionLimits> = {}) {
    this.limits = { ...ADMISSION_LIMITS, ...limits };
  }

  /** @returns false if there is no room, not even to wait */
  enter(applicant: Applicant): boolean {
    if (this.hasRoom(applicant.client)) {
      this.admit(applicant);
      return true;
    }
    if (this.waiting.length >= this.limits.waiting) {
      this.waiting = this.waiting.filter(({ isGone }) => !isGone());
      if (this.waiting.length >= this.limits.waiting) return false;
    }
    this.waiting.push(applicant);
    return true;
  }

  /** A transfer of a client is over: the next who may begins, in the order of asking. */
  leave(client: string): void {
    const left = (this.perClient.get(client) ?? 0) - 1;
    if (left > 0) this.perClient.set(client, left);
    else this.perClient.delete(client);
    this.running--;
    for (;;) {
      const index = this.waiting.findIndex((next) => next.isGone() || this.hasRoom(next.client));
      const next = index === -1 ? undefined : this.waiting.splice(index, 1)[0];
      if (next === undefined) return;
      if (!next.isGone()) this.admit(next);
    }
  }

  /** Nobody who waits will begin. */
  close(): void {
    this.waiting = [];
  }

  private hasRoom(client: string): boolean {
    const own = this.perClient.get(client) ?? 0;
    return this.running < this.limits.inAll && own < this.limits.perClient;
  }

  private admit({ client, begin }: Applicant): void {
    this.running++;
    this.perClient.set(client, (this.perClient.get(client) ?? 0) + 1);
    begin();
  }
}
