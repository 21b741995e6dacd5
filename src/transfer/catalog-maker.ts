/**
 * Makes a catalog zone (RFC 9432 §4) of the names of its members, as an image. A member's label is a hash of its name,
 * so it stays the same, here and on another server with the same zones. Must not know: which zones are members.
 */
import { createHash, hash } from 'node:crypto';
import { assert } from '../base/errors.js';
import { ProblemList } from '../base/problem.js';
import { CATALOG_FAULTS_MAX } from '../base/transfer-limits.js';
import { compileZone } from '../index/compile.js';
import { TYPE_NS, TYPE_PTR, TYPE_SOA, TYPE_TXT } from '../wire/constants.js';
import { nameLength } from '../wire/name.js';
import { nameFromText } from '../wire/name-text.js';
import { writeU32 } from '../wire/octets.js';
import { ZoneBuilder } from '../zone/builder.js';
import { Intake } from '../zone/intake.js';

/** What a catalog is made of. Plain values: it crosses a thread border. */
export type CatalogOrder = {
  readonly apex: Uint8Array;
  /** Names of the members in lower case, one behind the other, in any order. */
  readonly names: Uint8Array;
  readonly serial: number;
};

export type MadeCatalog = {
  readonly image: SharedArrayBuffer;
  /** Stands for the content but for the serial. */
  readonly print: string;
  readonly recordCount: number;
};

/** Hexadecimal digits of a label: 128 bits, since two members with one label would break the catalog. */
const LABEL_DIGITS = 32;
/** Octets of a print; see file-print.ts. */
const PRINT_OCTETS = 12;
/** Octets of RDATA that are likely to come for each member. */
const RDATA_OCTETS = 24;

/** Refresh, retry, expire, minimum. It must not expire: a dead primary is no reason to give all zones up. */
const SOA_TIMES = [3600, 600, 0x7fff_fffe, 0];
const INVALID = 'invalid.';

export function makeCatalog({ apex, names, serial }: CatalogOrder): MadeCatalog {
  const members = membersOf(names);
  const intake = new Intake(members.length + 3, (members.length + 3) * RDATA_OCTETS);
  intake.begin(apex);
  const add = (prefix: Uint8Array, type: number, rdata: Uint8Array) => {
    const owner = Buffer.concat([prefix, apex]);
    const position = { ownerLength: owner.length, ownerRepeated: false, file: 0, offset: 0 };
    intake.record({ owner, type, ttl: 0, rdata, rdataLength: rdata.length, ...position });
  };
  add(prefixOf(), TYPE_SOA, soaOf(serial));
  add(prefixOf(), TYPE_NS, nameOf(INVALID));
  add(prefixOf('version'), TYPE_TXT, Uint8Array.of(1, 0x32));
  const print = createHash('sha256');
  for (const { label, start, end } of members) {
    add(prefixOf(label, 'zones'), TYPE_PTR, names.subarray(start, end));
    print.update(label);
  }
  const problems = new ProblemList(false, CATALOG_FAULTS_MAX);
  const options = { apex, apexCertain: true };
  const locate = () => ({ file: '', line: 0, column: 0 });
  const zone = new ZoneBuilder(intake, options, problems, locate).build();
  assert(zone !== null && problems.errorCount === 0, 'a catalog is a zone');
  return {
    image: compileZone(zone),
    print: print.digest().toString('latin1', 0, PRINT_OCTETS),
    recordCount: zone.recordCount,
  };
}

type Listed = { readonly label: string; readonly start: number; readonly end: number };

/** In the order of their labels. */
function membersOf(names: Uint8Array): Listed[] {
  const members: Listed[] = [];
  for (let start = 0; start < names.length; ) {
    const end = start + nameLength(names, start);
    const label = hash('sha256', names.subarray(start, end), 'hex').slice(0, LABEL_DIGITS);
    members.push({ label, start, end });
    start = end;
  }
  return members.sort((a, b) => (a.label < b.label ? -1 : 1));
}

function soaOf(serial: number): Uint8Array {
  const invalid = nameOf(INVALID);
  const numbers = new Uint8Array(20);
  for (const [index, value] of [serial, ...SOA_TIMES].entries()) {
    writeU32(numbers, index * 4, value);
  }
  return Buffer.concat([invalid, invalid, numbers]);
}

function nameOf(text: string): Uint8Array {
  const name = nameFromText(text);
  assert(name !== null, `${text} is a name`);
  return name;
}

/** The labels as octets, without the root's. */
function prefixOf(...labels: readonly string[]): Uint8Array {
  return Buffer.concat(
    labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1')),
  );
}
