/**
 * What a client gets that asks for a zone or for its changes: the whole zone, the changes, or only the SOA. RFC 1995 §2
 * and §4, RFC 5936 §2.2. Must not know: messages, sockets, how changes come about.
 */
import { type HeldImage, openHeld } from '../index/held-image.js';
import { serialGrows } from '../wire/serial.js';
import type { RecordSource } from './message-writer.js';
import { PackedRecords, packedSoa } from './packed-records.js';
import { ZoneRecords } from './zone-records.js';

export type ZoneAnswer = {
  readonly form: 'axfr' | 'ixfr' | 'soa';
  /** Of the version that is sent, or that the changes lead to. */
  readonly serial: number;
  /** Octets of the records, about. */
  readonly octets: number;
  /** The records; each call begins anew. */
  readonly source: () => RecordSource;
};

/** A step from one version to another, its records packed. */
export type AnswerStep = {
  readonly toSerial: number;
  /** Of both sides. */
  readonly octets: number;
  /** The SOA first, in either. */
  readonly removed: () => Iterable<Uint8Array>;
  readonly added: () => Iterable<Uint8Array>;
};

/** The zone, whole. */
export function wholeZone(held: HeldImage, nowSeconds: number): ZoneAnswer {
  const { serial, arenaOctets } = openHeld(held);
  return {
    form: 'axfr',
    serial,
    octets: arenaOctets,
    source: () => new ZoneRecords(held, nowSeconds),
  };
}

/** The SOA alone: the client is up to date, or is to ask again over TCP. */
export function soaOnly(held: HeldImage): ZoneAnswer {
  const image = openHeld(held);
  const soa = packedSoa(image);
  return {
    form: 'soa',
    serial: image.serial,
    octets: soa.length,
    source: () => new PackedRecords([soa]),
  };
}

/**
 * The answer to IXFR from a client's serial.
 * @param stepsSince the changes that lead from a serial to the newest that is known, null if there are none
 */
export function changesOrZone(
  held: HeldImage,
  clientSerial: number,
  stepsSince: (serial: number) => readonly AnswerStep[] | null,
  nowSeconds: number,
): ZoneAnswer {
  const image = openHeld(held);
  // RFC 1995 §2: also if the client is ahead
  if (!serialGrows(clientSerial, image.serial)) return soaOnly(held);
  const whole = wholeZone(held, nowSeconds);
  // what others see of the zone has changed in another way
  const steps = held.variant === undefined ? stepsSince(clientSerial) : null;
  if (steps?.at(-1)?.toSerial !== image.serial) return whole;
  const soa = packedSoa(image);
  const octets = steps.reduce((sum, step) => sum + step.octets, 2 * soa.length);
  if (octets >= whole.octets) return whole;
  return {
    form: 'ixfr',
    serial: image.serial,
    octets,
    source: () => new PackedRecords(runsOf(soa, steps)),
  };
}

/** RFC 1995 §4: the new SOA, what goes and what comes of each step, the new SOA. */
function* runsOf(soa: Uint8Array, steps: readonly AnswerStep[]): Generator<Uint8Array> {
  yield soa;
  for (const { removed, added } of steps) {
    yield* removed();
    yield* added();
  }
  yield soa;
}
