/**
 * Small zones in which answering is tricky, for comparison with other servers. All three peers load each of them.
 */

export type ZoneText = { readonly origin: string; readonly text: string };

const HEAD = `$TTL 3600
@ SOA ns.outside.test. hostmaster 1 7200 900 1209600 300
@ NS ns.outside.test.
`;

const ADDRESSES = `
@ NS NS1
@ NS ns2.child
@ MX 10 mail
@ MX 20 mail.other.test.
@ MX 30 wild.w
NS1 A 192.0.2.1
NS1 AAAA 2001:db8::1
mail A 192.0.2.2
mail A 192.0.2.3
mail MX 5 mail
Mixed.Case TXT "case"
*.w A 192.0.2.4
alias CNAME mail
mx-alias MX 10 alias
mx-none MX 0 .
mx-glue MX 10 ns2.child
mx-occluded MX 10 host.child
_sip._udp SRV 1 2 5060 mail
_sip._udp SRV 1 3 5060 MAIL
_none._udp SRV 0 0 0 .
svc SVCB 1 mail alpn=h2
svc0 SVCB 0 mail
self HTTPS 1 . alpn=h2
self A 192.0.2.5
naptr NAPTR 1 2 "s" "" "" _sip._udp
kx KX 1 mail
afs AFSDB 1 mail
rp RP mail txt
ptr PTR mail
child NS ns2.child
child NS NS1
host.child A 192.0.2.6
ns2.child A 192.0.2.7
ns2.child AAAA 2001:db8::7
unknown TYPE65280 \\# 4 deadbeef
unknown TYPE65281 \\# 0
ent.deep.down TXT "leaf"
zero 0 A 192.0.2.8
hinfo HINFO "cpu" "os"
minfo MINFO mail errors
`;

const WILDCARDS = `
* TXT "any"
* MX 10 host
host A 192.0.2.1
sub.* TXT "below the asterisk"
a.host.x TXT "makes host.x an empty non-terminal"
*.c CNAME host
*.cx CNAME missing.cx2
cx2 TXT "here"
*.cy CNAME loop.cy
*.cn CNAME www.outside.example.
*.*.d TXT "two asterisks"
q*.e TXT "no wildcard"
*.m A 192.0.2.3
exact.m TXT "blocks"
deep.exact.m TXT "deeper"
*.y.ent A 192.0.2.4
cut NS ns.cut
*.cut A 192.0.2.5
ns.cut A 192.0.2.6
_s._t.*.srv SRV 1 1 1 host
_tcp.host SRV 0 0 80 lost.m
*.wd DNAME m
`;

const DELEGATIONS = `
glue NS ns1.glue
glue NS ns2.glue
ns1.glue A 192.0.2.1
ns2.glue AAAA 2001:db8::2
noglue NS ns.elsewhere.test.
missing NS ns.missing
sibling NS ns1.glue
sibling NS ns.sibling2
sibling2 NS ns.sibling2
ns.sibling2 A 192.0.2.3
inzone NS host
host A 192.0.2.4
nested NS ns.nested
ns.nested A 192.0.2.5
below.nested NS ns.below.nested
ns.below.nested A 192.0.2.6
occluded.nested TXT "never seen"
cname.nested CNAME host
secure NS ns.secure
secure DS 12345 13 2 0000000000000000000000000000000000000000000000000000000000000000
ns.secure A 192.0.2.7
served NS ns.served
ns.served A 192.0.2.8
to-cut CNAME www.glue
to-cut-self CNAME glue
to-cut-wild CNAME x.y.sibling
to-served CNAME www.served
to-served-miss CNAME miss.served
nsself NS nsself
nsself A 192.0.2.9
ent.cut.below NS ns.glue
wildns NS a.wild
*.wild A 192.0.2.10
aliasns NS to-host
to-host CNAME host
`;

const SERVED = `
@ NS ns
ns A 192.0.2.8
www A 192.0.2.81
back CNAME to-served.delegations.test.
deep NS ns.deep
ns.deep A 192.0.2.82
`;

const ALIASES = `
a CNAME b
b CNAME c
c CNAME d
d A 192.0.2.1
to-miss CNAME nope
to-nodata CNAME d
to-ent CNAME ent
x.ent TXT "x"
self CNAME self
loop1 CNAME loop2
loop2 CNAME loop3
loop3 CNAME loop1
out CNAME www.outside.example.
over CNAME www.served.delegations.test.
over-miss CNAME nothing.wildcards.test.
over-cut CNAME www.glue.delegations.test.
over-loop CNAME back.served.delegations.test.
to-dname CNAME x.dn
to-apex CNAME @
case CNAME D
`;

const DNAMES = `
dn DNAME target
dn TXT "own data stays"
dn A 192.0.2.1
target A 192.0.2.2
x.target A 192.0.2.3
y.target CNAME x.dn
deep.x.target MX 10 x.target
chain1 DNAME chain2
chain2 DNAME target
loop DNAME loop
pair1 DNAME pair2
pair2 DNAME pair1
out DNAME outside.example.
over DNAME wildcards.test.
cut NS ns.cut
ns.cut A 192.0.2.4
tocut DNAME cut
up DNAME @
nothing DNAME nowhere
long DNAME ${'l'.repeat(63)}.${'m'.repeat(63)}.${'n'.repeat(63)}
`;

const APEX_DNAME = `
@ DNAME dnames.test.
@ TXT "own"
`;

function many(count: number, row: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => row(i)).join('\n');
}

const SIZES = `
t400 TXT ${`"${'a'.repeat(98)}" `.repeat(4)}
t470 TXT ${`"${'a'.repeat(116)}" `.repeat(4)}
t700 TXT ${`"${'b'.repeat(232)}" `.repeat(3)}
t1180 TXT ${`"${'c'.repeat(235)}" `.repeat(5)}
t1400 TXT ${`"${'d'.repeat(233)}" `.repeat(6)}
t5000 TXT ${`"${'e'.repeat(249)}" `.repeat(20)}
alias CNAME t700
alias2 CNAME alias
${many(30, (i) => `a30 A 192.0.2.${i}`)}
${many(12, (i) => `mx MX ${i} host${i}`)}
${many(12, (i) => `host${i} A 192.0.2.${i}\nhost${i} AAAA 2001:db8::${i}`)}
${many(13, (i) => `sub NS ns${i}.sub`)}
${many(13, (i) => `ns${i}.sub A 192.0.2.${i}\nns${i}.sub AAAA 2001:db8::${i}`)}
${many(60, (i) => `wide NS a-rather-long-label-for-a-name-server-${i}.elsewhere${i}.test.`)}
${many(13, (i) => `sib NS ns${i}.sub`)}
bigsoa CNAME nothing.${'x'.repeat(60)}.${'x'.repeat(60)}.${'y'.repeat(60)}
`;

/** The zones; `served.delegations.test` is a child of a zone that is served too. */
export const PEER_ZONES: readonly ZoneText[] = [
  { origin: 'addresses.test', text: `${HEAD}${ADDRESSES}` },
  { origin: 'wildcards.test', text: `${HEAD}${WILDCARDS}` },
  { origin: 'delegations.test', text: `${HEAD}${DELEGATIONS}` },
  { origin: 'served.delegations.test', text: `${HEAD}${SERVED}` },
  { origin: 'aliases.test', text: `${HEAD}${ALIASES}` },
  { origin: 'dnames.test', text: `${HEAD}${DNAMES}` },
  { origin: 'apex-dname.test', text: `${HEAD}${APEX_DNAME}` },
  { origin: 'sizes.test', text: `${HEAD}${SIZES}` },
];
