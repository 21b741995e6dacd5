/**
 * The state of one query while it is answered: request, reply, the name now being looked up. One per engine, reused
 * from query to query, and handed to every function that answers. Must not know: what goes into an answer.
 */

import { NAME_OCTETS_MAX } from '../base/limits.js';
import { Viewpoint } from '../index/viewpoint.js';
import { ENDING_NONE, type NodeId, type RrsetId, type ZoneView } from '../index/zone-index.js';
import type { ZoneTable } from '../index/zone-table.js';
import { FLAG_TC, RCODE_NOERROR } from '../wire/constants.js';
import { EDE_NONE } from '../wire/edns.js';
import { NameView, nameLength, parseName } from '../wire/name.js';
import { Request } from '../wire/request.js';
import {
  QNAME_OFFSET,
  ResponseWriter,
  SECTION_ADDITIONAL,
  TTL_AS_STORED,
} from '../wire/response.js';
import { countDown } from './count-down.js';
import { Lookup } from './lookup.js';
import type { EngineOptions } from './process.js';
import { ProofList } from './proof-list.js';

const NO_OCTETS = new Uint8Array(0);

/** See the head of the file. Fields are numbers or reused objects: a query allocates nothing. */
export class QueryContext {
  readonly zones: ZoneTable;
  readonly options: EngineOptions;
  readonly request: Request = new Request();
  readonly writer: ResponseWriter = new ResponseWriter();
  readonly lookup: Lookup = new Lookup();
  /** Records that deny, to go into authority when the answer is complete. */
  readonly proofs: ProofList = new ProofList();
  /** Who asks, and when. */
  readonly viewpoint: Viewpoint;
  /** What the zone chosen last serves; `null` if nothing. */
  view: ZoneView | null = null;
  /** The name now looked up: the qname, later the targets of CNAMEs and DNAMEs. */
  name: NameView = this.request.qname;
  /** Where `name` stands in the reply, 0 if that is not known yet; see `nameAt`. */
  nameOffset: number = QNAME_OFFSET;
  rcode: number = RCODE_NOERROR;
  /** AA and TC of the reply. */
  flags = 0;
  /** Extended DNS Error, or EDE_NONE. */
  ede: number = EDE_NONE;
  /** Name of an RRset that is not owned by `name`, see `ownerOffset`. */
  readonly owner: NameView = new NameView();
  /** RRsets that were put into the answer section and whose targets' addresses are due; consecutive. */
  additionalView: ZoneView | null = null;
  additionalFirst: RrsetId = 0;
  additionalCount = 0;
  private readonly targetA = new NameView();
  private readonly targetB = new NameView();
  private readonly octetsA = new Uint8Array(NAME_OCTETS_MAX);
  private readonly octetsB = new Uint8Array(NAME_OCTETS_MAX);

  /** @param clock whole seconds of Unix time */
  constructor(zones: ZoneTable, options: EngineOptions, clock?: () => number) {
    this.zones = zones;
    this.options = options;
    this.viewpoint = new Viewpoint(clock);
  }

  // === hot path

  /** Forgets the previous query's answer. @param client the address that asks */
  reset(client: Uint8Array): void {
    this.viewpoint.begin(client);
    this.zones.begin(this.viewpoint);
    this.name = this.request.qname;
    this.nameOffset = QNAME_OFFSET;
    this.rcode = RCODE_NOERROR;
    this.flags = 0;
    this.ede = EDE_NONE;
    this.additionalCount = 0;
    this.proofs.count = 0;
  }

  /** Lets go of the zones: a version that has been replaced must not live until the next query like this one. */
  forget(): void {
    this.additionalView = null;
    this.view = null;
    this.proofs.forget();
    this.owner.octets = NO_OCTETS;
    this.targetA.octets = NO_OCTETS;
    this.targetB.octets = NO_OCTETS;
    this.writer.forget();
  }

  /**
   * Adds an RRset that the question calls for, with its signatures if the client wants them; TC if they do not fit (RFC
   * 2181 §9, RFC 4035 §3.1.1). @returns whether they fitted.
   */
  addRrset(
    view: ZoneView,
    rrset: RrsetId,
    owner: NameView,
    ownerOffset: number,
    ttl: number,
  ): boolean {
    if (this.addOptionalRrset(view, rrset, owner, ownerOffset, ttl)) return true;
    this.flags |= FLAG_TC;
    return false;
  }

  /** Adds an RRset and its signatures if they fit; in the additional section the RRset may go without. */
  addOptionalRrset(
    view: ZoneView,
    rrset: RrsetId,
    owner: NameView,
    ownerOffset: number,
    ttl: number,
  ): boolean {
    if (!this.addPlainRrset(view, rrset, owner, ownerOffset, ttl)) return false;
    const { signed } = view;
    if (signed === null || !this.request.edns.dnssecOk) return true;
    const count = signed.signatureCount(rrset);
    if (count === 0) return true;
    const { writer } = this;
    const offset = signed.signatureOffset(rrset);
    const length = signed.signatureLength(rrset);
    if (writer.writeSignatures(owner, view.octets, offset, length, count, ttl)) return true;
    if (writer.section === SECTION_ADDITIONAL) return true;
    writer.takeBack();
    return false;
  }

  /** Adds an RRset without signatures if it fits. @returns whether it fitted. */
  addPlainRrset(
    view: ZoneView,
    rrset: RrsetId,
    owner: NameView,
    ownerOffset: number,
    ttl: number,
  ): boolean {
    const start = this.writer.position;
    const fitted = this.writer.writeRrset(
      owner,
      ownerOffset,
      view.octets,
      view.rrsetOffset(rrset),
      view.rrsetLength(rrset),
      view.rrsetType(rrset),
      view.rrsetCount(rrset),
      ttl,
    );
    if (view.ending !== ENDING_NONE) this.countDown(view, start, ttl !== TTL_AS_STORED);
    return fitted;
  }

  /**
   * Sets the TTLs of records that end, in an RRset just written.
   * @param start where it starts in the reply
   * @param isNegative whether it is the SOA of a negative answer
   */
  countDown(view: ZoneView, start: number, isNegative: boolean): void {
    const { octets, position } = this.writer;
    countDown(octets, start, position, view, this.viewpoint.now(), isNegative);
  }

  /**
   * Makes ready to write RRsets of `node`, an ancestor of `name` or `name` itself.
   * @returns where its name stands in the reply; 0 if that is not known, then `owner` holds it.
   */
  ownerOffset(view: ZoneView, node: NodeId): number {
    const at = view.nodeName(node);
    const octets = nameLength(view.octets, at);
    // The root is one octet, shorter than any pointer.
    if (this.nameOffset === QNAME_OFFSET && octets > 1) {
      return QNAME_OFFSET + this.name.length - octets;
    }
    parseName(this.owner, view.octets, at, at + octets);
    return this.writer.offsetOf(this.owner);
  }

  /** Where `name` stands in the reply, looked for if need be; 0 if no pointer can reach it. */
  nameAt(): number {
    if (this.nameOffset === 0) this.nameOffset = this.writer.offsetOf(this.name);
    return this.nameOffset;
  }

  /** Goes on with the name at `offset` of a CNAME's RDATA; `octets` stay as they are until the query is answered. */
  follow(octets: Uint8Array, offset: number): void {
    const next = this.name === this.targetA ? this.targetB : this.targetA;
    parseName(next, octets, offset, offset + NAME_OCTETS_MAX);
    this.name = next;
    this.nameOffset = 0;
  }

  /** Octets for a name made from `name`: none that `name` lives in. */
  spareOctets(): Uint8Array {
    return this.name.octets === this.octetsA ? this.octetsB : this.octetsA;
  }
}
