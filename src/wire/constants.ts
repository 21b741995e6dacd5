/**
 * Numbers of the protocol under their IANA names. Must not know: how any of them is used.
 * RR types live in rrtypes.ts, one table row each; only those that rules name are repeated here.
 */

// Header layout, RFC 1035 §4.1.1
export const HEADER_OCTETS = 12;
export const FLAG_QR = 0x8000;
export const FLAG_AA = 0x0400;
export const FLAG_TC = 0x0200;
export const FLAG_RD = 0x0100;
export const RCODE_MASK = 0xf;
export const OPCODE_MASK = 0x7800;
export const OPCODE_SHIFT = 11;

export const OPCODE_QUERY = 0;
/** RFC 1996 §3.1. */
export const OPCODE_NOTIFY = 4;

export const RCODE_NOERROR = 0;
export const RCODE_FORMERR = 1;
export const RCODE_SERVFAIL = 2;
export const RCODE_NXDOMAIN = 3;
export const RCODE_NOTIMP = 4;
export const RCODE_REFUSED = 5;
export const RCODE_YXDOMAIN = 6;
export const RCODE_NOTAUTH = 9;
export const RCODE_BADVERS = 16;

// Errors of the TSIG record, RFC 8945 §3
export const TSIG_BADSIG = 16;
export const TSIG_BADKEY = 17;
export const TSIG_BADTIME = 18;
export const TSIG_BADTRUNC = 22;

export const CLASS_IN = 1;
export const CLASS_CH = 3;
export const CLASS_HS = 4;
export const CLASS_NONE = 254;
export const CLASS_ANY = 255;

// RR types that rules name; the whole list is rrtypes.ts
export const TYPE_A = 1;
export const TYPE_NS = 2;
export const TYPE_CNAME = 5;
export const TYPE_SOA = 6;
export const TYPE_PTR = 12;
export const TYPE_MX = 15;
export const TYPE_TXT = 16;
export const TYPE_SIG = 24;
export const TYPE_KEY = 25;
export const TYPE_AAAA = 28;
export const TYPE_NXT = 30;
export const TYPE_SRV = 33;
export const TYPE_DNAME = 39;
export const TYPE_OPT = 41;
export const TYPE_DS = 43;
export const TYPE_RRSIG = 46;
export const TYPE_NSEC = 47;
export const TYPE_DNSKEY = 48;
export const TYPE_NSEC3 = 50;
export const TYPE_NSEC3PARAM = 51;
export const TYPE_CDS = 59;
export const TYPE_CDNSKEY = 60;
export const TYPE_ZONEMD = 63;
export const TYPE_SVCB = 64;
export const TYPE_HTTPS = 65;
export const TYPE_TSIG = 250;
export const TYPE_IXFR = 251;
export const TYPE_AXFR = 252;
export const TYPE_MAILB = 253;
export const TYPE_MAILA = 254;
export const TYPE_ANY = 255;

// EDNS, RFC 6891
export const EDNS_FLAG_DO = 0x8000;
export const EDNS_OPTION_NSID = 3;
export const EDNS_OPTION_SUBNET = 8;
export const EDNS_OPTION_EDE = 15;

// Extended DNS errors, RFC 8914 §4
export const EDE_NOT_READY = 14;
export const EDE_PROHIBITED = 18;
export const EDE_NOT_AUTHORITATIVE = 20;
