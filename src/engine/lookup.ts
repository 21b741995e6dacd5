/**
 * What a zone has to say about a name and a type, as one of a closed set of outcomes: RFC 1034 §4.3.2 step 3 with the
 * wildcards of RFC 4592 §3.3.1 and the DNAMEs of RFC 6672 §3.2. Must not know: messages, sections, other zones.
 */
import {
  FindResult,
  NODE_BELOW_CUT,
  NODE_BELOW_DNAME,
  NODE_CUT,
  NODE_HAS_CNAME,
  NODE_HAS_DNAME,
  NODE_PASSED,
  NODE_WILDCARD_CHILD,
  NONE,
  type NodeId,
  type RrsetId,
  type ZoneView,
} from '../index/zone-index.js';
import {
  TYPE_ANY,
  TYPE_CNAME,
  TYPE_DS,
  TYPE_KEY,
  TYPE_NSEC,
  TYPE_NXT,
  TYPE_RRSIG,
  TYPE_SIG,
} from '../wire/constants.js';
import type { NameView } from '../wire/name.js';

/** The name, or the wildcard it matches, owns what was asked for. */
export const OUTCOME_HIT = 0;
/** The name exists, or a wildcard matches it, without the type. */
export const OUTCOME_NODATA = 1;
export const OUTCOME_NXDOMAIN = 2;
/** The name is at or below a zone cut: `node` is the cut. */
export const OUTCOME_DELEGATION = 3;
export const OUTCOME_CNAME = 4;
/** The name is below a DNAME owner: `node` is that owner. */
export const OUTCOME_DNAME = 5;

type Outcome =
  | typeof OUTCOME_HIT
  | typeof OUTCOME_NODATA
  | typeof OUTCOME_NXDOMAIN
  | typeof OUTCOME_DELEGATION
  | typeof OUTCOME_CNAME
  | typeof OUTCOME_DNAME;

/** Result of `lookUp`, reused from query to query. */
export class Lookup {
  outcome: Outcome = OUTCOME_NXDOMAIN;
  /** HIT, NODATA and CNAME: the name's node or the wildcard's. NXDOMAIN: the closest encloser. */
  node: NodeId = NONE;
  /** HIT: the RRset, NONE if ANY was asked. CNAME and DNAME: that RRset. */
  rrset: RrsetId = NONE;
  /** The closest encloser, as the look-up by name found it. */
  readonly found: FindResult = new FindResult();
}

// === hot path

/** Looks up `name`, which is at or below the view's apex. */
export function lookUp(view: ZoneView, name: NameView, qtype: number, lookup: Lookup): void {
  const found = lookup.found;
  view.find(name, 0, found);
  const node = found.node;
  const flags = view.nodeFlags(node);
  const exists = found.label === 0;
  lookup.node = node;
  lookup.rrset = NONE;
  if ((flags & (NODE_CUT | NODE_BELOW_CUT)) !== 0) {
    // RFC 4035 §3.1.4.1: the parent is authoritative for DS at the cut itself.
    if (!exists || qtype !== TYPE_DS || (flags & NODE_BELOW_CUT) !== 0) {
      lookup.outcome = OUTCOME_DELEGATION;
      if ((flags & NODE_BELOW_CUT) !== 0) lookup.node = view.nodeLink(node);
      return;
    }
    lookup.rrset = view.nodeRrset(node, TYPE_DS);
    lookup.outcome = lookup.rrset === NONE ? OUTCOME_NODATA : OUTCOME_HIT;
    return;
  }
  // RFC 6672 §2.3: what lies below a DNAME owner is redirected, the owner's own data is not.
  if ((flags & NODE_BELOW_DNAME) !== 0 || (!exists && (flags & NODE_HAS_DNAME) !== 0)) {
    if ((flags & NODE_BELOW_DNAME) !== 0) lookup.node = view.nodeLink(node);
    lookup.outcome = OUTCOME_DNAME;
    return;
  }
  if (!exists) {
    matchWildcard(view, node, flags, qtype, lookup);
  } else if ((flags & NODE_PASSED) === 0) {
    matchNode(view, node, flags, qtype, lookup);
  } else {
    // In tinydns a wildcard just below the name is not for the name itself, those of the names above it are.
    view.find(name, 1, found);
    lookup.node = found.node;
    matchWildcard(view, found.node, view.nodeFlags(found.node), qtype, lookup);
  }
}

/** Matches a name that does not exist, of which `node` is the closest encloser. */
function matchWildcard(
  view: ZoneView,
  node: NodeId,
  flags: number,
  qtype: number,
  lookup: Lookup,
): void {
  if ((flags & NODE_WILDCARD_CHILD) === 0) {
    lookup.outcome = OUTCOME_NXDOMAIN;
    return;
  }
  // RFC 4592 §3.3.1: the asterisk label under the closest encloser is the source of synthesis.
  const wildcard = view.nodeLink(node);
  lookup.node = wildcard;
  matchNode(view, wildcard, view.nodeFlags(wildcard), qtype, lookup);
}

function matchNode(
  view: ZoneView,
  node: NodeId,
  flags: number,
  qtype: number,
  lookup: Lookup,
): void {
  if (qtype === TYPE_ANY) {
    lookup.outcome = view.nodeRrsetCount(node) === 0 ? OUTCOME_NODATA : OUTCOME_HIT;
    return;
  }
  lookup.rrset = view.nodeRrset(node, qtype);
  if (lookup.rrset !== NONE) {
    lookup.outcome = OUTCOME_HIT;
  } else if ((flags & NODE_HAS_CNAME) !== 0 && followsCname(view, qtype)) {
    lookup.rrset = view.nodeRrset(node, TYPE_CNAME);
    lookup.outcome = OUTCOME_CNAME;
  } else {
    lookup.outcome = OUTCOME_NODATA;
  }
}

/**
 * Whether an alias that does not own the type leads on. In a signed zone always: a validator takes no proof of its
 * absence that says CNAME, RFC 6840 §4.3.
 */
function followsCname(view: ZoneView, qtype: number): boolean {
  return view.signed !== null || !isBesideCname(qtype);
}

/** Types that may stand beside a CNAME and so are answered from its owner: RFC 4034 §3 and §4, RFC 3007 §3. */
function isBesideCname(qtype: number): boolean {
  return (
    qtype === TYPE_RRSIG ||
    qtype === TYPE_NSEC ||
    qtype === TYPE_KEY ||
    qtype === TYPE_SIG ||
    qtype === TYPE_NXT
  );
}
