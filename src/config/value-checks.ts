/**
 * What items of settings must look like: addresses, networks, sources of zones. Each check returns what is wrong in
 * words, or `null`. Must not know: which setting asks.
 */
import { isIP } from 'node:net';
import { INSTANCE_OCTETS_MAX } from '../base/limits.js';
import { CATALOG_NAME_OCTETS_MAX } from '../base/transfer-limits.js';
import { nameFromText } from '../wire/name-text.js';
import { nearestName } from './nearest-name.js';

/** What launch may name: sources of zones, and the index that PowerDNS has as one. */
const SOURCES: Readonly<Record<string, { readonly instances: boolean }>> = {
  bind: { instances: false },
  tinydns: { instances: true },
  lmdb: { instances: false },
};

/** An address without a port, or nothing. */
export function addressFault(text: string): string | null {
  return text === '' || isIP(text) !== 0 ? null : 'not an IP address';
}

/** `A`, `A:PORT` or `[A]:PORT`. */
export function endpointFault(text: string): string | null {
  if (isIP(text) !== 0) return null;
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const fits = isIP(match?.[1] ?? match?.[2] ?? '') !== 0 && Number(match?.[3] ?? 0) <= 65535;
  return fits ? null : 'not an address: want A, A:PORT or [A]:PORT';
}

/** An address, or an address and the length of its prefix. */
export function networkFault(text: string): string | null {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return 'not a network: want ADDRESS or ADDRESS/BITS';
  const bitsMax = family === 4 ? 32 : 128;
  const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
  return fits ? null : `the prefix is not 0 to ${bitsMax} bits`;
}

/** A kind of source, `KIND` or `KIND:INSTANCE`. */
export function sourceFault(text: string): string | null {
  const colon = text.indexOf(':');
  const kind = colon === -1 ? text : text.slice(0, colon);
  const row = Object.hasOwn(SOURCES, kind) ? SOURCES[kind] : undefined;
  if (row === undefined) {
    const near = nearestName(kind, Object.keys(SOURCES));
    return `no such source of zones${near === null ? '' : `; did you mean ${near}?`}`;
  }
  if (colon !== -1 && !row.instances) return `${kind} cannot have more than one instance`;
  return colon === -1 ? null : instanceFault(text.slice(colon + 1));
}

/** Whether a source of that kind can be launched more than once. */
export function hasInstances(kind: string): boolean {
  return Object.hasOwn(SOURCES, kind) && SOURCES[kind]?.instances === true;
}

/** The name of an instance: it has to fit into the names of settings, flags and variables. */
export function instanceFault(text: string): string | null {
  if (text.length > INSTANCE_OCTETS_MAX) return `a name of more than ${INSTANCE_OCTETS_MAX} octets`;
  return /^[a-z0-9-]+$/.test(text)
    ? null
    : 'the name of an instance: want lower-case letters, digits and hyphens';
}

/** Part of a file name: no way out of the directory. */
export function fileNamePartFault(text: string): string | null {
  return /^[\w.-]*$/.test(text) ? null : 'want letters, digits, dots, hyphens and underscores only';
}

/** The name of a catalog zone, or nothing. */
export function catalogFault(text: string): string | null {
  if (text === '') return null;
  const name = nameFromText(text);
  if (name === null) return 'not a domain name';
  const isShort = name.length > 1 && name.length <= CATALOG_NAME_OCTETS_MAX;
  return isShort ? null : `not the name of a catalog: want 1 to ${CATALOG_NAME_OCTETS_MAX} octets`;
}

/** `ZONE=POLICY` */
export function zoneSigningFault(text: string): string | null {
  const [zone = '', policy = '', ...more] = text.split('=');
  const fits = policy !== '' && more.length === 0 && zone !== '' && nameFromText(zone) !== null;
  return fits ? null : 'not a zone and its policy: want ZONE=POLICY';
}
