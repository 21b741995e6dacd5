/**
 * The file of autoprimaries, as PowerDNS's bind backend has it: lines of `ADDRESS ACCOUNT`, and here also of `ADDRESS
 * NAMESERVER ACCOUNT`, with a port behind the address where it is not that of DNS. It is read when somebody offers a
 * zone, if it has changed. Must not know: what an autoprimary may do.
 */
import { readFileSync, statSync } from 'node:fs';
import { errorText } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { type FileStamp, sameStamp, stampOf } from '../base/source.js';
import {
  AUTOPRIMARY_FAULTS_LOGGED_MAX,
  AUTOPRIMARY_FILE_OCTETS_MAX,
} from '../base/transfer-limits.js';
import { endpointFault } from '../config/value-checks.js';
import { addressOctets } from '../transport/address-octets.js';
import { parseEndpoints } from '../transport/listeners.js';
import { nameFromText } from '../wire/name-text.js';
import { equalOctets } from '../wire/octets.js';

export type Autoprimary = {
  readonly address: string;
  readonly port: number;
  /** 4 or 16 octets. */
  readonly octets: Uint8Array;
  /** That the zone's NS records must name; null if any will do. */
  readonly nameserver: Uint8Array | null;
  /** May be empty. */
  readonly account: string;
};

const DNS_PORT = 53;

export class AutoprimaryFile {
  private readonly path: string;
  private readonly log: Log;
  private stamp: FileStamp | null = null;
  private rows: readonly Autoprimary[] = [];
  private told = '';

  constructor(path: string, log: Log) {
    this.path = path;
    this.log = log;
  }

  /** The lines of an address, in their order. */
  of(from: Uint8Array): readonly Autoprimary[] {
    this.refresh();
    return this.rows.filter(
      ({ octets }) => octets.length === from.length && equalOctets(octets, 0, from, 0, from.length),
    );
  }

  /** Reads the file if it has changed; what is wrong with it is told. One that cannot be read has no lines. */
  refresh(): void {
    try {
      const stamp = stampOf(statSync(this.path));
      if (this.stamp !== null && sameStamp(stamp, this.stamp)) return;
      if (stamp.size > AUTOPRIMARY_FILE_OCTETS_MAX) {
        throw new Error(`it has more than ${AUTOPRIMARY_FILE_OCTETS_MAX} octets`);
      }
      this.rows = this.read(readFileSync(this.path, 'utf8'));
      this.stamp = stamp;
    } catch (error) {
      this.rows = [];
      this.stamp = null;
      this.tell([`cannot be read, so there are no autoprimaries: ${errorText(error)}`]);
    }
  }

  private read(text: string): Autoprimary[] {
    const rows: Autoprimary[] = [];
    const faults: string[] = [];
    for (const [index, line] of text.split('\n').entries()) {
      const words = line.replace(/#.*/, '').trim().split(/\s+/);
      if (words[0] === '') continue;
      const row = rowOf(words);
      if (typeof row === 'string') faults.push(`${index + 1}: ${row}`);
      else rows.push(row);
    }
    this.tell(faults);
    return rows;
  }

  private tell(faults: readonly string[]): void {
    const text = faults.join('\n');
    if (text === this.told) return;
    this.told = text;
    for (const fault of faults.slice(0, AUTOPRIMARY_FAULTS_LOGGED_MAX)) {
      this.log.error('autoprimary.file', { file: this.path }, `${this.path}:${fault}`);
    }
    const more = faults.length - AUTOPRIMARY_FAULTS_LOGGED_MAX;
    if (more <= 0) return;
    this.log.error('autoprimary.file', { file: this.path, more }, `${this.path}: ${more} more`);
  }
}

/** @returns what is wrong with a line, if anything is */
function rowOf(words: readonly string[]): Autoprimary | string {
  const [where = '', ...rest] = words;
  if (rest.length > 2) return 'want ADDRESS ACCOUNT, or ADDRESS NAMESERVER ACCOUNT';
  if (endpointFault(where) !== null) return `'${where}' is ${endpointFault(where)}`;
  const [endpoint] = parseEndpoints(where, DNS_PORT);
  if (endpoint === undefined) return `'${where}' is not an address`;
  const octets = addressOctets(endpoint.address);
  const nameserver = rest.length === 2 ? nameFromText(rest[0] ?? '') : null;
  if (rest.length === 2 && nameserver === null) return `'${rest[0]}' is not a domain name`;
  return { ...endpoint, octets, nameserver, account: rest.at(-1) ?? '' };
}
