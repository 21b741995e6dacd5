/**
 * THE table of formats that are read and written by `hotzone convert`. Readers hand records, or whole zones, to what
 * the writers open. Must not know: the command line, where the octets go.
 */
import { basename } from 'node:path';
import { type Source, textStart } from '../base/source.js';
import { isZoneFileName } from '../load/zone-files.js';
import { CdbReader, CdbWriter } from '../parse/cdb.js';
import { parseTinydns } from '../parse/tinydns.js';
import { readTinydnsCdb, TinydnsCdbSink } from '../parse/tinydns-cdb.js';
import { TinydnsDataSink } from '../parse/tinydns-data-sink.js';
import type { TinydnsDialect } from '../parse/tinydns-kinds.js';
import type { TinydnsSink } from '../parse/tinydns-sink.js';
import { masterText } from '../zone/master-text.js';
import type { Zone } from '../zone/zone.js';
import { zoneJson } from '../zone/zone-json.js';
import {
  pourZone,
  readJsonZone,
  readMasterFile,
  type ZoneInputOptions,
} from './convert-zone-input.js';
import { type WriteZone, ZoneOutput, type ZoneOutputOptions } from './convert-zone-output.js';

export type ConvertFormat = 'bind' | 'json' | 'cdb' | 'data';

/** A file to write; `apex` is that of its zone, `null` where files are not of one zone. */
export type OutputFile = { readonly apex: Uint8Array | null; readonly octets: Uint8Array };

/** What becomes the files. */
export type Output = {
  readonly sink: TinydnsSink;
  /** Takes a whole zone. */
  readonly zone: (zone: Zone) => void;
  /** @returns the files; `null` if there is more than one can hold */
  readonly finish: () => readonly OutputFile[] | null;
  /** What has been taken, in words; for zones, what was written. */
  readonly counts: () => readonly (readonly [count: number, noun: string])[];
};

export type ReadOptions = ZoneInputOptions & {
  /** Whose kinds of lines `data` may have. */
  readonly dialect: TinydnsDialect;
};

/** What readers and writers have in common. */
export type ConvertContext = ZoneOutputOptions & { readonly read: ReadOptions };

type FormatRow = {
  readonly format: ConvertFormat;
  /** Whether it may go to a terminal. */
  readonly isText: boolean;
  /** What a file that holds one zone is called after the zone; `null` where a file holds anything. */
  readonly suffix: string | null;
  /** Whether a file that is no earlier row's is of this format. */
  readonly isIt: (source: Source) => boolean;
  readonly read: (source: Source, output: Output, context: ConvertContext) => void;
  readonly open: (context: ConvertContext) => Output;
};

const OPEN_OBJECT = 0x7b;
const BLANKS: readonly number[] = [0x20, 0x09, 0x0d, 0x0a];

/** In the order in which a file is tried. */
export const FORMATS: readonly FormatRow[] = [
  { format: 'cdb', isText: false, suffix: null, isIt: isCdb, read: readCdb, open: openCdb },
  {
    format: 'json',
    isText: true,
    suffix: '.json',
    isIt: isJson,
    read: readJson,
    open: (context) => openZones(zoneJson, context),
  },
  {
    format: 'bind',
    isText: true,
    suffix: '.zone',
    isIt: ({ path }) => isZoneFileName(basename(path)),
    read: readBind,
    open: (context) => openZones(masterText, context),
  },
  {
    format: 'data',
    isText: true,
    suffix: null,
    isIt: () => true,
    read: readData,
    open: openData,
  },
];

// --- what a file is -----------------------------------------------------------------------------------------

/** By name or by content: a damaged data.cdb is told to be damaged, not to be bad text. */
function isCdb({ path, octets, length }: Source): boolean {
  return path.endsWith('.cdb') || new CdbReader(octets, length).fault === null;
}

/** No line of `data` and no entry of a master file begins with a brace. */
function isJson(source: Source): boolean {
  let at = textStart(source);
  while (at < source.length && BLANKS.includes(source.octets[at]!)) at++;
  return source.path.endsWith('.json') || (at < source.length && source.octets[at] === OPEN_OBJECT);
}

// --- readers ------------------------------------------------------------------------------------------------

function readCdb(source: Source, { sink }: Output, { inputs, problems }: ConvertContext): void {
  inputs.add(source, false);
  readTinydnsCdb(source, sink, problems);
}

function readData(
  source: Source,
  { sink }: Output,
  { inputs, problems, read }: ConvertContext,
): void {
  inputs.add(source, true);
  const mtimeSeconds = Math.floor((source.stamp?.mtimeMs ?? 0) / 1000);
  parseTinydns(source, sink, problems, { dialect: read.dialect, mtimeSeconds });
}

function readBind(
  source: Source,
  output: Output,
  { inputs, problems, read }: ConvertContext,
): void {
  const zone = readMasterFile(source, problems, inputs, read);
  if (zone !== null) output.zone(zone);
}

function readJson(
  source: Source,
  output: Output,
  { inputs, problems, nowSeconds }: ConvertContext,
): void {
  const zone = readJsonZone(source, problems, inputs, nowSeconds);
  if (zone !== null) output.zone(zone);
}

// --- writers ------------------------------------------------------------------------------------------------

function openCdb({ refuse }: ConvertContext): Output {
  const writer = new CdbWriter();
  return tinydnsOutput(new TinydnsCdbSink(writer, refuse), () => writer.finish());
}

function openData({ refuse }: ConvertContext): Output {
  const sink = new TinydnsDataSink(refuse);
  return tinydnsOutput(sink, () => sink.finish());
}

function tinydnsOutput(
  sink: TinydnsSink & { readonly recordCount: number; readonly locationCount: number },
  finish: () => Uint8Array | null,
): Output {
  return {
    sink,
    zone: (zone) => pourZone(zone, sink),
    finish() {
      const octets = finish();
      return octets === null ? null : [{ apex: null, octets }];
    },
    counts: () => [
      [sink.recordCount, 'record'],
      [sink.locationCount, 'location'],
    ],
  };
}

function openZones(write: WriteZone, context: ConvertContext): Output {
  const zones = new ZoneOutput(write, context);
  return {
    sink: zones,
    zone: (zone) => zones.zone(zone),
    finish: () => zones.finish(),
    counts: () => [
      [zones.recordCount, 'record'],
      [zones.zoneCount, 'zone'],
    ],
  };
}
