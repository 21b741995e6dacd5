/**
 * Records of NSEC and NSEC3 chains that an answer needs, each once. They are gathered while the answer section grows,
 * and written after it: a chain of aliases may need some at each step. Must not know: which ones, and why.
 */
import { CHAIN_STEPS_MAX } from '../base/limits.js';
import { NONE, type ProofId, ProofParts, type ZoneView } from '../index/zone-index.js';

/** One record at each step, but at the last four: of a wildcard without the type, which opt-out has left out. */
const PROOFS_MAX = CHAIN_STEPS_MAX + 3;

export class ProofList {
  count = 0;
  readonly ids: Int32Array = new Int32Array(PROOFS_MAX);
  /** The zone that each is from. */
  readonly views: (ZoneView | null)[] = new Array<ZoneView | null>(PROOFS_MAX).fill(null);
  /** For the one that is being written. */
  readonly parts: ProofParts = new ProofParts();
  private used = 0;

  // === hot path

  /** Adds a record of a zone's chain, if there is one and it has not been added. */
  add(view: ZoneView, proof: ProofId): void {
    if (proof === NONE) return;
    for (let i = 0; i < this.count; i++) {
      if (this.ids[i] === proof && this.views[i] === view) return;
    }
    this.ids[this.count] = proof;
    this.views[this.count++] = view;
    if (this.count > this.used) this.used = this.count;
  }

  /** Lets go of the zones. */
  forget(): void {
    for (let i = 0; i < this.used; i++) this.views[i] = null;
    this.count = 0;
    this.used = 0;
  }
}
