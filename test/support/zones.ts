/**
 * Zones from text, for tests of every layer above the parser.
 */
import assert from 'node:assert/strict';
import { problemLine } from '../../src/base/problem.js';
import { sourceFromOctets } from '../../src/base/source.js';
import { type CompileRules, compileZone } from '../../src/index/compile.js';
import { ZoneImage } from '../../src/index/image.js';
import { VariantWriter } from '../../src/index/variants.js';
import { ZoneStore } from '../../src/index/zone-store.js';
import { ZoneTable } from '../../src/index/zone-table.js';
import { type LoadRequest, type ReadZone, readZone } from '../../src/load/load-zone.js';
import { nameFromText } from '../../src/wire/name-text.js';
import type { Zone } from '../../src/zone/zone.js';

/** The name in wire octets; fails the test if it is none. */
export function name(text: string): Uint8Array {
  const octets = nameFromText(text);
  assert.ok(octets !== null, `not a name: ${text}`);
  return octets;
}

/** Parses, builds and checks text as the zone of `origin`. */
export function readText(
  origin: string,
  text: string,
  options: Partial<LoadRequest> = {},
): ReadZone {
  const request: LoadRequest = {
    path: 'test.zone',
    origin: name(origin),
    originCertain: true,
    root: '.',
    includeOutside: false,
    strict: false,
    ...options,
  };
  return readZone(request, sourceFromOctets(request.path, Buffer.from(text)));
}

/** The problems of a text as lines, in order. */
export function problemsOf(
  origin: string,
  text: string,
  options: Partial<LoadRequest> = {},
): string[] {
  return readText(origin, text, options).problems.items.map(problemLine);
}

/** Compiles text that must have no errors. */
export function imageFromText(origin: string, text: string): ZoneImage {
  return new ZoneImage(compileText(origin, text));
}

/** The image's octets. */
export function compileText(origin: string, text: string, rules?: CompileRules): SharedArrayBuffer {
  return compileZone(zoneFromText(origin, text), null, rules);
}

/**
 * A zone of text that must have no errors.
 * @param baseSeconds what the end of a record counts from, whose line says `; ends SECONDS`
 */
export function zoneFromText(origin: string, text: string, baseSeconds = 0): Zone {
  const { zone, problems } = readText(origin, text);
  const errors = problems.items.filter((problem) => problem.severity === 'error').map(problemLine);
  assert.deepEqual(errors, []);
  assert.ok(zone !== null);
  for (let record = 0; record < zone.recordCount; record++) {
    const line = text.slice(zone.recordPosition[record]).split('\n', 1)[0] ?? '';
    const end = /; ends (\d+)$/.exec(line)?.[1];
    if (end !== undefined) zone.recordTtl[record] = 0x8000_0000 | (Number(end) - baseSeconds);
  }
  return zone;
}

/** What clients of a location see from a time on; `null`: no such zone. */
export type VariantText = readonly [location: number, fromSeconds: number, text: string | null];

/** The variants of a zone in one buffer. */
export function compileVariants(
  origin: string,
  rows: readonly VariantText[],
  { baseSeconds = 0, tinydns = false } = {},
): SharedArrayBuffer {
  const writer = new VariantWriter(baseSeconds, { tinydns });
  for (const [location, fromSeconds, text] of rows) {
    writer.add(
      location,
      fromSeconds,
      text === null ? null : zoneFromText(origin, text, baseSeconds),
    );
  }
  return writer.finish(null);
}

/** Who asks, where that does not matter. */
export const CLIENT: Uint8Array = Uint8Array.of(192, 0, 2, 53);

/** A zone table that serves the given zones. */
export function tableFromTexts(zones: readonly { origin: string; text: string }[]): ZoneTable {
  return tableOf(zones.map(({ origin, text }) => [name(origin), compileText(origin, text)]));
}

/** A zone table that serves compiled zones; `null` is a zone that has never loaded. */
export function tableOf(
  zones: readonly (readonly [apex: Uint8Array, image: SharedArrayBuffer | null])[],
): ZoneTable {
  const store = new ZoneStore();
  for (const [apex, image] of zones) store.set(apex, image);
  return tableIn(store);
}

/** A reader of a store in the same thread. */
export function tableIn(store: ZoneStore): ZoneTable {
  const table = new ZoneTable();
  store.subscribe({
    message: (message) => void table.take(message),
    seen: () => Number.POSITIVE_INFINITY,
  });
  return table;
}
