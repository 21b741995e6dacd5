/**
 * Where NSD and Knot answer from signed zones otherwise than we do, and why that is right. A difference that no row
 * explains fails the test, and so does a row that no difference needs. Rows are tried in order.
 */
import type { Message } from '../peers/message.js';
import type { PeerKind } from '../peers/peer.js';

/** One question, two answers, and what `compareAnswers` says about them. */
type Difference = {
  readonly peer: PeerKind;
  readonly type: string;
  readonly label: string;
  readonly name: string;
  readonly ours: Message;
  readonly theirs: Message;
  readonly found: readonly string[];
};

type Rule = {
  readonly peers: readonly PeerKind[];
  readonly why: string;
  readonly holds: (difference: Difference) => boolean;
};

/** Every difference is of one of these kinds. */
function only(difference: Difference, ...kinds: readonly string[]): boolean {
  return difference.found.every((text) => kinds.some((kind) => text.startsWith(kind)));
}

function aliasesOf({ answer }: Message): string[] {
  return answer.filter((record) => / IN [CD]NAME /.test(record));
}

function hasDname({ answer }: Message): boolean {
  return answer.some((record) => / IN DNAME /.test(record));
}

function isWithin(part: readonly string[], whole: readonly string[]): boolean {
  return part.every((record) => whole.includes(record));
}

/** Of an RRset with its longest signature, RSA's. */
const SIGNATURE_OCTETS = 350;

/** One of the two messages is cut, or nearly full: how much is left depends on how names are compressed. */
function isNearlyFull({ label, ours, theirs }: Difference): boolean {
  const limit = label === 'do' ? 1232 : 512;
  const isCut = ours.flags.includes('tc') || theirs.flags.includes('tc');
  return isCut || Math.max(ours.octets, theirs.octets) > limit - SIGNATURE_OCTETS;
}

/** Names below the empty non-terminals that opt-out leaves out of the chain. */
const BELOW_OPT_OUT = /(^|\.)here\.(ldns)?optout3\.test\.$/;

export const SIGNED_RULES: readonly Rule[] = [
  {
    peers: ['knot'],
    why: 'only NSD goes on in other zones that it serves; RFC 1034 §4.3.2 step 3a starts over at step 1',
    holds: (d) => /^to-(parent|cut)\./.test(d.name) && isWithin(d.theirs.answer, d.ours.answer),
  },
  {
    peers: ['nsd'],
    why: 'RRSIG and NSEC may stand beside a CNAME (RFC 4034 §3, §4): in an unsigned zone we look there, as BIND',
    holds: (d) =>
      /^to-parent\.insecure\./.test(d.name) &&
      /RRSIG|NSEC/.test(d.type) &&
      aliasesOf(d.theirs).length > aliasesOf(d.ours).length,
  },
  {
    peers: ['nsd'],
    why: 'NSD looks for NSEC3 beside a CNAME; it cannot stand there (RFC 4034 §3, §4 name RRSIG and NSEC only)',
    holds: (d) => d.type === 'NSEC3' && aliasesOf(d.ours).length > aliasesOf(d.theirs).length,
  },
  {
    peers: ['knot'],
    why: 'Knot denies NSEC at an alias with a proof that says CNAME, which validators refuse (RFC 6840 §4.3)',
    holds: (d) => d.type === 'NSEC' && aliasesOf(d.ours).length > aliasesOf(d.theirs).length,
  },
  {
    peers: ['nsd'],
    why: 'NSD denies a type of a wildcard asked by its own name as if another name had matched it',
    holds: (d) => d.name.startsWith('*.') && only(d, 'authority: only theirs'),
  },
  {
    peers: ['nsd'],
    why: 'RFC 5155 §7.2.1: where opt-out has no record of a name, NSD shows no closest provable encloser',
    holds: (d) => BELOW_OPT_OUT.test(d.name) && only(d, 'authority: ', 'tc: true / false'),
  },
  {
    peers: ['nsd'],
    why: 'NSD does not show that the name which a DNAME leads to does not exist, only that no wildcard does',
    holds: (d) =>
      hasDname(d.ours) && d.ours.rcode === 3 && only(d, 'authority: only ours', 'tc: true'),
  },
  {
    peers: ['nsd'],
    why: 'brief as it is, NSD gives addresses with an answer of type NS',
    holds: (d) => d.type === 'NS' && only(d, 'additional: only theirs'),
  },
  {
    peers: ['nsd', 'knot'],
    why: 'RFC 8482 §4.1: the one RRset chosen for ANY is another',
    holds: (d) =>
      d.type === 'ANY' &&
      only(d, 'answer: ', 'additional: ', 'authority: ', 'tc: ') &&
      d.ours.rcode === 0 &&
      d.ours.answer.length > 0 &&
      aliasesOf(d.ours).length === aliasesOf(d.theirs).length,
  },
  {
    peers: ['knot'],
    why: 'asked for RRSIG, Knot gives some of them',
    holds: (d) =>
      d.type === 'RRSIG' &&
      only(d, 'answer: only ours', 'tc: true / false') &&
      isWithin(d.theirs.answer, d.ours.flags.includes('tc') ? d.theirs.answer : d.ours.answer),
  },
  {
    peers: ['knot'],
    why: 'the NSEC that a wildcard lends to another name is taken for the proof that it may, under its own',
    holds: (d) => d.type === 'NSEC' && d.ours.answer.length > 0 && only(d, 'authority: only ours'),
  },
  {
    peers: ['knot'],
    why: 'RFC 6672 §2.2: a name that grows too long is YXDOMAIN; Knot 3.2 says NXDOMAIN',
    holds: (d) => d.ours.rcode === 6 && d.theirs.rcode === 3,
  },
  {
    peers: ['nsd', 'knot'],
    why: 'the CNAME made from a DNAME takes more room without pointers into the DNAME: less is left',
    holds: (d) =>
      hasDname(d.ours) && isNearlyFull(d) && only(d, 'tc: false / true', 'authority: only ours'),
  },
  {
    peers: ['nsd'],
    why: 'NSD asks for TCP when addresses from outside of the zone cut do not fit; RFC 9471 §3 does not',
    holds: (d) => d.ours.answer.length === 0 && only(d, 'tc: false / true') && isNearlyFull(d),
  },
  {
    peers: ['nsd', 'knot'],
    why: 'a chain that does not fit: how far each looks before it sets TC, and so the rcode, differs',
    holds: (d) => isNearlyFull(d) && only(d, 'tc: ', 'rcode: ') && d.theirs.flags.includes('tc'),
  },
  {
    peers: ['nsd'],
    why: 'addresses may go without signatures that do not fit (RFC 4035 §3.1.1): NSD leaves out both',
    holds: (d) => only(d, 'additional: ') && isNearlyFull(d),
  },
];
