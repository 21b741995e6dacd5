/**
 * Where our answers to tinydns data differ from tinydns's on purpose, one row each with the reason, and an example that
 * shows it. A row makes two replies alike that differ for its reason only; what it is not about it leaves as it is.
 */
import type { Message } from '../peers/message.js';
import type { TinydnsQuestion } from '../peers/tinydns-get.js';
import type { DataModel } from '../support/data-model.js';
import type { BothReplies } from './tinydns-pair.js';

/** What is compared of a reply; `null` for none. Records read `owner ttl class type RDATA-in-hex`. */
export type Reply = {
  readonly rcode: number;
  readonly isAuthoritative: boolean;
  readonly answer: readonly string[];
  /** Of replies without answer: referrals and negative ones. */
  readonly authority: readonly string[];
} | null;

export type Pair = { readonly ours: Reply; readonly theirs: Reply };

export type Asked = {
  readonly question: TinydnsQuestion;
  readonly second: number;
  readonly data: DataModel;
};

type Difference = {
  readonly why: string;
  /** `data`, and a question `name type` about which the two differ. */
  readonly example: readonly [data: string, question: string];
  readonly settle: (pair: Pair, asked: Asked) => Pair;
};

const A_MAX = 8;
const TTL_MAX = 2 ** 31 - 1;
const TYPE_CNAME = 5;
const TYPE_SOA = 6;
const TYPE_DS = 43;
const TYPE_ANY = 255;

/** There is nothing to compare. */
const NOTHING: Pair = { ours: null, theirs: null };

export const DIFFERENCES: readonly Difference[] = [
  {
    why: 'tinydns has SOA records of wildcards; no zone has such a record (RFC 1034 §4.2.1)',
    example: ['.e:10.0.0.1:a\nZ*.e:a.ns.e:h.e\n+*.e:10.0.0.2\n', 'w.e ANY'],
    settle: ({ ours, theirs }, { question, second, data }) => {
      if (ours === null || theirs === null) return { ours, theirs };
      const types = data.wildcardTypes(question, second);
      // to us there is no such wildcard, and perhaps another one further up
      if (types.has(TYPE_SOA) && types.size === 1) return NOTHING;
      const answer = theirs.answer.filter((record) => typeOf(record) !== 'SOA');
      const isLess = types.has(TYPE_SOA) && answer.length < theirs.answer.length;
      if (!isLess) return { ours, theirs };
      const authority = answer.length === 0 ? ours.authority : [];
      return { ours, theirs: { ...theirs, answer, authority } };
    },
  },
  {
    why: 'a TTL of more than 31 bits is 0 (RFC 2181 §8); tinydns gives it as it is',
    example: ['.e:10.0.0.1:a\n+w.e:10.0.0.2:4294967295\n', 'w.e A'],
    settle: ({ ours, theirs }) => {
      if (theirs === null) return { ours, theirs };
      const { answer, authority } = theirs;
      return {
        ours,
        theirs: { ...theirs, answer: bounded(answer), authority: bounded(authority) },
      };
    },
  },
  {
    why: 'tinydns gives eight addresses of more; the whole RRset is one thing (RFC 2181 §5)',
    example: [
      '.e:10.0.0.1:a\n'.concat(
        '+w.e:10.0.0.2\n+w.e:10.0.0.3\n+w.e:10.0.0.4\n+w.e:10.0.0.5\n',
        '+w.e:10.0.0.6\n+w.e:10.0.0.7\n+w.e:10.0.0.8\n+w.e:10.0.0.9\n+w.e:10.0.0.10\n',
      ),
      'w.e A',
    ],
    settle: ({ ours, theirs }) => {
      const isA = (record: string): boolean => typeOf(record) === 'A';
      if (ours === null || theirs === null) return { ours, theirs };
      const left = theirs.answer.filter(isA);
      const areOurs = left.every((record) => ours.answer.includes(record));
      if (left.length !== A_MAX || !areOurs) return { ours, theirs };
      const answer = ours.answer.filter((record) => !isA(record) || left.includes(record));
      return { ours: { ...ours, answer }, theirs };
    },
  },
  {
    why: 'tinydns repeats records that are there twice; an RRset has each once (RFC 2181 §5)',
    example: ['.e:10.0.0.1:a\n@w.e::m.e:1\n@w.e::m.e:1:60\n', 'w.e MX'],
    settle: ({ ours, theirs }) => ({ ours, theirs: withoutRepeated(theirs, ours) }),
  },
  {
    why: 'tinydns leaves a CNAME to the resolver; we follow it in zones of ours (RFC 1034 §3.6.2)',
    example: ['.e:10.0.0.1:a\nCw.e:v.e\n+v.e:10.0.0.2\n', 'w.e A'],
    settle: ({ ours, theirs }, { question: { type } }) => {
      if (ours === null || theirs === null || type === TYPE_CNAME) return { ours, theirs };
      const first = theirs.answer[0];
      if (first === undefined || type === TYPE_ANY) return { ours, theirs };
      if (!theirs.answer.every((record) => typeOf(record) === 'CNAME')) return { ours, theirs };
      const answer = ours.answer.filter((record) => ownerOf(record) === ownerOf(first));
      return { ours: { ...ours, answer, rcode: theirs.rcode, authority: [] }, theirs };
    },
  },
  {
    why: 'tinydns adds a CNAME to the data beside it, where it must not be (RFC 1034 §3.6.2)',
    example: ['.e:10.0.0.1:a\nCw.e:v.e\n+w.e:10.0.0.2\n', 'w.e A'],
    settle: ({ ours, theirs }, { question: { type } }) => {
      if (theirs === null || type === TYPE_CNAME || type === TYPE_ANY) return { ours, theirs };
      const answer = theirs.answer.filter((record) => typeOf(record) !== 'CNAME');
      return { ours, theirs: answer.length === 0 ? theirs : { ...theirs, answer } };
    },
  },
  {
    why: 'an SOA without NS is no zone to tinydns, but one with a fault that is told to us',
    example: ['.e:10.0.0.1:a\nZz.e:a.ns.e:h.e\n+w.z.e:10.0.0.2\n', 'v.z.e A'],
    settle: (pair, { question, second, data }) =>
      data.isZoneWithoutServers(question, second) ? NOTHING : pair,
  },
  {
    why: 'tinydns refers to servers of a name in no zone; to us it is outside of all zones',
    example: ['&d.e:10.0.0.1:a\n', 'w.d.e A'],
    settle: (pair, { question, second, data }) =>
      pair.ours === null && data.isCutInNoZone(question, second) ? NOTHING : pair,
  },
  {
    why: 'a DS at a zone cut is data of the zone above (RFC 4035 §3.1.4.1), to tinydns like any other',
    example: ['.e:10.0.0.1:a\n&d.e:10.0.0.2:a\n', 'd.e DS'],
    settle: (pair, { question, second, data }) =>
      question.type === TYPE_DS && data.isCut(question, second) ? NOTHING : pair,
  },
];

/** Replies when all that is meant to differ has been settled. @param used takes the reasons that were needed */
export function settled(
  { question, second, ours, theirs }: BothReplies,
  data: DataModel,
  used: Set<string> = new Set(),
): Pair {
  const about = { question, second, data };
  let left: Pair = { ours: replyOf(ours), theirs: replyOf(theirs) };
  for (const { why, settle } of DIFFERENCES) {
    const before = left;
    left = settle(left, about);
    if (!isSame(before, left)) used.add(why);
  }
  return left;
}

/** Whether nothing differs. */
export function isAlike({ ours, theirs }: Pair): boolean {
  return isSame(ours, theirs);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The parts of a reply that are compared: what goes with a positive answer is not. */
export function replyOf(message: Message | null): Reply {
  if (message === null) return null;
  const { rcode, flags, answer, authority } = message;
  return {
    rcode,
    isAuthoritative: flags.includes('aa'),
    answer,
    authority: answer.length === 0 ? authority : [],
  };
}

/** Addresses for name servers at or below the zone cut, of a referral: `owner type RDATA`. */
export function glueOf(message: Message | null): string[] {
  const cut = message?.authority[0] ?? '';
  if (message === null || message.answer.length > 0 || typeOf(cut) !== 'NS') return [];
  const isBelow = (owner: string): boolean => `.${owner}`.endsWith(`.${ownerOf(cut)}`);
  return message.additional
    .filter((record) => typeOf(record) === 'A' && isBelow(ownerOf(record)))
    .map(withoutTtl);
}

function withoutRepeated(theirs: Reply, ours: Reply): Reply {
  if (theirs === null) return theirs;
  const known = [...(ours?.answer ?? []), ...(ours?.authority ?? [])];
  const once = (records: readonly string[]): string[] => {
    const chosen = new Map<string, string>();
    for (const record of records) {
      const key = withoutTtl(record);
      // of two TTLs the one that we have stays, if we have one of them
      if (!chosen.has(key) || known.includes(record)) chosen.set(key, record);
    }
    return [...chosen.values()].sort();
  };
  return { ...theirs, answer: once(theirs.answer), authority: once(theirs.authority) };
}

function ownerOf(record: string): string {
  return record.split(' ')[0] ?? '';
}

function typeOf(record: string): string {
  return record.split(' ')[3] ?? '';
}

function withoutTtl(record: string): string {
  const [owner = '', , , ...rest] = record.split(' ');
  return [owner, ...rest].join(' ');
}

function bounded(records: readonly string[]): string[] {
  return records.map(boundTtl).sort();
}

function boundTtl(record: string): string {
  const [owner = '', ttl = '', ...rest] = record.split(' ');
  return Number(ttl) > TTL_MAX ? [owner, '0', ...rest].join(' ') : record;
}
