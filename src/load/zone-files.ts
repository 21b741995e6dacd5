/**
 * Which file is which zone, by its name alone:
 *
 *     example.com.zone   example.com.db   db.example.com      the zone example.com
 *     root.zone   com.db   zone1.zone   db.10                 the owner of the SOA says which
 *
 *     data   data.cdb                                         tinydns data: many zones; data.cdb counts if there is
 *                                                             no data beside it
 *
 * In a directory every other name is left alone, as are the traces that editors, package managers and version control
 * leave. A file that is named on the command line may be called anything: then, too, the SOA says which zone it is.
 * Must not know: what is in the files.
 */
import { domainToASCII } from 'node:url';
import { nameFromText } from '../wire/name-text.js';

/** The zone that a file name stands for. */
export type ZoneName = {
  /** Apex and first origin, uncompressed wire octets. */
  readonly origin: Uint8Array;
  /** Whether the name can be trusted; if not, the owner of the file's SOA is the apex. */
  readonly certain: boolean;
};

const ZONE_FILE = /^(?:db\..+|.+\.(?:zone|db))$/i;

/** tinydns data, by its usual names. */
const DATA_FILE = /^(?:data|data\.cdb|.+\.cdb|.+\.tinydns)$/;

/** Names that come and go beside zone files; an event for one of them is no news. */
const PASSING =
  /^\.|^#.*#$|~$|^4913$|\.(?:swp|swx|swo|tmp|bak|orig|rej|jnl|journal|rpmsave|rpmnew|rpmorig)$|\.dpkg-[^.]*$|,v$/i;

/** Whether a file of this name in a zone directory is a zone file. */
export function isZoneFileName(name: string): boolean {
  return ZONE_FILE.test(name) && !isPassingName(name);
}

/** Whether a file of this name holds tinydns data, text or database. */
export function isDataFileName(name: string): boolean {
  return DATA_FILE.test(name) && !isPassingName(name);
}

/** Whether a database in a zone directory is left alone because the text that it is made of lies beside it. */
export function isShadowed(name: string, isThere: (name: string) => boolean): boolean {
  if (!name.endsWith('.cdb')) return false;
  const text = name.slice(0, -'.cdb'.length);
  return (text === 'data' && isThere(text)) || isThere(`${text}.tinydns`);
}

/** Whether a name is that of an editor's, package manager's or version control's own file. */
export function isPassingName(name: string): boolean {
  return PASSING.test(name);
}

/** The zone that a file's base name stands for; the root, uncertain, if it is no domain name. */
export function zoneOfFileName(name: string): ZoneName {
  const bare = name
    .replace(/\.(?:zone|db)$/i, '')
    .replace(/^db\./i, '')
    .replace(/\.$/, '');
  const ascii = /^[\0-\x7f]*$/.test(bare) ? bare.toLowerCase() : domainToASCII(bare);
  const origin = nameFromText(ascii.replaceAll('\\', '\\\\'));
  if (origin === null) return { origin: new Uint8Array(1), certain: false };
  // `db.10` and `db.192.0.2` customarily hold reverse zones, whose names are longer.
  const certain = isZoneFileName(name) && ascii.includes('.') && !/^[\d.]+$/.test(ascii);
  return { origin, certain };
}
