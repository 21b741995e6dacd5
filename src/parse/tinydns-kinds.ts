/**
 * The table of line kinds of tinydns `data`: first character, dialects, fields, and what a line makes, in the order in
 * which tinydns-data stores it. djb's kinds, SRV as in Debian, NAPTR, AAAA as in fefe's patch. RFC 1035 §3.3 for the
 * RDATA. Must not know: how fields are read, who takes the records.
 */
import { NAME_OCTETS_MAX, TINYDNS_STRING_OCTETS } from '../base/limits.js';
import {
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_MX,
  TYPE_NS,
  TYPE_PTR,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_TXT,
} from '../wire/constants.js';
import { checkRdata } from '../wire/rdata-check.js';
import { typeByCode, typeFromText, typeText } from '../wire/rrtypes.js';
import { IP6_ARPA, IP6_INT, IP6_OCTETS, writeReverse4, writeReverse6 } from './tinydns-address.js';
import { type TinydnsLine, U16_MAX, U32_MAX } from './tinydns-line.js';
import {
  type ClientPrefix,
  isAddressAndBits,
  readAddressAndBits,
  readOctets,
  readOctetsOrDigits,
} from './tinydns-prefix.js';
import type { RecordMaker } from './tinydns-records.js';
import type { TinydnsName } from './tinydns-text.js';

/** Whose compiler is meant. They agree on djb's kinds; `all` has every kind. */
export type TinydnsDialect = 'djb' | 'debian' | 'fefe' | 'all';

/** One kind of line. */
export type LineKind = {
  readonly character: string;
  readonly dialects: readonly TinydnsDialect[];
  /** Names of the fields in order, as djb's documentation has them. */
  readonly fields: readonly string[];
  /** Reads a line and makes its records; reports what is wrong and makes none after an error. */
  readonly read: (line: TinydnsLine, out: RecordMaker) => void;
};

// What tinydns-data puts where a line says nothing
const TTL_NS = 259200;
const TTL_POSITIVE = 86400;
const TTL_NEGATIVE = 2560;
const SOA_REFRESH = 16384;
const SOA_RETRY = 2048;
const SOA_EXPIRE = 1048576;
const SOA_MINIMUM = 2560;
const HOSTMASTER: Uint8Array = Buffer.from('\x0ahostmaster', 'latin1');

const NS_TAG: Uint8Array = Buffer.from('.ns.');
const MX_TAG: Uint8Array = Buffer.from('.mx.');
const SRV_TAG: Uint8Array = Buffer.from('.srv.');

const TYPE_NAPTR = typeFromText('NAPTR');
/** RFC 1035 §3.3: the length of a character string is one octet. */
const STRING_OCTETS_MAX = 255;

// === hot path

/** `.fqdn:ip:x:ttl:timestamp:lo` — SOA, NS, A of the name server. */
function readZone(line: TinydnsLine, out: RecordMaker): void {
  if (!line.name(0, line.owner)) return;
  const hasAddress = line.readIp4(1);
  if (!line.server(2, NS_TAG)) return;
  if (HOSTMASTER.length + line.owner.length > NAME_OCTETS_MAX) {
    line.report('NAME_TOO_LONG', 0, 'the name is too long to have hostmaster below it');
    return;
  }
  line.tail(3, TTL_NS, out.view);
  warnOfWildcard(line, line.owner, 0, 'a wildcard is no zone');
  const ttl = out.view.ttl;
  out.view.ttl = line.isTtlZero ? 0 : TTL_NEGATIVE;
  out.begin(TYPE_SOA);
  out.addName(line.target);
  out.addOctets(HOSTMASTER, 0, HOSTMASTER.length);
  out.addName(line.owner);
  out.addU32(out.serial);
  out.addU32(SOA_REFRESH);
  out.addU32(SOA_RETRY);
  out.addU32(SOA_EXPIRE);
  out.addU32(SOA_MINIMUM);
  out.finish(line.owner);
  out.view.ttl = ttl;
  makeNs(line, out, hasAddress);
}

/** `&fqdn:ip:x:ttl:timestamp:lo` — NS, A of the name server. */
function readDelegation(line: TinydnsLine, out: RecordMaker): void {
  if (!line.name(0, line.owner)) return;
  const hasAddress = line.readIp4(1);
  if (!line.server(2, NS_TAG)) return;
  line.tail(3, TTL_NS, out.view);
  warnOfWildcard(line, line.owner, 0, 'a wildcard is no zone cut');
  makeNs(line, out, hasAddress);
}

function makeNs(line: TinydnsLine, out: RecordMaker, hasAddress: boolean): void {
  out.begin(TYPE_NS);
  out.addName(line.target);
  out.finish(line.owner);
  makeServerAddress(line, out, hasAddress);
}

/** The A record of what an NS, MX or SRV names. */
function makeServerAddress(line: TinydnsLine, out: RecordMaker, hasAddress: boolean): void {
  warnOfWildcard(line, line.target, 2, 'a wildcard is no host');
  if (hasAddress) makeAddress(line, out, line.target);
}

function makeAddress(line: TinydnsLine, out: RecordMaker, owner: TinydnsName): void {
  out.begin(TYPE_A);
  out.addU32(line.address.ip4);
  out.finish(owner);
}

/** `Zfqdn:mname:rname:ser:ref:ret:exp:min:ttl:timestamp:lo` — SOA. */
function readSoa(line: TinydnsLine, out: RecordMaker): void {
  if (!line.name(0, line.owner)) return;
  out.begin(TYPE_SOA);
  if (!line.name(1, line.target)) return;
  out.addName(line.target);
  if (!line.name(2, line.target)) return;
  out.addName(line.target);
  out.addU32(line.number(3, out.serial, U32_MAX));
  out.addU32(line.number(4, SOA_REFRESH, U32_MAX));
  out.addU32(line.number(5, SOA_RETRY, U32_MAX));
  out.addU32(line.number(6, SOA_EXPIRE, U32_MAX));
  out.addU32(line.number(7, SOA_MINIMUM, U32_MAX));
  line.tail(8, TTL_NEGATIVE, out.view);
  warnOfWildcard(line, line.owner, 0, 'a wildcard is no zone');
  out.finish(line.owner);
}

/** `+fqdn:ip:ttl:timestamp:lo` — A. */
function readAlias(line: TinydnsLine, out: RecordMaker): void {
  if (!line.name(0, line.owner) || !readOwnIp4(line)) return;
  line.tail(2, TTL_POSITIVE, out.view);
  makeAddress(line, out, line.owner);
}

/** `=fqdn:ip:ttl:timestamp:lo` — A, and PTR of the address. */
function readHost(line: TinydnsLine, out: RecordMaker): void {
  if (!line.name(0, line.owner) || !readOwnIp4(line)) return;
  line.tail(2, TTL_POSITIVE, out.view);
  makeAddress(line, out, line.owner);
  warnOfWildcard(line, line.owner, 0, 'the PTR names a wildcard');
  writeReverse4(line.address.ip4, line.target);
  makePointer(line, out);
}

/** The address without which the line makes nothing. */
function readOwnIp4(line: TinydnsLine): boolean {
  if (line.isEmpty(1)) return line.report('TINYDNS_ADDRESS', 1, 'no address: no record is made');
  return line.readIp4(1);
}

/** A PTR from the target to the owner. */
function makePointer(line: TinydnsLine, out: RecordMaker): void {
  out.begin(TYPE_PTR);
  out.addName(line.owner);
  out.finish(line.target);
}

/** `3fqdn:ip6:ttl:timestamp:lo` — AAAA. */
function readAlias6(line: TinydnsLine, out: RecordMaker): void {
  if (!line.name(0, line.owner) || !line.readIp6(1)) return;
  line.tail(2, TTL_POSITIVE, out.view);
  out.begin(TYPE_AAAA);
  out.addOctets(line.address.ip6, 0, IP6_OCTETS);
  out.finish(line.owner);
}

/** `6fqdn:ip6:ttl:timestamp:lo` — AAAA, and PTR of the address under ip6.arpa and ip6.int. */
function readHost6(line: TinydnsLine, out: RecordMaker): void {
  if (!line.name(0, line.owner) || !line.readIp6(1)) return;
  line.tail(2, TTL_POSITIVE, out.view);
  out.begin(TYPE_AAAA);
  out.addOctets(line.address.ip6, 0, IP6_OCTETS);
  out.finish(line.owner);
  warnOfWildcard(line, line.owner, 0, 'the PTR names a wildcard');
  writeReverse6(line.address.ip6, IP6_ARPA, line.target);
  makePointer(line, out);
  writeReverse6(line.address.ip6, IP6_INT, line.target);
  makePointer(line, out);
}

/** `@fqdn:ip:x:dist:ttl:timestamp:lo` — MX, A of the mail exchanger. */
function readMx(line: TinydnsLine, out: RecordMaker): void {
  if (!line.name(0, line.owner)) return;
  const hasAddress = line.readIp4(1);
  if (!line.server(2, MX_TAG)) return;
  out.begin(TYPE_MX);
  out.addU16(line.number(3, 0, U16_MAX));
  line.tail(4, TTL_POSITIVE, out.view);
  out.addName(line.target);
  out.finish(line.owner);
  makeServerAddress(line, out, hasAddress);
}

/** `^fqdn:p:ttl:timestamp:lo` — PTR. */
function readPointer(line: TinydnsLine, out: RecordMaker): void {
  readName(line, out, TYPE_PTR);
}

/** `Cfqdn:p:ttl:timestamp:lo` — CNAME. */
function readCname(line: TinydnsLine, out: RecordMaker): void {
  readName(line, out, TYPE_CNAME);
}

function readName(line: TinydnsLine, out: RecordMaker, type: number): void {
  if (!line.name(0, line.owner) || !line.name(1, line.target)) return;
  line.tail(2, TTL_POSITIVE, out.view);
  out.begin(type);
  out.addName(line.target);
  out.finish(line.owner);
}

/** `'fqdn:s:ttl:timestamp:lo` — TXT. */
function readTxt(line: TinydnsLine, out: RecordMaker): void {
  if (!line.name(0, line.owner) || !line.readText(1)) return;
  line.tail(2, TTL_POSITIVE, out.view);
  out.begin(TYPE_TXT);
  out.addStrings(line.text, TINYDNS_STRING_OCTETS);
  if (isValidRdata(line, out, 1)) out.finish(line.owner);
}

/** `:fqdn:n:rdata:ttl:timestamp:lo` — any other type. */
function readGeneric(line: TinydnsLine, out: RecordMaker): void {
  if (!line.name(0, line.owner)) return;
  const type = line.number(1, 0, U16_MAX) & U16_MAX;
  if (!isAllowedType(line, type) || !line.readText(2)) return;
  line.tail(3, TTL_POSITIVE, out.view);
  out.begin(type);
  out.addOctets(line.text.octets, 0, line.text.length);
  if (isValidRdata(line, out, 2)) out.finish(line.owner);
}

/** `Sfqdn:ip:x:port:priority:weight:ttl:timestamp:lo` — SRV (RFC 2782), A of the server. */
function readSrv(line: TinydnsLine, out: RecordMaker): void {
  if (!line.name(0, line.owner)) return;
  const hasAddress = line.readIp4(1);
  if (!line.server(2, SRV_TAG)) return;
  if (!line.isNumber(3)) {
    line.report('RDATA_NUMBER', 3, 'an SRV needs a port');
    return;
  }
  const port = line.number(3, 0, U16_MAX);
  out.begin(TYPE_SRV);
  out.addU16(line.number(4, 0, U16_MAX));
  out.addU16(line.number(5, 0, U16_MAX));
  out.addU16(port);
  out.addName(line.target);
  line.tail(6, TTL_POSITIVE, out.view);
  out.finish(line.owner);
  makeServerAddress(line, out, hasAddress);
}

/** `Nfqdn:order:pref:flags:service:regexp:replacement:ttl:timestamp:lo` — NAPTR (RFC 3403 §4.1). */
function readNaptr(line: TinydnsLine, out: RecordMaker): void {
  if (!line.name(0, line.owner)) return;
  out.begin(TYPE_NAPTR);
  out.addU16(line.number(1, 0, U16_MAX));
  out.addU16(line.number(2, 0, U16_MAX));
  for (let field = 3; field <= 5; field++) {
    if (!line.readText(field)) return;
    if (line.text.length > STRING_OCTETS_MAX) {
      line.report('RDATA_STRING', field, 'string of more than 255 octets');
      return;
    }
    out.addString(line.text, 0, line.text.length);
  }
  if (!line.nameOrRoot(6, line.target)) return;
  out.addName(line.target);
  line.tail(7, TTL_POSITIVE, out.view);
  if (isValidRdata(line, out, 5)) out.finish(line.owner);
}

function warnOfWildcard(line: TinydnsLine, name: TinydnsName, field: number, text: string): void {
  if (name.isWildcard()) line.report('TINYDNS_WILDCARD', field, text);
}

// === end of hot path

/** `%lo:prefix` — a location of clients. */
function readLocation(line: TinydnsLine, out: RecordMaker): void {
  makeLocation(line, out, readOctets(line, 1));
}

/** `%lo:prefix` of fefe's patch: an `f` before an IPv4 prefix is no part of it, an `s` begins an IPv6 prefix. */
function readLocationOfFefe(line: TinydnsLine, out: RecordMaker): void {
  makeLocation(line, out, readOctetsOrDigits(line, 1));
}

/** `%lo:address/bits`, too, with colons in the address if it is one of IPv6. */
function readLocationOfAny(line: TinydnsLine, out: RecordMaker): void {
  const prefix = isAddressAndBits(line, 1)
    ? readAddressAndBits(line, 1)
    : readOctetsOrDigits(line, 1);
  makeLocation(line, out, prefix);
}

function makeLocation(line: TinydnsLine, out: RecordMaker, prefix: ClientPrefix | null): void {
  const location = line.location(0);
  line.locations.define(location);
  if (prefix === null) return;
  const first = line.locations.addPrefix(prefix, line.start);
  if (first !== line.start) {
    const text = `the same prefix as at ${line.placeText(first)}, whose location counts`;
    line.report('TINYDNS_PREFIX_TWICE', 1, text);
  }
  out.location(location, prefix, line.start);
}

/** Types that tinydns-data refuses in a `:` line, and the kinds of line that they have instead. */
const OWN_KINDS: ReadonlyMap<number, string> = new Map([
  [TYPE_NS, '. and &'],
  [TYPE_CNAME, 'C'],
  [TYPE_SOA, '. and Z'],
  [TYPE_PTR, '= and ^'],
  [TYPE_MX, '@'],
]);

function isAllowedType(line: TinydnsLine, type: number): boolean {
  if (type === 0 || typeByCode(type)?.meta === true) {
    return line.report('TYPE_META', 1, `${typeText(type)} is not a type of zone data`);
  }
  const kinds = OWN_KINDS.get(type);
  if (kinds === undefined) return true;
  return line.report('TINYDNS_TYPE', 1, `${typeText(type)} has lines of its own: ${kinds}`);
}

/** Whether the RDATA at hand may go out: tinydns stores what it is given, others would choke on the answer. */
function isValidRdata(line: TinydnsLine, out: RecordMaker, field: number): boolean {
  const { type, rdata, rdataLength } = out.view;
  if (rdataLength > U16_MAX) {
    return line.report('RDATA_LENGTH', field, 'RDATA of more than 65535 octets');
  }
  if (type === TYPE_TXT && rdataLength === 0) {
    return line.report('TINYDNS_TXT_EMPTY', field, 'a TXT without a string is no valid record');
  }
  const reason = checkRdata(type, rdata, 0, rdataLength);
  return reason === null || line.report('RDATA_VALUE', field, `${reason} in ${typeText(type)}`);
}

const EVERY: readonly TinydnsDialect[] = ['djb', 'debian', 'fefe', 'all'];

/** Fields that nearly every kind ends in. */
const TAIL = ['ttl', 'timestamp', 'lo'];
const SOA_FIELDS = ['fqdn', 'mname', 'rname', 'ser', 'ref', 'ret', 'exp', 'min', ...TAIL];
const SRV_FIELDS = ['fqdn', 'ip', 'x', 'port', 'priority', 'weight', ...TAIL];
const NAPTR_FIELDS = [
  ...['fqdn', 'order', 'pref', 'flags', 'service', 'regexp', 'replacement'],
  ...TAIL,
];

/** Lines that begin with `#` or `-` are comments in every dialect and have no row. */
export const LINE_KINDS: readonly LineKind[] = [
  row('.', EVERY, ['fqdn', 'ip', 'x', ...TAIL], readZone),
  row('&', EVERY, ['fqdn', 'ip', 'x', ...TAIL], readDelegation),
  row('=', EVERY, ['fqdn', 'ip', ...TAIL], readHost),
  row('+', EVERY, ['fqdn', 'ip', ...TAIL], readAlias),
  row('@', EVERY, ['fqdn', 'ip', 'x', 'dist', ...TAIL], readMx),
  row("'", EVERY, ['fqdn', 's', ...TAIL], readTxt),
  row('^', EVERY, ['fqdn', 'p', ...TAIL], readPointer),
  row('C', EVERY, ['fqdn', 'p', ...TAIL], readCname),
  row('Z', EVERY, SOA_FIELDS, readSoa),
  row(':', EVERY, ['fqdn', 'n', 'rdata', ...TAIL], readGeneric),
  row('%', ['djb', 'debian'], ['lo', 'prefix'], readLocation),
  row('%', ['fefe'], ['lo', 'prefix'], readLocationOfFefe),
  row('%', ['all'], ['lo', 'prefix'], readLocationOfAny),
  row('S', ['debian', 'all'], SRV_FIELDS, readSrv),
  row('N', ['all'], NAPTR_FIELDS, readNaptr),
  row('3', ['fefe', 'all'], ['fqdn', 'ip6', ...TAIL], readAlias6),
  row('6', ['fefe', 'all'], ['fqdn', 'ip6', ...TAIL], readHost6),
];

function row(
  character: string,
  dialects: readonly TinydnsDialect[],
  fields: readonly string[],
  read: LineKind['read'],
): LineKind {
  return { character, dialects, fields, read };
}
