/**
 * Class CH: TXT records that tell who answers (version.bind, id.server …), RFC 4892 §3.
 * Must not know: zones; nothing of class CH is loaded.
 */
import { SERVER_ID_OCTETS_MAX } from '../base/limits.js';
import { CLASS_CH, RCODE_REFUSED, TYPE_ANY, TYPE_TXT } from '../wire/constants.js';
import { equalNames, type NameView } from '../wire/name.js';
import { writeU16 } from '../wire/octets.js';
import { QNAME_OFFSET, TTL_AS_STORED } from '../wire/response.js';
import type { QueryContext } from './context.js';
import type { EngineOptions } from './process.js';

/** Names of class CH, each with its TXT RRset ready to send; `null` if the option hides it. */
export class ChaosTable {
  private readonly names: readonly Uint8Array[];
  private readonly rrsets: readonly (Uint8Array | null)[];

  constructor(options: EngineOptions) {
    const rows: readonly (readonly [string, string | null])[] = [
      ['version.bind', options.version],
      ['version.server', options.version],
      ['hostname.bind', options.hostname],
      ['id.server', options.serverId],
    ];
    this.names = rows.map(([name]) => nameOctets(name));
    this.rrsets = rows.map(([, text]) => (text === null ? null : txtRrset(text)));
  }

  // === hot path

  /** The RRset of a name, or `null`. */
  find(name: NameView): Uint8Array | null {
    for (let i = 0; i < this.names.length; i++) {
      const known = this.names[i]!;
      if (
        known.length === name.length &&
        equalNames(known, 0, name.octets, name.offset, name.length)
      ) {
        return this.rrsets[i]!;
      }
    }
    return null;
  }
}

/** Answers a question of class CH; what we do not tell is refused. No zone, so no AA: NSD, Knot. */
export function answerChaos(ctx: QueryContext, table: ChaosTable): void {
  const qtype = ctx.request.qtype;
  const rrset = qtype === TYPE_TXT || qtype === TYPE_ANY ? table.find(ctx.name) : null;
  if (rrset === null) {
    ctx.rcode = RCODE_REFUSED;
    return;
  }
  ctx.writer.writeRrset(ctx.name, QNAME_OFFSET, rrset, 0, rrset.length, TYPE_TXT, 1, TTL_AS_STORED);
}

// === end of hot path

function nameOctets(text: string): Uint8Array {
  const labels = text.split('.').map((label) => [label.length, ...Buffer.from(label)]);
  return Uint8Array.from([...labels.flat(), 0]);
}

/** One TXT record of class CH and TTL 0 in the layout of zone-index.ts; longer text is cut. */
function txtRrset(text: string): Uint8Array {
  const string = Buffer.from(text).subarray(0, SERVER_ID_OCTETS_MAX);
  const rrset = new Uint8Array(13 + string.length);
  writeU16(rrset, 0, 0xc000 | QNAME_OFFSET);
  writeU16(rrset, 2, TYPE_TXT);
  writeU16(rrset, 4, CLASS_CH);
  writeU16(rrset, 10, 1 + string.length);
  rrset[12] = string.length;
  rrset.set(string, 13);
  return rrset;
}
