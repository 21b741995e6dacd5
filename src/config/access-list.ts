/**
 * Address match lists, compiled: who may do something, asked per request, with BIND's meaning. The first element that
 * matches decides; it refuses if it is negated, and who matches none is refused. A list within a list matches where
 * its own elements permit: what it refuses it only does not match, so a negated list never permits by double negation.
 * A key matches requests that are signed with it. An IPv6 prefix matches no IPv4 client, `::/0` neither.
 *
 * Lists are flattened into steps: a match decides, or leaves a nested list by a jump. Elements side by side that lead
 * to the same place are one step, so a long list of networks is one binary search.
 *
 * Must not know: what is asked for, the syntax of lists.
 */
import { equalNames } from '../wire/name.js';
import type { LocalNetworks } from './local-networks.js';
import { addressOctets } from './named-address.js';
import type { MatchElement, MatchList } from './named-types.js';
import { type AddressPrefix, PrefixSet } from './prefix-set.js';
import { keyNameOctets } from './tsig-keys.js';

/** Where a match leads, other than to a later step. */
const PERMIT = -1;
const REFUSE = -2;

type Test = 'any' | 'prefix' | 'key' | 'localhost' | 'localnets';

/** One step of a list, in one shape for all tests. */
type Step = {
  readonly test: Test;
  readonly set4: PrefixSet;
  readonly set6: PrefixSet;
  /** Of the key, lower case. */
  readonly key: Uint8Array;
  /** If it matches: PERMIT, REFUSE, or the step to go on at. */
  readonly target: number;
};

/** A place that is not known before all steps are. */
type Label = { step: number };

type DraftStep = {
  readonly test: Test;
  readonly prefixes: AddressPrefix[];
  readonly key: Uint8Array;
  readonly target: Label;
};

export class AccessList {
  private readonly steps: readonly Step[];
  private readonly local: LocalNetworks;

  /** @param local what `localhost` and `localnets` mean, also when it changes later */
  constructor(list: MatchList, local: LocalNetworks) {
    this.steps = compile(list);
    this.local = local;
  }

  // === hot path

  /**
   * Whether the list lets a client in.
   * @param client 4 or 16 octets; an IPv4 address within IPv6 (`::ffff:0:0/96`) counts as IPv4
   * @param keyName uncompressed, of the key that the request is signed with; `null` if it is not signed, or wrongly
   */
  allows(client: Uint8Array, keyName: Uint8Array | null): boolean {
    const { steps } = this;
    const isMapped = client.length === 16 && isIp4Mapped(client);
    const is4 = client.length === 4 || isMapped;
    const offset = isMapped ? 12 : 0;
    let at = 0;
    while (at >= 0 && at < steps.length) {
      const step = steps[at]!;
      at = this.matches(step, client, offset, is4, keyName) ? step.target : at + 1;
    }
    return at === PERMIT;
  }

  private matches(
    step: Step,
    client: Uint8Array,
    offset: number,
    is4: boolean,
    keyName: Uint8Array | null,
  ): boolean {
    const { local } = this;
    switch (step.test) {
      case 'any':
        return true;
      case 'prefix':
        return (is4 ? step.set4 : step.set6).has(client, offset);
      case 'localhost':
        return (is4 ? local.localhost4 : local.localhost6).has(client, offset);
      case 'localnets':
        return (is4 ? local.localnets4 : local.localnets6).has(client, offset);
      case 'key': {
        if (keyName === null || keyName.length !== step.key.length) return false;
        return equalNames(keyName, 0, step.key, 0, keyName.length);
      }
    }
  }

  // === end of hot path
}

/** Whether sixteen octets are an IPv4 address, RFC 4291 §2.5.5.2. */
function isIp4Mapped(octets: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (octets[i] !== 0) return false;
  return octets[10] === 0xff && octets[11] === 0xff;
}

/** No networks, of either family. */
const EMPTY_4 = new PrefixSet(4, []);
const EMPTY_6 = new PrefixSet(16, []);
const NO_KEY = new Uint8Array(0);

function compile(list: MatchList): Step[] {
  const compiler = new Compiler();
  compiler.addList(list, { step: PERMIT }, { step: REFUSE });
  return compiler.drafts.map(({ test, prefixes, key, target }) => ({
    test,
    set4: prefixes.some(({ octets }) => octets.length === 4) ? new PrefixSet(4, prefixes) : EMPTY_4,
    set6: prefixes.some(({ octets }) => octets.length === 16)
      ? new PrefixSet(16, prefixes)
      : EMPTY_6,
    key,
    target: target.step,
  }));
}

class Compiler {
  readonly drafts: DraftStep[] = [];
  /** A jump leads here: what follows is a step of its own. */
  private landing = 0;

  /** Adds the steps of a list: what permits leads to `permit`, what refuses to `refuse`. */
  addList(list: MatchList, permit: Label, refuse: Label): void {
    for (const element of list) {
      const target = element.negated ? refuse : permit;
      if (element.kind === 'list') {
        const after: Label = { step: 0 };
        this.addList(element.elements, target, after);
        after.step = this.drafts.length;
        this.landing = this.drafts.length;
      } else this.addElement(element, target, element.negated ? permit : refuse);
    }
  }

  private addElement(
    element: Exclude<MatchElement, { kind: 'list' }>,
    target: Label,
    opposite: Label,
  ): void {
    switch (element.kind) {
      case 'none':
        // It is `any` negated, so negated it permits.
        this.add('any', opposite);
        return;
      case 'key': {
        // A name that is none has no key, and matches nobody.
        const key = keyNameOctets(element.name);
        if (key !== null) this.add('key', target, key);
        return;
      }
      case 'prefix': {
        const octets = addressOctets(element.address);
        if (octets !== null) this.addPrefix({ octets, bits: element.bits }, target);
        return;
      }
      default:
        this.add(element.kind, target);
    }
  }

  private add(test: Test, target: Label, key: Uint8Array = NO_KEY): void {
    this.drafts.push({ test, prefixes: [], key, target });
  }

  /** Neighbours with the same target may be tested in any order. */
  private addPrefix(prefix: AddressPrefix, target: Label): void {
    const last = this.drafts.at(-1);
    const isOne = last?.test === 'prefix' && last.target === target;
    if (isOne && this.drafts.length > this.landing) last.prefixes.push(prefix);
    else this.drafts.push({ test: 'prefix', prefixes: [prefix], key: NO_KEY, target });
  }
}
