/**
 * One zone from its files to a published form: read, parse, build, check, compile. Pure but for reading files, so it
 * runs in a loader thread, in the command-line checker and in tests alike. A load never half-succeeds: either an image
 * and perhaps warnings, or no image and at least one error. Must not know: which zones exist, what is served.
 */

import { errorText } from '../base/errors.js';
import {
  GENERATE_STEPS_MAX,
  INCLUDE_DEPTH_MAX,
  NSEC3_ITERATIONS_DEFAULT,
  PROBLEMS_MAX,
} from '../base/limits.js';
import { type Problem, ProblemList, wholeFile } from '../base/problem.js';
import { type FileStamp, placeOf, readSource, type Source } from '../base/source.js';
import { compileZone, type ImageRoom } from '../index/compile.js';
import type { PlacedImage } from '../index/zone-store.js';
import { isCode, SourceSet } from '../parse/include.js';
import { ZoneFileParser } from '../parse/zonefile.js';
import { TYPE_SOA } from '../wire/constants.js';
import { readU32 } from '../wire/octets.js';
import { type Locate, ZoneBuilder } from '../zone/builder.js';
import { checkZone } from '../zone/check.js';
import { checkIterations } from '../zone/check-iterations.js';
import { INTAKE_RECORDS_MAX, Intake } from '../zone/intake.js';
import { findRrset, type Zone } from '../zone/zone.js';
import { digestOf, type FilePrint, printOf } from './file-print.js';
import { type Signed, signingOf, signRead, UnsignedIntake } from './sign-zone.js';
import { checkIfSigned, signaturesEndOf } from './signed-checks.js';
import type { SigningFacts, SigningOrder } from './signing-order.js';

/** Octets of text for each record that room is made for at first; real files have 25 to 60. */
const OCTETS_PER_RECORD = 32;

/** One for all loads of a thread: a zone lives until it is compiled. */
const intake = new Intake();

/** What to load. Made of plain values: it crosses a thread border. */
export type LoadRequest = {
  /** The zone's main file. */
  readonly path: string;
  /** Zone apex and first origin, uncompressed wire octets. */
  readonly origin: Uint8Array;
  /** Whether `origin` is known to be the apex; if not, the owner of the file's SOA is. */
  readonly originCertain: boolean;
  /** Directory that $INCLUDE must stay in. */
  readonly root: string;
  readonly includeOutside: boolean;
  /** What relative names of $INCLUDE start at; without it, the folder of the including file. */
  readonly includeBase?: string | null;
  /** Nested $INCLUDE files, and records of one $GENERATE, at most; without them as many as there may ever be. */
  readonly includeDepth?: number;
  readonly generateSteps?: number;
  /** NSEC3 with more iterations is not used; without it NSEC3_ITERATIONS_DEFAULT. */
  readonly nsec3IterationsMax?: number;
  /** Turns warnings into errors. */
  readonly strict: boolean;
  /** Serves the zone without its broken records, each of which is a warning then; `strict` outdoes it. */
  readonly ignoreBroken?: boolean;
  /** How it is signed; `null` or nothing: it is as its files have it. */
  readonly signing?: SigningOrder | null;
  /** Whether what validators would refuse is an error, not a warning; validate-zone.ts finds the rest of it. */
  readonly validate?: boolean;
};

/** A file that the zone is made of, as it was when it was read; `stamp` is `null` if it could not be read. */
export type LoadedFile = {
  readonly path: string;
  readonly stamp: FileStamp | null;
  /** Empty if it could not be read. */
  readonly print: FilePrint;
};

export type LoadResult = {
  /** The apex, as far as it is known. */
  readonly apex: Uint8Array;
  /** Memory that holds an image for `ZoneImage`, or `null` if the zone cannot be served. */
  readonly image: SharedArrayBuffer | null;
  /** Where in `image` it starts. */
  readonly imageAt: number;
  readonly problems: readonly Problem[];
  /** All errors and warnings, also those beyond the limit of `problems`. */
  readonly errorCount: number;
  readonly warningCount: number;
  readonly serial: number;
  readonly recordCount: number;
  /** Of a zone that was signed here. */
  readonly signing?: SigningFacts | null;
  /** Seconds since 1970 at which the first of the zone's signatures ends; 0 or left out if it has none. */
  readonly signaturesEnd?: number;
  /** The main file first, then every $INCLUDE, also those that could not be read. */
  readonly files: readonly LoadedFile[];
};

/** A zone that was loaded by a server before this one, whose image lies in the index again. */
export type RestoredZone = Omit<LoadResult, 'image'> & {
  readonly image: PlacedImage;
  /** Milliseconds since 1970 when the files were read. */
  readonly readAt: number;
};

/** A zone as read, before it is compiled; for the loader and for tools that print or check. */
export type ReadZone = {
  /** `null` if there is no zone in the file; with errors in `problems` it must not be served. */
  readonly zone: Zone | null;
  readonly problems: ProblemList;
  readonly sources: SourceSet;
  /** Of a zone that is to be signed: whether that has been done elsewhere already. */
  readonly isPresigned: boolean;
};

/**
 * Loads a zone for serving. Whatever is wrong with the files is told in the result.
 * @param room takes the image if it fits; without it, or else, the image gets memory of its own
 */
export function loadZone(request: LoadRequest, room: ImageRoom | null = null): LoadResult {
  const read = readToSign(request, null, intake, problemsFor(request));
  const { problems, sources } = read;
  const signed = sign(request, read);
  const zone = signed?.signed.zone ?? read.zone;
  const isGood = zone !== null && problems.errorCount === 0;
  const image = isGood ? compile(zone, problems, request, room) : null;
  return {
    apex: zone === null ? request.origin : apexOf(zone),
    image,
    imageAt: image !== null && image === room?.buffer ? room.last : 0,
    problems: problems.items,
    errorCount: problems.errorCount,
    warningCount: problems.warningCount,
    serial: image === null || zone === null ? 0 : serialOf(zone),
    recordCount: zone === null ? 0 : zone.recordCount,
    signing: image === null ? null : (signed?.facts ?? null),
    signaturesEnd: image === null || zone === null ? 0 : signaturesEndOf(zone),
    files: loadedFiles(request, sources),
  };
}

/**
 * Reads, parses, builds and checks a zone.
 * @param main its text, if that is not to be read from `request.path`
 * @param problems takes what is wrong, if that is not to be a list of its own; it is as strict as it was made
 */
export function readZone(
  request: LoadRequest,
  main: Source | null = null,
  problems: ProblemList = problemsFor(request),
): ReadZone {
  const read = readToSign(request, main, null, problems);
  const signed = sign(request, read);
  return signed === null ? read : { ...read, zone: signed.signed.zone };
}

/** Signs a zone without errors that is to be signed; `null` if it is none, or cannot be signed. */
function sign(
  request: LoadRequest,
  { zone, problems, sources, isPresigned }: ReadZone,
): Signed | null {
  const order = request.signing ?? null;
  if (order === null || zone === null || problems.errorCount > 0) return null;
  const apex = apexOf(zone);
  const signing = signingOf(order, apex);
  if (signing === null) return null;
  const print = sources.sources.map((source) => digestOf(printOf(source))).join('');
  const { path } = request;
  const input = { zone, apex, path, serial: serialOf(zone), print, isPresigned };
  return signRead(input, signing, order, problems);
}

/** Reads a zone without the records that signing would make, if it is to be signed. */
function readToSign(
  request: LoadRequest,
  main: Source | null,
  memory: Intake | null,
  problems: ProblemList,
): ReadZone {
  const order = request.signing ?? null;
  if (order === null) return read(request, main, memory, problems, false);
  const isUnsigned = request.originCertain && signingOf(order, request.origin) === null;
  if (isUnsigned) return read(request, main, memory, problems, false);
  const found = read(request, main, memory, problems, true);
  if (found.zone === null || signingOf(order, apexOf(found.zone)) !== null) return found;
  // only its SOA has told that it is not to be signed
  return read(request, main, memory, problemsFor(request), false);
}

function problemsFor({ strict, ignoreBroken, validate }: LoadRequest): ProblemList {
  return new ProblemList(strict, PROBLEMS_MAX, ignoreBroken, validate);
}

/** @param memory for small zones; the zone must not be kept then */
function read(
  request: LoadRequest,
  main: Source | null,
  memory: Intake | null,
  problems: ProblemList,
  toSign: boolean,
): ReadZone {
  const sources = new SourceSet({
    root: request.root,
    outside: request.includeOutside,
    base: request.includeBase ?? null,
    depth: request.includeDepth ?? INCLUDE_DEPTH_MAX,
  });
  const source = main ?? open(request, problems, sources);
  if (source === null) return { zone: null, problems, sources, isPresigned: false };
  const locate = locator(sources);
  const expected = Math.ceil(source.length / OCTETS_PER_RECORD);
  // RDATA is hardly ever longer than its text
  const isSmall = memory !== null && expected <= INTAKE_RECORDS_MAX;
  const taken = isSmall ? memory : new Intake(expected, source.length);
  taken.begin(request.origin);
  const generateSteps = request.generateSteps ?? GENERATE_STEPS_MAX;
  const unsigned = toSign ? new UnsignedIntake(taken) : null;
  const sink = unsigned ?? taken;
  new ZoneFileParser(sources, sink, problems, generateSteps).parse(source, request.origin);
  const options = { apex: request.origin, apexCertain: request.originCertain };
  const zone = new ZoneBuilder(taken, options, problems, locate).build();
  if (zone !== null) checkZone(zone, problems, locate);
  // of one that is to be signed there is nothing to be checked yet
  if (zone !== null && unsigned === null) {
    checkIfSigned(zone, problems, locate);
    checkIterations(zone, iterationsMax(request), problems, locate);
  }
  const { first = null, isPresigned = false } = unsigned ?? {};
  if (first !== null && isPresigned) {
    const text = 'the zone is signed already: what signing makes is left out, and made anew';
    problems.add('ZONE_PRESIGNED', { ...locate(first.file, first.offset), length: 1 }, text);
  }
  return { zone, problems, sources, isPresigned };
}

function iterationsMax({ nsec3IterationsMax }: LoadRequest): number {
  return nsec3IterationsMax ?? NSEC3_ITERATIONS_DEFAULT;
}

function open(request: LoadRequest, problems: ProblemList, sources: SourceSet): Source | null {
  const at = wholeFile(request.path);
  try {
    return readSource(request.path);
  } catch (error) {
    sources.missing.push(request.path);
    if (isCode(error, 'ESTALE')) problems.add('FILE_CHANGED', at, errorText(error));
    else if (isCode(error, 'EFBIG')) problems.add('FILE_TOO_LARGE', at, errorText(error));
    else problems.add('FILE_UNREADABLE', at, errorText(error));
    return null;
  }
}

/** Where an offset in one of the sources is. */
export function locator(sources: SourceSet): Locate {
  return (file, position) => {
    const source = sources.sources[file];
    if (source === undefined) return { file: '', line: 0, column: 0 };
    return { file: source.path, ...placeOf(source, position) };
  };
}

function compile(
  zone: Zone,
  problems: ProblemList,
  request: LoadRequest,
  room: ImageRoom | null,
): SharedArrayBuffer | null {
  try {
    return compileZone(zone, room, { tinydns: false, nsec3IterationsMax: iterationsMax(request) });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const at = wholeFile(request.path);
    problems.add('ZONE_TOO_LARGE', at, errorText(error));
    return null;
  }
}

/** The zone's apex, octets of its own. */
export function apexOf(zone: Zone): Uint8Array {
  const { octets, offsets, lengths } = zone.names;
  const start = offsets[zone.apex]!;
  return octets.slice(start, start + lengths[zone.apex]!);
}

/** The serial of the zone's SOA, which must be there. */
export function serialOf(zone: Zone): number {
  const record = zone.rrsetRecordFirst[findRrset(zone, zone.apex, TYPE_SOA)]!;
  return readU32(zone.rdata, zone.recordRdata[record]! + zone.recordLength[record]! - 20);
}

function loadedFiles(request: LoadRequest, sources: SourceSet): LoadedFile[] {
  const files: LoadedFile[] = sources.sources.map((source) => ({
    path: source.path,
    stamp: source.stamp,
    print: printOf(source),
  }));
  for (const path of sources.missing) files.push({ path, stamp: null, print: '' });
  if (files.length === 0) files.push({ path: request.path, stamp: null, print: '' });
  return files;
}
