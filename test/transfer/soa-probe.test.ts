/** A primary is asked for the SOA: over UDP, over TCP where that does not do, signed, and by servers that err. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probeSoa } from '../../src/transfer/soa-probe.js';
import { faultText } from '../../src/transfer/transfer-faults.js';
import { FakePrimary, type Script } from '../support/fake-primary.js';
import { testKey } from '../support/tsig-messages.js';
import {
  expireOpt,
  type ReplyParts,
  recordsOf,
  replyTo,
  signReplies,
} from '../support/xfr-messages.js';
import { name } from '../support/zones.js';

const KEY = testKey('hmac-sha256');
const answers = recordsOf('example.', '@ 60 IN SOA ns hostmaster 7 1000 100 10000 60\n');

const good = (query: Buffer, parts: ReplyParts = {}): Buffer =>
  replyTo(query, { answers, ...parts });
const overTcp: Script['tcp'] = (query) => [{ message: good(query) }];
const has = (query: Buffer): boolean => query.readUInt16BE(10) > 0;
const now = () => Math.floor(Date.now() / 1000);

type Row = {
  readonly what: string;
  readonly script: Script;
  readonly isSigned?: boolean;
  /** `SERIAL EXPIRE`, or what the fault says. */
  readonly wanted: RegExp;
  /** Questions, if they matter. */
  readonly asked?: readonly string[];
};

const ROWS: readonly Row[] = [
  { what: 'a good reply', script: { udp: good }, wanted: /^7 null$/, asked: ['udp 6'] },
  {
    what: 'a reply with EXPIRE',
    script: { udp: (query) => good(query, { additionals: [expireOpt(99)] }) },
    wanted: /^7 99$/,
  },
  {
    what: 'a reply that does not fit UDP',
    script: { udp: (query) => replyTo(query, { flags: 0x8600 }), tcp: overTcp },
    wanted: /^7 null$/,
    asked: ['udp 6', 'tcp 6'],
  },
  {
    what: 'nothing over UDP',
    script: { tcp: overTcp },
    wanted: /^7 null$/,
    asked: ['udp 6', 'udp 6', 'tcp 6'],
  },
  {
    what: 'a reply to somebody else first',
    script: { udp: (query) => good(query, { id: query.readUInt16BE(0) ^ 1 }), tcp: overTcp },
    wanted: /^7 null$/,
    asked: ['udp 6', 'udp 6', 'tcp 6'],
  },
  {
    what: 'FORMERR to EDNS',
    script: { udp: (query) => (has(query) ? replyTo(query, { flags: 0x8001 }) : good(query)) },
    wanted: /^7 null$/,
    asked: ['udp 6', 'udp 6'],
  },
  { what: 'nothing at all', script: {}, wanted: /^no reply within 0\.2 s; is the primary up/ },
  {
    what: 'a reply cut short over TCP, too',
    script: {
      udp: (query) => replyTo(query, { flags: 0x8600 }),
      tcp: (query) => [{ message: replyTo(query, { flags: 0x8600 }) }],
    },
    wanted: /cuts its reply short over TCP/,
  },
  {
    what: 'REFUSED',
    script: { udp: (query) => replyTo(query, { flags: 0x8005 }) },
    wanted: /^the primary answers REFUSED; does the primary have this zone/,
  },
  {
    what: 'an answer without authority',
    script: { udp: (query) => good(query, { flags: 0x8000 }) },
    wanted: /^an answer without authority; the primary does not serve this zone itself/,
  },
  {
    what: 'a referral',
    script: { udp: (query) => replyTo(query, { authorities: answers }) },
    wanted: /^an answer without the SOA/,
  },
  {
    what: 'the SOA of another zone',
    script: {
      udp: (query) => good(query, { answers: recordsOf('other.', '@ 6 IN SOA a b 7 1 1 1 1\n') }),
    },
    wanted: /^an answer without the SOA/,
  },
  {
    what: 'garbage behind the right id',
    script: { udp: (query) => Buffer.concat([query.subarray(0, 2), Buffer.alloc(9, 0xff)]) },
    wanted: /^a message shorter than its header/,
  },
  {
    what: 'a signed reply',
    isSigned: true,
    script: { udp: (query) => signReplies(query, KEY, [good(query)])[0] ?? null },
    wanted: /^7 null$/,
  },
  {
    what: 'no signature',
    isSigned: true,
    script: { udp: good },
    wanted: /^the reply is not signed/,
  },
  {
    what: 'an old signature',
    isSigned: true,
    script: { udp: (query) => signReplies(query, KEY, [good(query)], 1, now() - 999)[0] ?? null },
    wanted: /^it was signed at another time: do the clocks differ/,
  },
  {
    what: 'a refusal without signature',
    isSigned: true,
    script: { udp: (query) => replyTo(query, { flags: 0x8005 }) },
    wanted: /^the primary answers REFUSED/,
  },
];

for (const { what, script, isSigned = false, wanted, asked } of ROWS) {
  test(`probe: ${what}`, async (t) => {
    const primary = await FakePrimary.start(t, script);
    const reply = await probeSoa({
      apex: name('example.'),
      primary: primary.peer,
      key: isSigned ? KEY : null,
      udpMs: 40,
      tcpMs: 200,
    });
    const text =
      reply.kind === 'soa' ? `${reply.serial} ${reply.expireSeconds}` : faultText(reply.fault);
    assert.match(text, wanted);
    if (asked !== undefined) assert.deepEqual(primary.asked, asked);
  });
}
