/**
 * Where BIND 9.18, NSD 4.6 and Knot 3.2 answer otherwise than we do, and why that is right. A difference that no row
 * explains fails the test, and so does a row that no difference needs. Rows are tried in order.
 */
import type { Message } from '../peers/message.js';
import type { PeerKind } from '../peers/peer.js';
import { PEER_ZONES } from './peers-zones.js';

/** One question, two answers, and what `compareAnswers` says about them. */
type Difference = {
  readonly peer: PeerKind;
  readonly type: string;
  readonly ours: Message;
  readonly theirs: Message;
  readonly found: readonly string[];
};

type Rule = {
  readonly peers: readonly PeerKind[];
  readonly why: string;
  readonly holds: (difference: Difference) => boolean;
};

function isWithin(part: readonly string[], whole: readonly string[]): boolean {
  return part.every((record) => whole.includes(record));
}

/** Every difference is of one of these kinds. */
function only(difference: Difference, ...kinds: readonly string[]): boolean {
  return difference.found.every((text) => kinds.some((kind) => text.startsWith(kind)));
}

function isReferral(message: Message): boolean {
  return message.rcode === 0 && !message.flags.includes('aa');
}

function isLoop({ ours }: Difference): boolean {
  return ours.rcode === 0 && ours.authority.length === 0 && aliasesOf(ours).length > 0;
}

function aliasesOf(message: Message): string[] {
  return message.answer.filter((record) => / IN [CD]NAME /.test(record));
}

function zoneOf(record: string): string {
  const owner = (record.split(' ')[0] ?? '').toLowerCase();
  const zones = PEER_ZONES.map(({ origin }) => `${origin}.`);
  const inside = zones.filter((origin) => owner === origin || owner.endsWith(`.${origin}`));
  return inside.sort((a, b) => b.length - a.length)[0] ?? '';
}

/** The answer continues in another zone than it began in. */
function crossesZones({ ours }: Difference): boolean {
  const names = [...ours.question, ...ours.answer, ...ours.authority];
  return new Set(names.map(zoneOf)).size > 1;
}

/** Little room is left in one of the two messages. */
function isNearlyFull({ ours, theirs }: Difference): boolean {
  const limit = ours.edns === null ? 512 : 1232;
  return Math.max(ours.octets, theirs.octets) > limit - 64;
}

export const RULES: readonly Rule[] = [
  {
    peers: ['named'],
    why: 'zero-no-soa-ttl: BIND sends the SOA of a negative answer to a SOA question with TTL 0',
    holds: (d) =>
      d.type === 'SOA' &&
      only(d, 'authority: ') &&
      d.theirs.authority.join().replace(' 0 IN SOA ', ' 300 IN SOA ') === d.ours.authority.join(),
  },
  {
    peers: ['named', 'nsd'],
    why: 'RFC 9471 §3: in-domain glue that does not fit sets TC; Knot does so, these two do not yet',
    holds: (d) =>
      only(d, 'tc: true / false') &&
      d.ours.flags.includes('tc') &&
      isReferral(d.ours) &&
      d.ours.authority.length > 0,
  },
  {
    peers: ['named', 'knot'],
    why: 'only NSD goes on in other zones that it serves; RFC 1034 §4.3.2 step 3a starts over at step 1',
    holds: (d) => crossesZones(d) && isWithin(d.theirs.answer, d.ours.answer),
  },
  {
    peers: ['named'],
    why: 'BIND answers a loop with SERVFAIL, the others with the loop',
    holds: (d) => d.theirs.rcode === 2 && isLoop(d),
  },
  {
    peers: ['named', 'nsd', 'knot'],
    why: 'a loop of names that grow or repeat: where one stops differs, Knot repeats records until a bound',
    holds: (d) => isLoop(d) && only(d, 'answer: ', 'tc: ') && aliasesOf(d.ours).length > 1,
  },
  {
    peers: ['named'],
    why: 'with minimal-any no, BIND answers ANY with everything (RFC 8482 §4.1 is at the choice of the server)',
    holds: (d) =>
      d.type === 'ANY' &&
      only(d, 'answer: only theirs', 'additional: ') &&
      d.ours.answer.length > 0 &&
      isWithin(d.ours.answer, d.theirs.answer),
  },
  {
    peers: ['nsd'],
    why: 'RFC 8482 §4.1: the one RRset that NSD chooses for ANY is another',
    holds: (d) =>
      d.type === 'ANY' &&
      only(d, 'answer: ', 'additional: only ours') &&
      d.ours.answer.length > 0 &&
      d.theirs.answer.length > 0,
  },
  {
    peers: ['named'],
    why: 'BIND takes the CNAME made from a DNAME for the answer to ANY, NSD and Knot follow it',
    holds: (d) =>
      d.type === 'ANY' &&
      d.ours.answer.some((record) => / IN DNAME /.test(record)) &&
      isWithin(d.theirs.answer, d.ours.answer),
  },
  {
    peers: ['knot'],
    why: 'BIND and NSD take the CNAME made from a DNAME for the answer to CNAME, Knot follows it',
    holds: (d) =>
      d.type === 'CNAME' &&
      d.ours.answer.some((record) => / IN DNAME /.test(record)) &&
      isWithin(d.ours.answer, d.theirs.answer),
  },
  {
    peers: ['nsd', 'knot'],
    why: 'RRSIG and KEY may stand beside a CNAME (RFC 4034 §3, RFC 3007 §3), so BIND looks for them there',
    holds: (d) =>
      (d.type === 'RRSIG' || d.type === 'TYPE25' || d.type === 'NSEC') &&
      isWithin(d.ours.answer, d.theirs.answer) &&
      aliasesOf(d.theirs).length > aliasesOf(d.ours).length,
  },
  {
    peers: ['knot'],
    why: 'RFC 6672 §2.2: a name that grows too long is YXDOMAIN; Knot 3.2 says NXDOMAIN',
    holds: (d) => d.ours.rcode === 6 && d.theirs.rcode === 3,
  },
  {
    peers: ['knot'],
    why: 'Knot 3.2 sends a DNAME at a wildcard under the name that was asked, not under its own',
    holds: (d) =>
      d.ours.answer.some((record) => /^\*\.\S+ \d+ IN DNAME /.test(record)) &&
      d.theirs.answer.some((record) => / IN DNAME /.test(record)) &&
      d.ours.rcode === d.theirs.rcode,
  },
  {
    peers: ['named'],
    why: 'BIND gives addresses of name servers in a referral only from below a zone cut',
    holds: (d) => isReferral(d.ours) && only(d, 'additional: only ours'),
  },
  {
    peers: ['named', 'nsd'],
    why: 'addresses below a zone cut, and for NSD from a wildcard, are left out of answers; Knot gives them',
    holds: (d) => !isReferral(d.ours) && only(d, 'additional: only ours'),
  },
  {
    peers: ['named', 'nsd'],
    why: 'which of the optional addresses get the last room in a message is not ruled',
    holds: (d) => only(d, 'additional: ') && isNearlyFull(d),
  },
  {
    peers: ['knot'],
    why: 'Knot does not point at the name in a DNAME, and leaves out a SOA that then does not fit',
    holds: (d) =>
      only(d, 'authority: only ours') &&
      isNearlyFull(d) &&
      d.ours.answer.some((record) => / IN DNAME /.test(record)),
  },
  {
    peers: ['named'],
    why: 'BIND follows NAPTR to SRV, RFC 3403 §4.1 allows additional data and asks for none',
    holds: (d) => d.type === 'NAPTR' && only(d, 'additional: only theirs'),
  },
  {
    peers: ['knot'],
    why: 'two targets that differ in case only: Knot gives their addresses twice',
    holds: (d) => /SRV|ANY/.test(d.type) && only(d, 'additional: only theirs'),
  },
  {
    peers: ['knot'],
    why: 'Knot gives no addresses with KX and AFSDB, nor for a service at its owner (RFC 9460 §4.1)',
    holds: (d) => /KX|HTTPS|ANY/.test(d.type) && only(d, 'additional: only ours'),
  },
  {
    peers: ['named', 'nsd', 'knot'],
    why: 'a chain that does not fit: how far each looks before it sets TC, and so the rcode, differs',
    holds: (d) =>
      (d.ours.flags.includes('tc') || d.theirs.flags.includes('tc')) &&
      aliasesOf(d.ours).length > 0 &&
      only(d, 'rcode: ', 'tc: '),
  },
];
