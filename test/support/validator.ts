/**
 * A validator of answers from signed zones, as RFC 4035 §5, RFC 5155 §8 and RFC 6840 §4 describe one, in Python with
 * dnspython's signatures and names. It knows nothing but the zone's key and what is in the message.
 */
import type { TestContext } from 'node:test';
import { runPeer } from './peer-tool.js';

/** The system's own interpreter, which is the one that has the package. */
const PYTHON = '/usr/bin/python3';
/** Replies of one run, which takes a second or two. */
const BATCH = 1500;

const SCRIPT = `
import json, sys, time
try:
    import dns.message, dns.name, dns.dnssec, dns.rrset, dns.rdatatype as T, dns.rdataclass, dns.flags, dns.rcode
except ImportError:
    print('"missing"')
    sys.exit(0)

class Bad(Exception):
    pass

def need(condition, text):
    if not condition:
        raise Bad(text)

verified = {}

def verify(rrset, sigs, keys, now):
    key = (rrset.to_text(), sigs.to_text())
    if key not in verified:
        try:
            dns.dnssec.validate(rrset, sigs, keys, now=now)
            verified[key] = None
        except Exception as error:
            verified[key] = '%s: %s' % (type(error).__name__, error)
    need(verified[key] is None, '%s %s is not signed well: %s' %
         (rrset.name, T.to_text(rrset.rdtype), verified[key]))

def has_type(rdata, rdtype):
    for window, bitmap in rdata.windows:
        if window == rdtype >> 8:
            octet = (rdtype & 255) >> 3
            return octet < len(bitmap) and bool(bitmap[octet] & (0x80 >> (rdtype & 7)))
    return False

def parent(name):
    return dns.name.Name(name.labels[1:])

def wildcard(name):
    return dns.name.Name((b'*',) + name.labels)

class Nsec:
    """One record of NSEC or NSEC3 as owner, next and types."""
    def __init__(self, rrset, apex):
        self.rrset, self.rdata, self.apex, self.owner = rrset, rrset[0], apex, rrset.name
        self.hashed = rrset.rdtype == T.NSEC3
        if self.hashed:
            self.key = rrset.name.labels[0].decode().upper()
            import base64
            table = bytes.maketrans(b'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', b'0123456789ABCDEFGHIJKLMNOPQRSTUV')
            self.next = base64.b32encode(self.rdata.next).translate(table).decode()
        else:
            self.key, self.next = rrset.name, self.rdata.next
    def point(self, name):
        if not self.hashed:
            return name
        return dns.dnssec.nsec3_hash(name, self.rdata.salt, self.rdata.iterations, self.rdata.algorithm)
    def matches(self, name):
        return self.key == self.point(name)
    def covers(self, name):
        at = self.point(name)
        if self.key < self.next:
            return self.key < at < self.next
        return at > self.key or at < self.next
    def cuts(self):
        """RFC 6840 4.1: says nothing of what is below it."""
        return has_type(self.rdata, T.DNAME) or (has_type(self.rdata, T.NS) and not has_type(self.rdata, T.SOA))
    def opt_out(self):
        return self.hashed and bool(self.rdata.flags & 1)

def covering(proofs, name):
    for proof in proofs:
        if proof.covers(name):
            if not proof.hashed and proof.cuts() and name.is_subdomain(proof.owner):
                continue
            return proof
    return None

def matching(proofs, name):
    for proof in proofs:
        if proof.matches(name):
            return proof
    return None

def encloser_nsec3(proofs, name, apex):
    """RFC 5155 8.3. The closest provable encloser and what covers the next closer name."""
    below = name
    while below != apex:
        above = parent(below)
        match = matching(proofs, above)
        if match is not None:
            need(not match.cuts(), 'the encloser is a zone cut or has a DNAME')
            cover = covering(proofs, below)
            need(cover is not None, 'the next closer name %s is not covered' % below)
            return above, cover
        below = above
    raise Bad('no closest encloser of %s' % name)

def encloser_nsec(cover, name, apex):
    """The longest name that both the name and one end of the gap are below."""
    best = apex
    for end in (cover.owner, cover.next):
        common = name
        while not end.is_subdomain(common):
            common = parent(common)
        if common.is_subdomain(best):
            best = common
    return best

def lacks(proof, qtype, at_cut_for_ds):
    need(not has_type(proof.rdata, qtype), 'the type is there')
    need(not has_type(proof.rdata, T.CNAME), 'there is a CNAME')
    cut = has_type(proof.rdata, T.NS) and not has_type(proof.rdata, T.SOA)
    need(not cut or at_cut_for_ds, 'the record is of a zone cut')

def deny_name(proofs, name, apex, lax):
    need(proofs, 'nothing denies %s' % name)
    if proofs[0].hashed:
        encloser, cover = encloser_nsec3(proofs, name, apex)
    else:
        cover = covering(proofs, name)
        need(cover is not None, '%s is not covered' % name)
        need(not cover.next.is_subdomain(name), '%s is an empty non-terminal' % name)
        encloser = encloser_nsec(cover, name, apex)
    if proofs[0].hashed and lax and cover.opt_out():
        # below an empty non-terminal that is not in the chain: what encloses that may have a wildcard
        return
    need(covering(proofs, wildcard(encloser)) is not None, 'no wildcard is denied at %s' % encloser)

def deny_type(proofs, name, qtype, apex, lax):
    need(proofs, 'nothing denies %s at %s' % (T.to_text(qtype), name))
    match = matching(proofs, name)
    if match is not None:
        lacks(match, qtype, qtype == T.DS)
        need(qtype != T.DS or name == apex or not has_type(match.rdata, T.SOA), 'DS denied by the child')
        return
    if proofs[0].hashed:
        encloser, cover = encloser_nsec3(proofs, name, apex)
        match = matching(proofs, wildcard(encloser))
        if match is None:
            # RFC 5155 8.6; of empty non-terminals, too, erratum 3441
            need(cover.opt_out() and lax, '%s is covered without opt-out' % name)
            return
    else:
        cover = covering(proofs, name)
        need(cover is not None, '%s is neither matched nor covered' % name)
        if cover.next.is_subdomain(name):
            return
        encloser = encloser_nsec(cover, name, apex)
        star = wildcard(encloser)
        match = matching(proofs, star)
        if match is None:
            cover = covering(proofs, star)
            need(cover is not None and cover.next.is_subdomain(star), 'no wildcard at %s matches' % encloser)
            return
    lacks(match, qtype, False)

def deny_closer(proofs, name, labels):
    """A wildcard's answer: RFC 5155 8.8 and RFC 4035 5.3.4. The name next closer than the wildcard is not there."""
    need(proofs, 'nothing denies what is closer to %s' % name)
    if proofs[0].hashed:
        closer = dns.name.Name(name.labels[-(labels + 2):])
    else:
        closer = name
    need(covering(proofs, closer) is not None, '%s is not covered' % closer)

def find(section, name, rdtype):
    for rrset in section:
        if rrset.name == name and rrset.rdtype == rdtype:
            return rrset
    return None

def check_signatures(message, apex, keys, now):
    """All RRsets that must be signed are. Returns the labels of those that come from a wildcard."""
    expanded = {}
    for number, section in enumerate((message.answer, message.authority, message.additional)):
        for rrset in section:
            if rrset.rdtype == T.RRSIG and number == 0:
                for sig in rrset:
                    if sig.labels < len(rrset.name.labels) - 1 - (rrset.name.labels[0] == b'*'):
                        expanded[(rrset.name, T.RRSIG)] = sig.labels
            if rrset.rdtype in (T.RRSIG, T.OPT) or not rrset.name.is_subdomain(apex):
                continue
            sigs = None
            for other in section:
                if other.rdtype == T.RRSIG and other.name == rrset.name and other.covers == rrset.rdtype:
                    sigs = other
            where = '%s %s' % (rrset.name, T.to_text(rrset.rdtype))
            if sigs is None:
                if rrset.rdtype == T.CNAME and any(
                        other.rdtype == T.DNAME and rrset.name.is_subdomain(other.name) and rrset.name != other.name
                        for other in message.answer):
                    continue
                need(number == 2 or (number == 1 and rrset.rdtype == T.NS and rrset.name != apex),
                     '%s has no signature' % where)
                continue
            for sig in sigs:
                need(sig.signer == apex, '%s is signed by %s' % (where, sig.signer))
                if sig.labels < len(rrset.name.labels) - 1 - (rrset.name.labels[0] == b'*'):
                    expanded[(rrset.name, rrset.rdtype)] = sig.labels
            verify(rrset, sigs, keys, now)
    return expanded

def prove(message, proofs, qname, qtype, apex, expanded, lax):
    name = qname
    for _ in range(20):
        if not name.is_subdomain(apex):
            return 'left'
        rrset = find(message.answer, name, qtype)
        alias = find(message.answer, name, T.CNAME)
        if rrset is None and qtype == T.ANY:
            rrset = next((r for r in message.answer if r.name == name and r.rdtype != T.RRSIG), None)
            if alias is not None and any(r.rdtype == T.DNAME for r in message.answer):
                rrset = None
        if rrset is None and qtype == T.RRSIG:
            rrset = next((r for r in message.answer if r.name == name and r.rdtype == T.RRSIG), None)
            if alias is not None:
                rrset = None
        if rrset is not None:
            if (name, rrset.rdtype) in expanded:
                deny_closer(proofs, name, expanded[(name, rrset.rdtype)])
            return 'answered'
        if alias is None:
            break
        if (name, T.CNAME) in expanded:
            deny_closer(proofs, name, expanded[(name, T.CNAME)])
        name = alias[0].target
    else:
        return 'loop'
    if message.rcode() == dns.rcode.YXDOMAIN:
        return 'too long'
    referral = [r for r in message.authority if r.rdtype == T.NS and r.name != apex]
    if referral:
        cut = referral[0].name
        need(name.is_subdomain(cut), 'a referral to %s for %s' % (cut, name))
        if find(message.authority, cut, T.DS) is None:
            deny_type(proofs, cut, T.DS, apex, lax)
            match = matching(proofs, cut)
            need(match is None or has_type(match.rdata, T.NS), 'no delegation by the chain')
        return 'referred'
    aliases = [r for r in message.answer if r.rdtype == T.CNAME]
    if find(message.authority, apex, T.SOA) is None:
        need(len(aliases) > 0 and message.rcode() == 0, 'no SOA')
        return 'loop'
    if message.rcode() == dns.rcode.NXDOMAIN:
        deny_name(proofs, name, apex, lax)
        return 'no name'
    deny_type(proofs, name, qtype, apex, lax)
    return 'no data'

def check(job, zones):
    apex = dns.name.from_text(zones[job['zone']]['origin'])
    keys, now = zones[job['zone']]['keys'], job['now']
    message = dns.message.from_wire(bytes.fromhex(job['reply']), ignore_trailing=False)
    question = message.question[0]
    expanded = check_signatures(message, apex, keys, now)
    if message.flags & dns.flags.TC:
        return 'cut'
    chain = [r for r in message.authority if r.rdtype in (T.NSEC, T.NSEC3)]
    need(all(len(r) == 1 for r in chain), 'several records of the chain under one name')
    proofs = [Nsec(r, apex) for r in chain]
    rest = (question.name, question.rdtype, apex, expanded)
    # what opt-out leaves open must do only where nothing proves more
    lax = False
    try:
        outcome = prove(message, proofs, *rest, False)
    except Bad:
        lax = True
        outcome = prove(message, proofs, *rest, True)
    if lax and outcome != 'referred':
        return outcome
    for left in range(len(proofs)):
        try:
            prove(message, proofs[:left] + proofs[left + 1:], *rest, lax)
        except Bad:
            continue
        raise Bad('%s is not needed' % proofs[left].owner)
    return outcome

def run():
    given = json.load(sys.stdin)
    for zone in given['zones']:
        apex = dns.name.from_text(zone['origin'])
        rrset = dns.rrset.from_text_list(apex, 3600, 'IN', 'DNSKEY', zone['keys'])
        zone['keys'] = {apex: rrset}
    results = []
    for job in given['jobs']:
        try:
            results.append(check(job, given['zones']))
        except Bad as error:
            results.append('wrong: %s' % error)
    print(json.dumps(results))

run()
`;

export type ValidatedZone = {
  readonly origin: string;
  /** RDATA of its DNSKEY records that are trusted, as text. */
  readonly keys: readonly string[];
};

export type ValidatorJob = {
  /** Index of the zone that the answer is from. */
  readonly zone: number;
  readonly reply: Uint8Array;
};

/**
 * Judges replies to queries with DO. Skips the test and returns `null` where dnspython is missing, but fails then if
 * HOTZONE_REQUIRE_PEERS is 1.
 * @param nowSeconds Unix time by which signatures are judged
 * @returns for each reply what it is, such as `no name`; or `wrong: ` and why it is no proof, or more than that
 */
export function validate(
  t: TestContext,
  zones: readonly ValidatedZone[],
  jobs: readonly ValidatorJob[],
  nowSeconds: number,
): string[] | null {
  const verdicts: string[] = [];
  for (let start = 0; start < jobs.length; start += BATCH) {
    const part = runBatch(t, zones, jobs.slice(start, start + BATCH), nowSeconds);
    if (part === null) return null;
    verdicts.push(...part);
  }
  return verdicts;
}

function runBatch(
  t: TestContext,
  zones: readonly ValidatedZone[],
  jobs: readonly ValidatorJob[],
  nowSeconds: number,
): string[] | null {
  const input = {
    zones,
    jobs: jobs.map(({ zone, reply }) => ({
      zone,
      now: nowSeconds,
      reply: Buffer.from(reply).toString('hex'),
    })),
  };
  const run = runPeer(t, PYTHON, ['-c', SCRIPT], JSON.stringify(input));
  if (run === null) return null;
  if (run.status !== 0) throw new Error(run.stderr);
  const results: unknown = JSON.parse(run.stdout);
  if (results !== 'missing') return results as string[];
  if (process.env['HOTZONE_REQUIRE_PEERS'] === '1') throw new Error('dnspython is not installed');
  t.skip('dnspython is not installed');
  return null;
}
