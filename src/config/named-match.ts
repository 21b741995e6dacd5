/**
 * Address match lists: read where they stand, resolved once all ACLs and keys are known, since they may be used before
 * they are defined. What is wrong permits nobody. Must not know: which statements have such lists.
 */
import { ACL_ELEMENTS_MAX, CONFIG_NESTING_MAX } from '../base/limits.js';
import type { ProblemCode } from '../base/problem-codes.js';
import { readPrefix } from './named-address.js';
import { Cursor } from './named-cursor.js';
import { type KeyTable, keyNameOf } from './named-keys.js';
import { type NamedReport, quoted, type Spot } from './named-report.js';
import type { Block, Word } from './named-tree.js';
import type { MatchElement, MatchList } from './named-types.js';

/** An element before names are known. `wrong` is one that was reported. */
export type MatchNode =
  | Exclude<MatchElement, { kind: 'list' | 'key' }>
  | { readonly kind: 'key'; readonly negated: boolean; readonly name: string; readonly spot: Spot }
  | { readonly kind: 'list'; readonly negated: boolean; readonly nodes: readonly MatchNode[] }
  | { readonly kind: 'acl'; readonly negated: boolean; readonly name: string; readonly spot: Spot }
  | { readonly kind: 'wrong'; readonly negated: boolean };

const BUILT_IN: Readonly<Record<string, 'any' | 'none' | 'localhost' | 'localnets'>> = {
  any: 'any',
  none: 'none',
  localhost: 'localhost',
  localnets: 'localnets',
};

/** Whether an ACL's name has a meaning of its own. */
export function isBuiltIn(name: string): boolean {
  return Object.hasOwn(BUILT_IN, name.toLowerCase());
}

/** The elements of a block. */
export function readMatchList(block: Block, report: NamedReport): MatchNode[] {
  return block.statements.map((statement) => readElement(new Cursor(statement, report, 0)));
}

function readElement(cursor: Cursor): MatchNode {
  let negated = false;
  while (cursor.takeWord('!')) negated = !negated;
  const wrong: MatchNode = { kind: 'wrong', negated };
  const part = cursor.peek();
  if (part?.kind === 'block') {
    cursor.index++;
    const nodes = readMatchList(part, cursor.report);
    return endsHere(cursor) ? { kind: 'list', negated, nodes } : wrong;
  }
  const word = cursor.word('an address, a prefix, an ACL or a key');
  if (word === null) return wrong;
  if (word.kind === 'word' && word.text.toLowerCase() === 'geoip') {
    // An error: with a warning, a list that refuses by country would let everybody in.
    cursor.fault('CONFIG_VALUE', word, 'there is no geoip here');
    return wrong;
  }
  if (word.kind === 'word' && word.text.toLowerCase() === 'key') {
    const name = cursor.word('the name of a key');
    if (name === null || !endsHere(cursor)) return wrong;
    return { kind: 'key', negated, name: keyNameOf(name.text), spot: cursor.spot(name) };
  }
  return endsHere(cursor) ? wordElement(cursor, word, negated) : wrong;
}

function endsHere(cursor: Cursor): boolean {
  return cursor.peek() === undefined || cursor.expected("';'") !== null;
}

function wordElement(cursor: Cursor, word: Word, negated: boolean): MatchNode {
  const builtIn = isBuiltIn(word.text) ? BUILT_IN[word.text.toLowerCase()] : undefined;
  if (builtIn !== undefined) return { kind: builtIn, negated };
  const prefix = readPrefix(word.text);
  if (prefix === null) {
    return { kind: 'acl', negated, name: word.text, spot: cursor.spot(word) };
  }
  if ('fault' in prefix) {
    cursor.fault('CONFIG_ADDRESS', word, `${quoted(word.text)} ${prefix.fault}`);
    return { kind: 'wrong', negated };
  }
  return { kind: 'prefix', negated, ...prefix };
}

type Acl = {
  readonly nodes: readonly MatchNode[];
  readonly spot: Spot;
  state: 'unread' | 'open' | 'resolved';
  elements: MatchList;
  /** Elements with those of the ACLs in it. */
  size: number;
};

/** All ACLs of a configuration. Names are compared without case. */
export class AclTable {
  private readonly acls = new Map<string, Acl>();
  private readonly keys: KeyTable;
  private readonly report: NamedReport;
  /** Size of what is being resolved. */
  private size = 0;
  /** ACLs being resolved, one within the other. */
  private depth = 0;

  constructor(keys: KeyTable, report: NamedReport) {
    this.keys = keys;
    this.report = report;
  }

  /** Where an ACL of this name was defined; `null` if it is new and is defined now. */
  define(name: string, nodes: readonly MatchNode[], spot: Spot): Spot | null {
    const known = this.acls.get(name.toLowerCase());
    if (known !== undefined) return known.spot;
    this.acls.set(name.toLowerCase(), { nodes, spot, state: 'unread', elements: [], size: 0 });
    return null;
  }

  /** To be called when all ACLs and keys are defined; what names them need not stand after them. */
  resolve(nodes: readonly MatchNode[] | null): MatchList | null {
    if (nodes === null) return null;
    this.size = 0;
    return this.resolveNodes(nodes);
  }

  private resolveNodes(nodes: readonly MatchNode[]): MatchList {
    return nodes.flatMap((node) => this.resolveNode(node));
  }

  private resolveNode(node: MatchNode): MatchElement[] {
    this.size++;
    const { negated } = node;
    switch (node.kind) {
      case 'list':
        return [{ kind: 'list', negated, elements: this.resolveNodes(node.nodes) }];
      case 'acl': {
        const elements = this.aclElements(node.name, node.spot);
        return elements === null ? refused(negated) : [{ kind: 'list', negated, elements }];
      }
      case 'key':
        this.keys.use(node.name, node.spot);
        return [{ kind: 'key', negated, name: node.name }];
      case 'wrong':
        return refused(negated);
      default:
        return [node];
    }
  }

  private aclElements(name: string, spot: Spot): MatchList | null {
    const acl = this.acls.get(name.toLowerCase());
    if (acl === undefined) {
      return this.fault('CONFIG_ACL_UNKNOWN', spot, `no ACL is named ${quoted(name)}`);
    }
    if (acl.state === 'open') {
      return this.fault('CONFIG_ACL_CYCLE', spot, `the ACL ${quoted(name)} contains itself`);
    }
    if (acl.state === 'unread') {
      if (this.depth >= CONFIG_NESTING_MAX) {
        const text = `ACLs nested more than ${CONFIG_NESTING_MAX} deep`;
        return this.fault('CONFIG_NESTING', spot, text);
      }
      this.resolveAcl(acl);
    }
    this.size += acl.size;
    if (this.size <= ACL_ELEMENTS_MAX) return acl.elements;
    return this.fault('CONFIG_LIST_SIZE', spot, `more than ${ACL_ELEMENTS_MAX} elements`);
  }

  private resolveAcl(acl: Acl): void {
    const outer = this.size;
    this.size = 0;
    this.depth++;
    acl.state = 'open';
    acl.elements = this.resolveNodes(acl.nodes);
    acl.state = 'resolved';
    this.depth--;
    acl.size = this.size;
    this.size = outer;
  }

  private fault(code: ProblemCode, spot: Spot, text: string): null {
    this.report.add(code, spot, text);
    return null;
  }
}

/** What stands for an element that cannot be understood: nobody gets in by it. */
function refused(negated: boolean): MatchElement[] {
  return negated ? [{ kind: 'any', negated: true }] : [];
}

/** Whether the list lets everybody in, whoever asks. */
export function matchesEverybody(elements: MatchList): boolean {
  const first = elements[0];
  if (first === undefined || first.negated) return false;
  return first.kind === 'any' || (first.kind === 'list' && matchesEverybody(first.elements));
}
