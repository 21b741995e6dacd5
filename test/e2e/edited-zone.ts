/**
 * A zone of many types that tests edit, and what servers have of it. Records are compared as decoded messages have
 * them, names in lower case, in any order. Must not know: which server is which.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { signTsigRequest } from '../../src/wire/tsig.js';
import type { TsigKey } from '../../src/wire/tsig-key.js';
import { answerInOrder, buildQuery, decodeMessage } from '../peers/message.js';
import { askTcp, askUdp, type Server } from '../peers/query.js';
import { withRoom } from '../support/tsig-messages.js';
import { recordsOf, replyTo } from '../support/xfr-messages.js';

const PATIENCE_MS = 30_000;
const POLL_MS = 30;
const TRANSFER_MS = 5000;

/**
 * All but the SOA, one record a line; Site asks for the TXT of `t`. PowerDNS takes relative names in KX and SVCB for
 * absolute ones.
 */
const RECORDS = `@ 300 IN NS ns1
@ 300 IN NS ns2
ns1 300 IN A 192.0.2.1
ns1 300 IN AAAA 2001:db8::1
ns2 300 IN A 192.0.2.2
t 60 IN TXT "one"
@ 300 IN MX 10 mail
@ 300 IN MX 20 mail2
@ 300 IN TXT "v=spf1 mx -all"
@ 300 IN TXT "plain" "quo\\"te" "semi;colon" "\\000\\255"
@ 300 IN CAA 0 issue "ca.example"
@ 300 IN CAA 128 iodef "mailto:security@example.com"
@ 300 IN HTTPS 1 . alpn=h2,h3
mail 60 IN A 192.0.2.3
mail 60 IN A 192.0.2.4
mail 60 IN AAAA 2001:db8::3
mail2 60 IN A 192.0.2.5
www 60 IN CNAME web
web 60 IN A 192.0.2.6
web 60 IN A 192.0.2.7
web 60 IN A 192.0.2.8
far 60 IN CNAME Far.Elsewhere.example.
*.wild 60 IN CNAME mail
*.wild2 60 IN TXT "a wildcard"
*.wild2 60 IN MX 5 mail
a.b.c.empty 60 IN A 192.0.2.9
sub 60 IN NS ns.sub
sub 60 IN NS ns.Elsewhere.example.
ns.sub 60 IN A 192.0.2.10
sub 60 IN DS 12345 13 2 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF
_sip._tcp 60 IN SRV 1 2 5060 mail
_sip._tcp 60 IN SRV 2 2 5060 mail2
_443._tcp 60 IN TLSA 3 1 1 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF
naptr 60 IN NAPTR 1 2 "u" "E2U+sip" "!^.*$!sip:a@b!" .
here 60 IN LOC 52 22 23.000 N 4 53 32.000 E -2.00m 1.00m 10000m 10m
host 60 IN SSHFP 4 2 123456789ABCDEF67890123456789ABCDEF67890123456789ABCDEF123456789
host 60 IN HINFO "a cpu" "an os"
svc 60 IN SVCB 1 mail.ORIGIN. alpn=h2,h3 port=8443
own 60 IN TYPE65280 \\# 4 0A000001
Mixed.Case 60 IN PTR Other.Case
apl 60 IN APL 1:192.168.32.0/21 !1:192.168.38.0/28
rp 60 IN RP someone t
afs 60 IN AFSDB 1 mail
kx 60 IN KX 10 mail.ORIGIN.
cert 60 IN CERT 1 12345 8 AQIDBAUGBwg=
cut 60 IN DNAME other.example.
uri 60 IN URI 10 1 "https://www.example.com/"
eui 60 IN EUI48 00-00-5e-00-53-2a
eui 60 IN EUI64 00-00-5e-ef-10-00-00-2a
key 60 IN OPENPGPKEY AQIDBAUGBwg=
sm 60 IN SMIMEA 0 0 0 0123456789ABCDEF
10.2 60 IN PTR host
h1 60 IN A 192.0.2.21
h2 60 IN A 192.0.2.22
h3 60 IN A 192.0.2.23
h4 60 IN A 192.0.2.24
h1 60 IN AAAA 2001:db8::21
h2 60 IN AAAA 2001:db8::22
h3 60 IN AAAA 2001:db8::23
h4 60 IN AAAA 2001:db8::24`;

export class EditedZone {
  /** Without final dot. */
  readonly origin: string;
  serial = 1;
  private records: readonly string[] = RECORDS.split('\n');

  constructor(origin: string) {
    this.origin = origin;
  }

  /** Of a zone file. */
  get text(): string {
    const soa = `@ 300 IN SOA ns1 hostmaster ${this.serial} 3600 1 86400 300`;
    const text = `$ORIGIN ${this.origin}.\n${[soa, ...this.records].join('\n')}\n`;
    return text.replaceAll('ORIGIN.', `${this.origin}.`);
  }

  /** As a transfer must have them, sorted. */
  get wanted(): string[] {
    const query = buildQuery({ name: this.origin, type: 'AXFR' });
    const answers = recordsOf(`${this.origin}.`, this.text);
    return answerInOrder(replyTo(query, { answers })).sort();
  }

  /** Makes the next version. @param gone parts of lines, each of one or more @param come lines */
  edit({ gone = [], come = [] }: Edit): void {
    for (const part of gone) {
      const left = this.records.filter((line) => !line.includes(part));
      assert.ok(left.length < this.records.length, `no record ${part}`);
      this.records = left;
    }
    this.records = [...this.records, ...come];
    this.serial++;
  }
}

export type Edit = { readonly gone?: readonly string[]; readonly come?: readonly string[] };

/** Each adds, changes or deletes something else. */
export const EDITS: readonly (Edit & { readonly what: string })[] = [
  {
    what: 'new names and types',
    come: ['new 60 IN A 192.0.2.30', 'deep.new.name 60 IN TXT "new"', 'web 60 IN AAAA 2001:db8::6'],
  },
  {
    what: 'new data, new TTLs',
    gone: ['mail 60', 'IN MX 10', '_sip._tcp 60 IN SRV 1', 't 60 IN TXT'],
    come: [
      'mail 61 IN A 192.0.2.3',
      'mail 61 IN A 192.0.2.44',
      'mail 61 IN AAAA 2001:db8::3',
      '@ 300 IN MX 11 mail',
      '_sip._tcp 60 IN SRV 1 3 5061 mail',
      't 60 IN TXT "two"',
    ],
  },
  {
    what: 'names and types gone',
    gone: ['a.b.c.empty', 'apl 60', 'sub 60 IN DS', 'h1 60', '*.wild2 60 IN MX'],
  },
  {
    what: 'one type for another, a delegation come and one gone',
    gone: ['www 60', 'sub 60'],
    come: ['www 60 IN A 192.0.2.31', 'cut2 60 IN NS ns.cut2', 'ns.cut2 60 IN A 192.0.2.32'],
  },
];

/** NaN without answer. */
export async function serialAt(server: Server, origin: string): Promise<number> {
  const query = buildQuery({ name: origin, type: 'SOA' });
  const reply = await askUdp(server, query, { timeoutMs: 300, retries: 0 });
  const [soa = ''] = reply === null ? [] : decodeMessage(reply).answer;
  return Number.parseInt(soa.slice(-40, -32), 16);
}

export function withoutSoa(records: readonly string[]): string[] {
  return records.filter((record) => !record.includes(' IN SOA '));
}

/** Waits until a server has a serial. @param told what else to say if it never has */
export async function untilSerial(
  server: Server,
  { origin, serial }: Pick<EditedZone, 'origin' | 'serial'>,
  told: () => string = () => '',
): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const has = await serialAt(server, origin);
    if (has === serial) return;
    assert.ok(Date.now() < deadline, `${origin} has serial ${has}, never ${serial}: ${told()}`);
    await sleep(POLL_MS);
  }
}

/** All records that a server has, by AXFR, sorted. */
export async function recordsAt(
  server: Server,
  origin: string,
  key: TsigKey | null = null,
): Promise<string[]> {
  const plain = buildQuery({ name: origin, type: 'AXFR', id: 1 });
  const room = withRoom(plain);
  const now = Math.floor(Date.now() / 1000);
  const query =
    key === null ? plain : room.subarray(0, signTsigRequest(room, plain.length, key, now).length);
  const records: string[] = [];
  const isLast = (message: Buffer): boolean => {
    records.push(...answerInOrder(message));
    const isRefused = records.length === 0;
    return isRefused || (records.length > 1 && records.at(-1) === records[0]);
  };
  await askTcp(server, query, isLast, { timeoutMs: TRANSFER_MS });
  assert.ok(records.length > 1, `no transfer of ${origin}`);
  return records.slice(1).sort();
}
