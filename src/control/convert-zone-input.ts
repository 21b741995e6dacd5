/**
 * Zones of master files and of JSON as inputs of a conversion: read and checked as `hotzone check` does, then handed on
 * whole, or record by record to formats that know no zones. Must not know: how any format is written.
 */
import { basename, dirname, resolve } from 'node:path';
import { MESSAGE_OCTETS_MAX } from '../base/limits.js';
import type { ProblemList } from '../base/problem.js';
import type { Source } from '../base/source.js';
import { readZone } from '../load/load-zone.js';
import { zoneOfFileName } from '../load/zone-files.js';
import { emptyTinydnsRecord, type TinydnsRecord, type TinydnsSink } from '../parse/tinydns-sink.js';
import { readZoneJson } from '../parse/zone-json.js';
import { copyOctets } from '../wire/octets.js';
import { ZoneBuilder } from '../zone/builder.js';
import { checkZone } from '../zone/check.js';
import { Intake } from '../zone/intake.js';
import type { Zone } from '../zone/zone.js';
import { type ZoneRecord, zoneRecords } from '../zone/zone-text.js';
import type { ConvertInputs } from './convert-inputs.js';

export type ZoneInputOptions = {
  /** Apex of a master file, if its name and its SOA do not say it. */
  readonly origin: Uint8Array | null;
  readonly includeOutside: boolean;
};

const ASTERISK = 0x2a;
/** Octets of the asterisk's label. */
const WILDCARD_OCTETS = 2;

/** The zone of a master file and its includes; `null` if there is none. */
export function readMasterFile(
  source: Source,
  problems: ProblemList,
  inputs: ConvertInputs,
  { origin, includeOutside }: ZoneInputOptions,
): Zone | null {
  const named = zoneOfFileName(basename(source.path));
  const request = {
    path: source.path,
    origin: origin ?? named.origin,
    originCertain: origin !== null || named.certain,
    root: resolve(dirname(source.path)),
    includeOutside,
    strict: false,
  };
  const { zone, sources } = readZone(request, source, problems);
  for (const read of sources.sources) inputs.add(read, true);
  return zone;
}

/**
 * The zone of a JSON document; `null` if there is none.
 * @param nowSeconds since 1970
 */
export function readJsonZone(
  source: Source,
  problems: ProblemList,
  inputs: ConvertInputs,
  nowSeconds: number,
): Zone | null {
  inputs.add(source, true);
  const document = readZoneJson(source, problems, nowSeconds);
  if (document === null) return null;
  const intake = new Intake();
  intake.begin(document.origin);
  document.parse(intake);
  const { base } = inputs;
  const locate = (file: number, offset: number) => inputs.locate(base + file, offset);
  const options = { apex: document.origin, apexCertain: false };
  const zone = new ZoneBuilder(intake, options, problems, locate).build();
  if (zone !== null) checkZone(zone, problems, locate);
  return zone;
}

/** Hands the records of a zone to a sink, in canonical order. */
export function pourZone(zone: Zone, sink: TinydnsSink): void {
  const view = emptyTinydnsRecord(MESSAGE_OCTETS_MAX);
  for (const record of zoneRecords(zone)) {
    fillView(view, zone, record);
    sink.record(view);
  }
}

function fillView(view: TinydnsRecord, zone: Zone, { owner, index, type }: ZoneRecord): void {
  const { octets, offsets, lengths } = zone.names;
  const ownerAt = offsets[owner]!;
  view.isWildcard = octets[ownerAt] === 1 && octets[ownerAt + 1] === ASTERISK;
  const skipped = view.isWildcard ? WILDCARD_OCTETS : 0;
  view.ownerLength = lengths[owner]! - skipped;
  copyOctets(octets, ownerAt + skipped, view.owner, 0, view.ownerLength);
  view.type = type;
  view.ttl = zone.recordTtl[index]!;
  view.rdataLength = zone.recordLength[index]!;
  copyOctets(zone.rdata, zone.recordRdata[index]!, view.rdata, 0, view.rdataLength);
  view.file = zone.recordFile[index]!;
  view.offset = zone.recordPosition[index]!;
}
