/**
 * A zone, its parent and all caches of the world under a clock that a test moves: what any resolver may have seen when,
 * and whether dnspython can validate it from every DS through every DNSKEY RRset that it may still have. RFC 4035 §5,
 * RFC 7583 §2.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { DEFAULT_POLICY, type SigningPolicy } from '../../src/config/signing-policy.js';
import type { KeyContext } from '../../src/control/key-context.js';
import { SignatureRows } from '../../src/dnssec/kept-signatures.js';
import { readZoneKeys } from '../../src/dnssec/key-folder.js';
import { nextChange } from '../../src/dnssec/key-times.js';
import { type RolloverPhase, rolloversOf } from '../../src/dnssec/rollover.js';
import { runPeer } from '../support/peer-tool.js';
import { name } from '../support/zones.js';
import { linesOf, ORIGIN, signText, ZONE_TEXT } from './signed-zones.js';

const STEP = 300;
const HOUR = 3600;
/** How long the parent takes to follow CDS records. */
const PARENT_WAIT = HOUR;

/** No margins: a rollover that is too fast by a step is found. */
export const TIGHT_POLICY: SigningPolicy = {
  ...DEFAULT_POLICY,
  signaturesValidity: 48 * HOUR,
  signaturesValidityDnskey: 48 * HOUR,
  signaturesRefresh: 12 * HOUR,
  signaturesJitter: 2 * HOUR,
  dnskeyTtl: HOUR,
  maxZoneTtl: HOUR,
  zonePropagationDelay: STEP,
  publishSafety: 0,
  retireSafety: 0,
  parentDsTtl: 2 * HOUR,
  parentPropagationDelay: 2 * STEP,
};

/** Something that can be in a cache: from when to when anybody may have it. */
type Seen = { readonly lines: readonly string[]; first: number; last: number };

export class World {
  readonly context: KeyContext;
  now: number;
  /** Phases of rollovers in the order of their coming. */
  readonly phases: (RolloverPhase | 'none')[] = ['none'];
  private readonly folder: string;
  private readonly policy: SigningPolicy;
  private readonly keys: Seen[] = [];
  private readonly answers: Seen[] = [];
  private readonly parents: Seen[] = [];
  private rows = new SignatureRows();
  private dueAt = 0;
  private zone: readonly string[] = [];
  private wishes = '';
  private wishedAt = 0;

  constructor(folder: string, now: number, policy: SigningPolicy = TIGHT_POLICY) {
    this.folder = folder;
    this.now = now;
    this.policy = policy;
    this.context = { zone: name(ORIGIN), zoneText: `${ORIGIN}.`, folder, policy };
  }

  /** The operator has done something with keys. */
  changed(): void {
    this.dueAt = 0;
  }

  /** Tags of the DS records that the parent has. */
  get parentTags(): number[] {
    const lines = this.parents.at(-1)?.lines ?? [];
    return lines.map((line) => Number(line.split(' DS ')[1]?.split(' ')[0]));
  }

  /** Lets time pass. @param each called at each step, before anything else happens */
  pass(seconds: number, each: () => void = () => {}): void {
    const { policy } = this;
    for (const end = this.now + seconds; this.now < end; this.now += STEP) {
      each();
      if (this.now >= this.dueAt) this.sign();
      this.followCds();
      this.notePhase();
      const { now } = this;
      const isKey = (line: string) => / IN (?:RRSIG )?DNSKEY /.test(line);
      const keep = policy.zonePropagationDelay;
      see(this.keys, this.zone.filter(isKey), now, keep + policy.dnskeyTtl);
      const isAnswer = (line: string) =>
        /^(?:www|ns1)\..* IN (?:RRSIG )?(?:CNAME|A|NSEC) /.test(line);
      see(this.answers, this.zone.filter(isAnswer), now, keep + HOUR);
      const ds = this.parents.at(-1)?.lines ?? [];
      see(this.parents, ds, now, policy.parentDsTtl + policy.parentPropagationDelay);
    }
  }

  private sign(): void {
    const { keys } = readZoneKeys(this.folder, name(ORIGIN));
    const { policy, now, rows: former } = this;
    const signed = signText(this.folder, ZONE_TEXT, now, { policy, former });
    this.rows = signed.rows;
    this.dueAt = Math.min(signed.dueAt, ...keys.map(({ times }) => nextChange(times, now)));
    this.zone = linesOf(signed);
  }

  /** The parent does what CDS records say, a while later (RFC 7344 §6). */
  private followCds(): void {
    const cds = this.zone.filter((line) => / IN CDS /.test(line));
    const wishes = cds.map((line) => line.replace(' CDS ', ' DS ')).join('\n');
    if (wishes !== this.wishes) {
      this.wishes = wishes;
      this.wishedAt = this.now;
    }
    const isFirst = this.parents.length === 0;
    if (wishes === '' || (!isFirst && this.now < this.wishedAt + PARENT_WAIT)) return;
    if (this.parents.at(-1)?.lines.join('\n') === wishes) return;
    this.parents.push({ lines: wishes.split('\n'), first: this.now, last: this.now });
  }

  private notePhase(): void {
    const { keys } = readZoneKeys(this.folder, name(ORIGIN));
    const [rollover] = rolloversOf(keys, this.now);
    const phase = rollover?.phase ?? 'none';
    if (this.phases.at(-1) !== phase) this.phases.push(phase);
  }

  /** What dnspython could not validate; `null` if it is not there. */
  faults(t: TestContext): string[] | null {
    const overlaps = (a: readonly Seen[], b: readonly Seen[]) =>
      a.flatMap((one, i) =>
        b.flatMap((other, j) => {
          const from = Math.max(one.first, other.first);
          const to = Math.min(one.last, other.last);
          return from < to ? [[i, j, from, to - 1]] : [];
        }),
      );
    const input = {
      origin: `${ORIGIN}.`,
      keys: this.keys.map(({ lines }) => lines),
      answers: this.answers.map(({ lines }) => lines),
      parents: this.parents.map(({ lines }) => lines),
      byParent: overlaps(this.parents, this.keys),
      byKeys: overlaps(this.keys, this.answers),
    };
    const run = runPeer(t, '/usr/bin/python3', ['-c', SCRIPT], JSON.stringify(input));
    if (run === null) return null;
    assert.equal(run.status, 0, run.stderr);
    const result: { readonly checked: number; readonly faults: string[] } | 'missing' = JSON.parse(
      run.stdout,
    );
    if (result === 'missing') {
      assert.notEqual(process.env['HOTZONE_REQUIRE_PEERS'], '1', 'dnspython is missing');
      t.skip('python3-dnspython is not installed');
      return null;
    }
    assert.ok(result.checked >= 2 * (this.keys.length + this.answers.length));
    return result.faults;
  }
}

/** Notes that something can be had now, and be kept for `keep` seconds. */
function see(list: Seen[], lines: readonly string[], now: number, keep: number): void {
  const last = list.at(-1);
  const isSame = last !== undefined && last.lines.join('\n') === lines.join('\n');
  const seen = isSame ? last : { lines, first: now, last: now };
  if (!isSame) list.push(seen);
  seen.last = now + STEP + keep;
}

const SCRIPT = `
import json, sys
try:
    import dns.dnssec, dns.rrset, dns.name, dns.rdatatype, dns.rdataclass
except ImportError:
    print('"missing"')
    sys.exit(0)

data = json.load(sys.stdin)
origin = dns.name.from_text(data['origin'])

def rrsets(lines):
    found = {}
    for line in lines:
        owner, ttl, _, kind, rdata = line.split(' ', 4)
        covers = rdata.split(' ')[0] if kind == 'RRSIG' else kind
        entry = found.setdefault((owner, covers), {'rr': [], 'sig': [], 'ttl': int(ttl)})
        entry['sig' if kind == 'RRSIG' else 'rr'].append(rdata)
    result = []
    for (owner, kind), entry in found.items():
        rr = dns.rrset.from_text(owner, entry['ttl'], 'IN', kind, *entry['rr'])
        sig = dns.rrset.from_text(owner, entry['ttl'], 'IN', 'RRSIG', *entry['sig'])
        result.append((rr, sig))
    return result

faults = []
checked = 0

def validate(rr, sig, keys, now, what):
    global checked
    checked += 1
    try:
        dns.dnssec.validate(rr, sig, {origin: keys}, now=now)
    except Exception as error:
        faults.append('%s at %d: %s' % (what, now, error))

keys = [rrsets(lines)[0] for lines in data['keys']]
answers = [rrsets(lines) for lines in data['answers']]
parents = [[dns.rdata.from_text('IN', 'DS', line.split(' DS ', 1)[1]) for line in lines] for lines in data['parents']]
for parent, key, first, last in data['byParent']:
    rr, sig = keys[key]
    trusted = [k for k in rr if any(dns.dnssec.make_ds(origin, k, 'SHA256') == ds for ds in parents[parent])]
    if not trusted:
        faults.append('no DS of parent %d for keys %d at %d' % (parent, key, first))
        continue
    trusted = dns.rrset.from_rdata_list(origin, 60, trusted)
    for now in (first, last):
        validate(rr, sig, trusted, now, 'keys %d by parent %d' % (key, parent))
for key, answer, first, last in data['byKeys']:
    for rr, sig in answers[answer]:
        for now in (first, last):
            validate(rr, sig, keys[key][0], now, '%s %d by keys %d' % (rr.name, answer, key))
print(json.dumps({'checked': checked, 'faults': faults[:20]}))
`;
