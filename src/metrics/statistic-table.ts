/**
 * Every statistic by PowerDNS's name and in the order of its `show *`, and whence its number comes; our own follow.
 * Those that mean nothing here stay 0, and the row says why: graphs and alerts made for PowerDNS find all they ask for.
 * Must not know: how blocks are filled.
 */
import {
  RCODE_FORMERR,
  RCODE_NOTIMP,
  RCODE_NXDOMAIN,
  RCODE_REFUSED,
  RCODE_SERVFAIL,
} from '../wire/constants.js';
import {
  ANSWER_OCTETS,
  CONNECTIONS,
  COOKIE_QUERIES,
  DO_QUERIES,
  DROPPED,
  NO_DATA,
  OPCODES,
  OVERLOAD_DROPS,
  QUERIES,
  RCODES,
  RD_QUERIES,
  SEND_FAILURES,
  TRUNCATED,
  type Transport,
} from './counter-block.js';
import type { ProcessReading } from './process-reading.js';
import type { RemoteRing } from './remote-ring.js';

/** A name with one of four sources. */
export type StatisticRow = { readonly name: string } & (
  | {
      /** Of each block of these transports, added up. */
      readonly columns: readonly number[];
      readonly over: readonly Transport[];
    }
  | { readonly read: (process: ProcessReading) => number }
  /** Of each block, added up. */
  | { readonly ring: (remotes: RemoteRing) => number }
  /** Always 0, and why. */
  | { readonly absent: string }
);

const ANSWERS: readonly number[] = Array.from({ length: 16 }, (_, rcode) => RCODES + rcode);

const OPCODE_NOTIFY = 4;
const OPCODE_UPDATE = 5;

const UDP4: readonly Transport[] = ['udp4'];
const UDP6: readonly Transport[] = ['udp6'];
const TCP4: readonly Transport[] = ['tcp4'];
const TCP6: readonly Transport[] = ['tcp6'];
const UDP: readonly Transport[] = ['udp4', 'udp6'];
const TCP: readonly Transport[] = ['tcp4', 'tcp6'];
const ALL: readonly Transport[] = [...UDP, ...TCP];

const IN_MEMORY = 'a query is answered from memory; nothing else is asked';
const NO_CACHE = 'there is no cache: every answer is made from the zone itself';
const NO_CLOCK = 'no clock is read while a query is answered';
const NO_POLLING = 'nobody is asked over the network whether this version is safe';
const NO_QUEUE = 'a query that is read is answered at once; or by the main thread very soon';
const NO_RECURSION = 'there is no recursion';
const NO_RING = 'only clients are remembered, neither names nor log lines';
const NO_SIGNING = 'no signature is made while a query is answered';
const NO_TRANSFERS = 'threads that answer do no transfers';
const NO_UPDATES = 'dynamic updates are not taken';

export const STATISTICS: readonly StatisticRow[] = [
  { name: 'backend-queries', absent: IN_MEMORY },
  // Those without an answer are in here only; the others are queries, too.
  { name: 'corrupt-packets', columns: [DROPPED, RCODES + RCODE_FORMERR], over: ALL },
  { name: 'deferred-cache-inserts', absent: NO_CACHE },
  { name: 'deferred-cache-lookup', absent: NO_CACHE },
  { name: 'deferred-packetcache-inserts', absent: NO_CACHE },
  { name: 'deferred-packetcache-lookup', absent: NO_CACHE },
  { name: 'dnsupdate-answers', absent: NO_UPDATES },
  { name: 'dnsupdate-changes', absent: NO_UPDATES },
  { name: 'dnsupdate-queries', columns: [OPCODES + OPCODE_UPDATE], over: ALL },
  { name: 'dnsupdate-refused', absent: NO_UPDATES },
  { name: 'incoming-notifications', columns: [OPCODES + OPCODE_NOTIFY], over: ALL },
  // As with PowerDNS, only what has no data of the type; but not at the end of a chain of aliases.
  { name: 'noerror-packets', columns: [NO_DATA], over: ALL },
  { name: 'nxdomain-packets', columns: [RCODES + RCODE_NXDOMAIN], over: ALL },
  { name: 'overload-drops', columns: [OVERLOAD_DROPS], over: ALL },
  { name: 'packetcache-hit', absent: NO_CACHE },
  { name: 'packetcache-miss', absent: NO_CACHE },
  { name: 'packetcache-size', absent: NO_CACHE },
  { name: 'query-cache-hit', absent: NO_CACHE },
  { name: 'query-cache-miss', absent: NO_CACHE },
  { name: 'query-cache-size', absent: NO_CACHE },
  { name: 'rd-queries', columns: [RD_QUERIES], over: ALL },
  { name: 'recursing-answers', absent: NO_RECURSION },
  { name: 'recursing-questions', absent: NO_RECURSION },
  { name: 'recursion-unanswered', absent: NO_RECURSION },
  { name: 'security-status', absent: NO_POLLING },
  { name: 'servfail-packets', columns: [RCODES + RCODE_SERVFAIL], over: ALL },
  { name: 'signatures', absent: NO_SIGNING },
  { name: 'tcp-answers', columns: ANSWERS, over: TCP },
  { name: 'tcp-answers-bytes', columns: [ANSWER_OCTETS], over: TCP },
  { name: 'tcp-cookie-queries', columns: [COOKIE_QUERIES], over: TCP },
  { name: 'tcp-queries', columns: [QUERIES], over: TCP },
  { name: 'tcp4-answers', columns: ANSWERS, over: TCP4 },
  { name: 'tcp4-answers-bytes', columns: [ANSWER_OCTETS], over: TCP4 },
  { name: 'tcp4-queries', columns: [QUERIES], over: TCP4 },
  { name: 'tcp6-answers', columns: ANSWERS, over: TCP6 },
  { name: 'tcp6-answers-bytes', columns: [ANSWER_OCTETS], over: TCP6 },
  { name: 'tcp6-queries', columns: [QUERIES], over: TCP6 },
  { name: 'timedout-packets', absent: NO_QUEUE },
  { name: 'udp-answers', columns: ANSWERS, over: UDP },
  { name: 'udp-answers-bytes', columns: [ANSWER_OCTETS], over: UDP },
  { name: 'udp-cookie-queries', columns: [COOKIE_QUERIES], over: UDP },
  { name: 'udp-do-queries', columns: [DO_QUERIES], over: UDP },
  { name: 'udp-queries', columns: [QUERIES], over: UDP },
  { name: 'udp4-answers', columns: ANSWERS, over: UDP4 },
  { name: 'udp4-answers-bytes', columns: [ANSWER_OCTETS], over: UDP4 },
  { name: 'udp4-queries', columns: [QUERIES], over: UDP4 },
  { name: 'udp6-answers', columns: ANSWERS, over: UDP6 },
  { name: 'udp6-answers-bytes', columns: [ANSWER_OCTETS], over: UDP6 },
  { name: 'udp6-queries', columns: [QUERIES], over: UDP6 },
  { name: 'unauth-packets', columns: [RCODES + RCODE_REFUSED], over: ALL },
  { name: 'zone-cache-hit', absent: NO_CACHE },
  { name: 'zone-cache-miss', absent: NO_CACHE },
  { name: 'zone-cache-size', absent: NO_CACHE },
  { name: 'backend-latency', absent: NO_CLOCK },
  { name: 'cache-latency', absent: NO_CLOCK },
  { name: 'cpu-iowait', read: (process) => process.cpuWaiting },
  { name: 'cpu-steal', read: (process) => process.cpuStolen },
  { name: 'fd-usage', read: (process) => process.openFiles },
  { name: 'key-cache-size', absent: NO_CACHE },
  { name: 'latency', absent: NO_CLOCK },
  { name: 'meta-cache-size', absent: NO_CACHE },
  { name: 'open-tcp-connections', columns: [CONNECTIONS], over: TCP },
  { name: 'qsize-q', absent: NO_QUEUE },
  { name: 'real-memory-usage', read: (process) => process.residentOctets },
  { name: 'receive-latency', absent: NO_CLOCK },
  { name: 'ring-logmessages-capacity', absent: NO_RING },
  { name: 'ring-logmessages-size', absent: NO_RING },
  { name: 'ring-noerror-queries-capacity', absent: NO_RING },
  { name: 'ring-noerror-queries-size', absent: NO_RING },
  { name: 'ring-nxdomain-queries-capacity', absent: NO_RING },
  { name: 'ring-nxdomain-queries-size', absent: NO_RING },
  { name: 'ring-queries-capacity', absent: NO_RING },
  { name: 'ring-queries-size', absent: NO_RING },
  { name: 'ring-remotes-capacity', ring: (remotes) => remotes.capacity },
  { name: 'ring-remotes-corrupt-capacity', absent: NO_RING },
  { name: 'ring-remotes-corrupt-size', absent: NO_RING },
  { name: 'ring-remotes-size', ring: (remotes) => remotes.size() },
  { name: 'ring-remotes-unauth-capacity', absent: NO_RING },
  { name: 'ring-remotes-unauth-size', absent: NO_RING },
  { name: 'ring-servfail-queries-capacity', absent: NO_RING },
  { name: 'ring-servfail-queries-size', absent: NO_RING },
  { name: 'ring-unauth-queries-capacity', absent: NO_RING },
  { name: 'ring-unauth-queries-size', absent: NO_RING },
  { name: 'send-latency', absent: NO_CLOCK },
  { name: 'signature-cache-size', absent: NO_CACHE },
  { name: 'sys-msec', read: (process) => process.systemMs },
  { name: 'udp-in-csum-errors', read: (process) => process.udp4.get('InCsumErrors') ?? 0 },
  { name: 'udp-in-errors', read: (process) => process.udp4.get('InErrors') ?? 0 },
  { name: 'udp-noport-errors', read: (process) => process.udp4.get('NoPorts') ?? 0 },
  { name: 'udp-recvbuf-errors', read: (process) => process.udp4.get('RcvbufErrors') ?? 0 },
  { name: 'udp-sndbuf-errors', read: (process) => process.udp4.get('SndbufErrors') ?? 0 },
  { name: 'udp6-in-csum-errors', read: (process) => process.udp6.get('InCsumErrors') ?? 0 },
  { name: 'udp6-in-errors', read: (process) => process.udp6.get('InErrors') ?? 0 },
  { name: 'udp6-noport-errors', read: (process) => process.udp6.get('NoPorts') ?? 0 },
  { name: 'udp6-recvbuf-errors', read: (process) => process.udp6.get('RcvbufErrors') ?? 0 },
  { name: 'udp6-sndbuf-errors', read: (process) => process.udp6.get('SndbufErrors') ?? 0 },
  { name: 'uptime', read: (process) => process.uptimeSeconds },
  { name: 'user-msec', read: (process) => process.userMs },
  { name: 'xfr-queue', absent: NO_TRANSFERS },
  // Not of PowerDNS, which leaves such queries without an answer, and counts no truncation.
  { name: 'formerr-packets', columns: [RCODES + RCODE_FORMERR], over: ALL },
  { name: 'notimp-packets', columns: [RCODES + RCODE_NOTIMP], over: ALL },
  { name: 'truncated-packets', columns: [TRUNCATED], over: ALL },
  { name: 'udp-send-failures', columns: [SEND_FAILURES], over: UDP },
];
