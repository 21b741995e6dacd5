/**
 * Zones that a primary offers by notifying us of them, as PowerDNS's autosecondary: if an autoprimary does so, it is
 * asked for the zone's SOA and NS records, and then the zone is added as a secondary one, which survives restarts. How
 * many may come, at once, in a minute and in all, is bounded. Must not know: messages of NOTIFY, how a zone is added.
 */
import { isAbsolute, join, resolve } from 'node:path';
import { errorText } from '../base/errors.js';
import { REPEATED_LOG_MS } from '../base/limits.js';
import { type Log, limitedWarning } from '../base/log.js';
import {
  AUTOSECONDARY_AGAIN_MS,
  AUTOSECONDARY_ASKING_MAX,
  AUTOSECONDARY_MINUTE_MAX,
  AUTOSECONDARY_REMEMBERED_MAX,
  AUTOSECONDARY_ZONES_MAX,
} from '../base/transfer-limits.js';
import { peerText, type ZonePeer } from '../load/configured-zone.js';
import { apexKey, apexText } from '../load/zone.js';
import { ip4Text, ip6Text } from '../wire/address-text.js';
import { TYPE_NS, TYPE_SOA } from '../wire/constants.js';
import { nameText } from '../wire/name-text.js';
import { sameName } from '../wire/tsig-key.js';
import type { Autoprimary, AutoprimaryFile } from './autoprimary-file.js';
import { zoneFileName } from './zone-file-name.js';
import { askZone } from './zone-question.js';

/** What adds a zone for good. */
export type SecondaryAdder = {
  /** Zones that it has added. */
  readonly count: number;
  isKnown(apex: Uint8Array): boolean;
  /** @returns why that could not be done, or null */
  addSecondary(apex: Uint8Array, path: string, primary: ZonePeer): Promise<string | null>;
};

export type AutosecondaryOptions = {
  readonly primaries: AutoprimaryFile;
  /** Folder of the zones' files. */
  readonly folder: string;
  /** Whether a NOTIFY without signature counts. */
  readonly allowUnsigned: boolean;
  readonly adder: SecondaryAdder;
  readonly log: Log;
  /** Ms, as of performance.now. */
  readonly now?: () => number;
};

const MINUTE_MS = 60_000;

export class Autosecondaries {
  private readonly options: AutosecondaryOptions;
  private readonly now: () => number;
  private readonly refused: ReturnType<typeof limitedWarning>;
  /** Keys of zones that are being asked about. */
  private readonly asked = new Set<string>();
  /** When a zone and address was no good, by both; in the order of time. */
  private readonly useless = new Map<string, number>();
  private minuteAt = Number.NEGATIVE_INFINITY;
  private minuteCount = 0;
  private stopped = false;

  constructor(options: AutosecondaryOptions) {
    this.options = options;
    this.now = options.now ?? (() => performance.now());
    this.refused = limitedWarning(options.log, 'autosecondary.refused', REPEATED_LOG_MS);
  }

  /** Zones that somebody is being asked about. */
  get asking(): number {
    return this.asked.size;
  }

  /**
   * Somebody notifies us of a zone that we do not have.
   * @param apex lower case wire octets
   * @param from the address, 4 or 16 octets
   * @param keyName of the key that the NOTIFY was signed with, and was found good; null: not signed
   * @returns whether it comes from an autoprimary
   */
  offered(apex: Uint8Array, from: Uint8Array, keyName: Uint8Array | null): boolean {
    const { primaries, allowUnsigned, adder } = this.options;
    const rows = primaries.of(from);
    const isAutoprimary = rows.length > 0;
    if (this.stopped || adder.isKnown(apex) || this.isKnownUseless(apex, from))
      return isAutoprimary;
    if (rows.length === 0) {
      this.refuse(apex, from, 'it is no autoprimary');
    } else if (keyName === null && !allowUnsigned) {
      this.refuse(apex, from, 'its NOTIFY is not signed (allow-unsigned-autoprimary)');
    } else if (this.hasRoom(apex, from)) {
      // Both outlive the message.
      void this.consider(apex.slice(), rows, from.slice(), keyName?.slice() ?? null);
    }
    return isAutoprimary;
  }

  stop(): void {
    this.stopped = true;
  }

  // --- bounds

  private hasRoom(apex: Uint8Array, from: Uint8Array): boolean {
    const { asked } = this;
    if (asked.has(apexKey(apex))) return false;
    const now = this.now();
    if (now - this.minuteAt >= MINUTE_MS) {
      this.minuteAt = now;
      this.minuteCount = 0;
    }
    const isMany = this.options.adder.count + asked.size >= AUTOSECONDARY_ZONES_MAX;
    if (isMany) this.refuse(apex, from, `there are ${AUTOSECONDARY_ZONES_MAX} added zones already`);
    else if (this.minuteCount >= AUTOSECONDARY_MINUTE_MAX) {
      this.refuse(apex, from, `more than ${AUTOSECONDARY_MINUTE_MAX} zones came within a minute`);
    } else if (asked.size < AUTOSECONDARY_ASKING_MAX) return true;
    return false;
  }

  private isKnownUseless(apex: Uint8Array, from: Uint8Array): boolean {
    const at = this.useless.get(offerKey(apex, from));
    return at !== undefined && this.now() - at < AUTOSECONDARY_AGAIN_MS;
  }

  private noteUseless(apex: Uint8Array, from: Uint8Array): void {
    const key = offerKey(apex, from);
    this.useless.delete(key);
    this.useless.set(key, this.now());
    const [oldest] = this.useless.keys();
    if (this.useless.size > AUTOSECONDARY_REMEMBERED_MAX && oldest !== undefined) {
      this.useless.delete(oldest);
    }
  }

  // --- offers

  private async consider(
    apex: Uint8Array,
    rows: readonly Autoprimary[],
    from: Uint8Array,
    keyName: Uint8Array | null,
  ): Promise<void> {
    const key = apexKey(apex);
    this.asked.add(key);
    this.minuteCount++;
    try {
      const why = await this.add(apex, rows, keyName);
      if (why === null || this.stopped) return;
      this.noteUseless(apex, from);
      this.refuse(apex, from, why);
    } catch (error) {
      this.refuse(apex, from, errorText(error));
    } finally {
      this.asked.delete(key);
    }
  }

  /** @returns why not, or null */
  private async add(
    apex: Uint8Array,
    rows: readonly Autoprimary[],
    keyName: Uint8Array | null,
  ): Promise<string | null> {
    const { adder, log, folder } = this.options;
    let why = '';
    for (const row of rows) {
      const fault = await this.check(apex, row);
      if (fault !== null) {
        why = fault;
        continue;
      }
      if (this.stopped) return null;
      const key = keyName === null ? null : apexText(keyName).toLowerCase();
      const primary = { address: row.address, port: row.port, key };
      const path = join(isAbsolute(folder) ? folder : resolve(folder), zoneFileName(apex));
      const failure = await adder.addSecondary(apex, path, primary);
      if (failure !== null) return failure;
      const zone = apexText(apex);
      const { account } = row;
      const owner = account === '' ? '' : ` for account ${account}`;
      const text = `${zone}: added as a secondary zone of ${peerText(primary)}${owner}`;
      log.info(
        'autosecondary.added',
        { zone, primary: peerText(primary), account, file: path },
        text,
      );
      return null;
    }
    return why;
  }

  /** Whether the autoprimary serves the zone, and names itself in it if it must. @returns why not, or null */
  private async check(apex: Uint8Array, row: Autoprimary): Promise<string | null> {
    const soa = await askZone({ peer: row, apex, type: TYPE_SOA });
    if (soa.kind === 'fault') return soa.text;
    if (soa.names.length !== 1) return 'it has no SOA record of the zone';
    const servers = await askZone({ peer: row, apex, type: TYPE_NS });
    if (servers.kind === 'fault') return servers.text;
    const { nameserver } = row;
    if (servers.names.length === 0) return 'it has no NS records of the zone';
    if (nameserver === null) return null;
    const isNamed = servers.names.some((name) => sameName(name, nameserver));
    return isNamed ? null : `the zone's NS records do not name ${nameText(nameserver, 0)}`;
  }

  private refuse(apex: Uint8Array, from: Uint8Array, why: string): void {
    const zone = apexText(apex);
    const address = from.length === 4 ? ip4Text(from) : ip6Text(from);
    const text = `${zone}, offered by ${address}, is not added: ${why}`;
    this.refused({ zone, address }, text);
  }
}

function offerKey(apex: Uint8Array, from: Uint8Array): string {
  return `${apexKey(apex)} ${Buffer.from(from).toString('hex')}`;
}
