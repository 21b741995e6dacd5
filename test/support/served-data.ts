/**
 * A tinydns file as a server has it: loaded, its zones published and loaded again when their time has come, and asked
 * by clients of any address at any second.
 */
import { Engine } from '../../src/engine/process.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import type { DataRules } from '../../src/load/tinydns-file.js';
import { type DataReport, type DataZone, loadData } from '../../src/load/tinydns-load.js';
import { apexKey } from '../../src/load/zone.js';
import { OPTIONS } from '../engine/answers.js';
import { decodeMessage, type Message } from '../peers/message.js';
import { tableIn } from './zones.js';

const NO_LOCATIONS = -1;

export class ServedData {
  /** Of the last load. */
  report: DataReport;
  /** All zones that were handed out last, by apex key. */
  readonly zones: Map<string, DataZone> = new Map<string, DataZone>();
  private readonly path: string;
  private readonly rules: DataRules;
  private readonly store = new ZoneStore();
  private readonly engine: Engine;
  private readonly response = new Uint8Array(65535);
  private locations = NO_LOCATIONS;
  private locationsPrint = '';
  /** The second from which a zone needs another image. */
  private dueAt = 0;
  private second: number;

  /** Outside of all zones there is no reply if tinydns's rules count, and REFUSED if not. */
  constructor(path: string, rules: DataRules, nowSeconds: number) {
    this.path = path;
    this.rules = rules;
    this.second = nowSeconds;
    const options = { ...OPTIONS, anyFull: true, outsideDrop: rules.asTinydns };
    this.report = this.load();
    this.engine = new Engine(tableIn(this.store), options, () => this.second);
  }

  /** The reply to a query over TCP; `null` if none is owed. */
  ask(query: Uint8Array, client: Uint8Array, second: number): Message | null {
    this.second = second;
    if (this.dueAt <= second) this.report = this.load();
    const length = this.engine.processQuery(query, query.length, this.response, true, client);
    return length === 0 ? null : decodeMessage(this.response.subarray(0, length));
  }

  private load(): DataReport {
    const known = new Map<string, string>();
    for (const [key, { result }] of this.zones) {
      known.set(key, result.image === null ? '' : (result.files[0]?.print ?? ''));
    }
    const { path, rules, second, locationsPrint } = this;
    const load = { path, rules, known, locationsPrint, nowSeconds: second };
    const report = loadData(load, {
      locations: (table) => {
        this.locations = this.store.addLocations(table);
      },
      room: () => null,
      zone: (zone) => this.publish(zone),
    });
    this.locationsPrint = report.locationsPrint;
    this.dueAt = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.zones.values())
      this.dueAt = Math.min(this.dueAt, dueAt ?? Number.POSITIVE_INFINITY);
    return report;
  }

  private publish(zone: DataZone): void {
    const { apex, image } = zone.result;
    this.zones.set(apexKey(apex), zone);
    this.store.set(apex, image, 0, zone.isLocated ? this.locations : NO_LOCATIONS);
  }
}
