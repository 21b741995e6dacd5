/**
 * A server made with the npm package dns2, as its documentation shows: a handler that looks records up in a Map. It
 * reads zones of the generator only, and knows just enough of RFC 1034 §4.3.2 to answer our queries as the others do.
 * Arguments: file, origin, port. Must not know: what is measured.
 */
import { readFileSync } from 'node:fs';
import dns2 from 'dns2';

const { Packet, createUDPServer } = dns2;

type Answer = Readonly<Record<string, string | number>> & { readonly type: number };
/** Records by owner name. */
type Zone = Map<string, Answer[]>;

/** RDATA of a type, as dns2 wants it, from the words after the type. */
const RDATA: Readonly<Record<string, (words: string[], name: (text: string) => string) => object>> =
  {
    A: ([address = '']) => ({ address }),
    AAAA: ([address = '']) => ({ address }),
    NS: ([ns = ''], name) => ({ ns: name(ns) }),
    CNAME: ([domain = ''], name) => ({ domain: name(domain) }),
    MX: ([priority = '', exchange = ''], name) => ({
      priority: Number(priority),
      exchange: name(exchange),
    }),
    TXT: (words) => ({ data: words.join(' ').replaceAll('"', '') }),
    SRV: ([priority = '', weight = '', port = '', target = ''], name) => ({
      priority: Number(priority),
      weight: Number(weight),
      port: Number(port),
      target: name(target),
    }),
    SOA: ([primary = '', admin = '', ...numbers], name) => ({
      primary: name(primary),
      admin: name(admin),
      serial: Number(numbers[0]),
      refresh: Number(numbers[1]),
      retry: Number(numbers[2]),
      expiration: Number(numbers[3]),
      minimum: Number(numbers[4]),
    }),
  };

function readZone(text: string, origin: string): Zone {
  const zone: Zone = new Map();
  const absolute = (name: string): string => (name === '@' ? origin : `${name}.${origin}`);
  for (const line of text.split('\n')) {
    const [owner = '', type = '', ...words] = line.split(' ');
    const rdata = RDATA[type]?.(words, absolute);
    if (rdata === undefined) continue;
    const name = absolute(owner);
    const record = { name, type: typeNumber(type), class: Packet.CLASS.IN, ttl: 3600, ...rdata };
    const known = zone.get(name);
    if (known === undefined) zone.set(name, [record]);
    else known.push(record);
  }
  return zone;
}

function typeNumber(type: string): number {
  return (Packet.TYPE as Readonly<Record<string, number>>)[type] ?? 0;
}

type Reply = {
  header: { aa: number; rcode: number };
  answers: object[];
  authorities: object[];
  additionals: object[];
};

class Responder {
  private readonly zone: Zone;
  private readonly origin: string;
  private readonly soa: Answer[];

  constructor(zone: Zone, origin: string) {
    this.zone = zone;
    this.origin = origin;
    this.soa = this.rrset(origin, Packet.TYPE.SOA);
  }

  answer(qname: string, qtype: number, reply: Reply): void {
    const name = qname.toLowerCase();
    for (let at = name; at !== this.origin && at !== ''; at = parentOf(at)) {
      const cut = this.rrset(at, Packet.TYPE.NS);
      if (cut.length === 0) continue;
      this.refer(cut, reply);
      return;
    }
    reply.header.aa = 1;
    const found = this.zone.get(name) ?? this.wildcard(name);
    const owned = (found ?? []).map((record) => ({ ...record, name: qname }));
    const alias = owned.find((record) => record.type === Packet.TYPE.CNAME);
    reply.answers = owned.filter((record) => record.type === qtype);
    if (reply.answers.length === 0 && alias !== undefined) {
      const target = String((alias as unknown as Readonly<Record<string, unknown>>)['domain']);
      reply.answers = [alias, ...this.rrset(target, qtype)];
    }
    if (reply.answers.length > 0) return;
    reply.authorities = this.soa;
    if (found === undefined) reply.header.rcode = 3;
  }

  private refer(cut: Answer[], reply: Reply): void {
    reply.authorities = cut;
    reply.additionals = cut.flatMap((record) => this.zone.get(String(record['ns'])) ?? []);
  }

  /** RFC 4592 §3.3.1, for zones without names below wildcards. */
  private wildcard(name: string): Answer[] | undefined {
    let at = parentOf(name);
    while (at !== this.origin && at !== '' && !this.zone.has(at) && !this.zone.has(`*.${at}`)) {
      at = parentOf(at);
    }
    return this.zone.get(`*.${at}`);
  }

  private rrset(name: string, type: number): Answer[] {
    return (this.zone.get(name) ?? []).filter((record) => record.type === type);
  }
}

function parentOf(name: string): string {
  const dot = name.indexOf('.');
  return dot === -1 ? '' : name.slice(dot + 1);
}

const [file = '', origin = '', port = ''] = process.argv.slice(2);
const responder = new Responder(readZone(readFileSync(file, 'latin1'), origin), origin);
const server = createUDPServer((request, send) => {
  const reply = Packet.createResponseFromRequest(request);
  const question = request.questions[0];
  if (question === undefined) return;
  responder.answer(question.name, question.type ?? 0, reply as unknown as Reply);
  send(reply);
});
await server.listen(Number(port), '127.0.0.1');
