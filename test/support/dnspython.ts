/**
 * TSIG as dnspython signs and verifies it: messages in, messages or exceptions out, at a time that is given.
 */
import type { TestContext } from 'node:test';
import { nameText } from '../../src/wire/name-text.js';
import type { TsigKey } from '../../src/wire/tsig-key.js';
import { runPeer } from './peer-tool.js';

/** The system's own interpreter, which is the one that has the package. */
const PYTHON = '/usr/bin/python3';

const SCRIPT = `
import json, sys, time
try:
    import dns.message, dns.tsig, dns.name
except ImportError:
    print('"missing"')
    sys.exit(0)

def run(job):
    time.time = lambda: job['seconds']
    key = dns.tsig.Key(job['name'], bytes.fromhex(job['secret']), job['algorithm'])
    request_mac = bytes.fromhex(job['requestMac'])
    ctx = None
    multi = job['multi']
    results = []
    for index, text in enumerate(job['messages']):
        wire = bytes.fromhex(text)
        try:
            if job['op'] == 'verify':
                message = dns.message.from_wire(wire, keyring={key.name: key}, multi=multi,
                                                request_mac=request_mac, tsig_ctx=ctx)
                results.append('signed' if message.had_tsig else 'unsigned')
                ctx = message.tsig_ctx
            elif index in job['unsigned']:
                ctx.update(wire)
                results.append(text)
            else:
                message = dns.message.from_wire(wire)
                message.request_mac = request_mac
                message.use_tsig(key, original_id=message.id)
                results.append(message.to_wire(max_size=65535, multi=multi, tsig_ctx=ctx).hex())
                ctx = message.tsig_ctx
        except Exception as error:
            results.append(type(error).__name__)
            break
    return results

print(json.dumps([run(job) for job in json.load(sys.stdin)]))
`;

export type TsigJob = {
  readonly op: 'sign' | 'verify';
  readonly key: TsigKey;
  /** Of the request, if the messages are replies. */
  readonly requestMac: Uint8Array | null;
  /** Whether the messages are a stream. */
  readonly multi: boolean;
  readonly messages: readonly Uint8Array[];
  /** Indexes of messages that are not to be signed. */
  readonly unsigned?: readonly number[];
  readonly seconds: number;
};

/**
 * Does all jobs in one run. Skips the test and returns `null` where dnspython is missing, but fails then if
 * HOTZONE_REQUIRE_PEERS is 1.
 * @returns for each job and message: its octets in hexadecimal once signed; `signed` or `unsigned` once verified; or
 * the name of an exception, which ends the job.
 */
export function runDnspython(t: TestContext, jobs: readonly TsigJob[]): string[][] | null {
  const input = jobs.map(({ key, requestMac, messages, unsigned, ...job }) => ({
    ...job,
    name: nameText(key.name, 0),
    algorithm: key.algorithm === 'hmac-md5' ? 'hmac-md5.sig-alg.reg.int' : key.algorithm,
    secret: hex(key.secret),
    requestMac: hex(requestMac ?? new Uint8Array(0)),
    messages: messages.map(hex),
    unsigned: unsigned ?? [],
  }));
  const run = runPeer(t, PYTHON, ['-c', SCRIPT], JSON.stringify(input));
  if (run === null) return null;
  if (run.status !== 0) throw new Error(run.stderr);
  const results: unknown = JSON.parse(run.stdout);
  if (results !== 'missing') return results as string[][];
  if (process.env['HOTZONE_REQUIRE_PEERS'] === '1') throw new Error('dnspython is not installed');
  t.skip('dnspython is not installed');
  return null;
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
