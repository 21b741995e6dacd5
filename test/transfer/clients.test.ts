/**
 * Real clients: dig and dnspython take our AXFR and IXFR, signed and not, and read in them what was in the zone file.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { Journal } from '../../src/store/journal.js';
import { ChangeRecorder } from '../../src/transfer/change-recorder.js';
import type { TsigKey } from '../../src/wire/tsig-key.js';
import { zoneLines } from '../../src/zone/zone-text.js';
import { seededRandom } from '../fuzz/random.js';
import { nameOctets } from '../peers/message.js';
import { requirePeer } from '../peers/peer.js';
import { temporaryStore } from '../store/stores.js';
import { testKey } from '../support/tsig-messages.js';
import { name, zoneFromText } from '../support/zones.js';
import { nextVersion, type RandomZone, randomZone } from './random-zone.js';
import { followed, Site } from './replies.js';
import { serveTransfers } from './socket-server.js';

const ORIGIN = 'zone.test.';
const KEY: TsigKey = testKey('hmac-sha256', { name: nameOctets('key.test') });
const SECRET = Buffer.from(KEY.secret).toString('base64');

/** Runs a client to its end; its standard output. The server is in this process, which must not wait for it. */
function run(
  t: TestContext,
  program: string,
  args: readonly string[],
  input = '',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { timeout: 20_000, stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('latin1').on('data', (part) => {
      output += part;
    });
    child.stderr.setEncoding('latin1').on('data', (part) => {
      errors += part;
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${program}: ${code} ${output}${errors}`)),
    );
    child.stdin.end(input);
    t.after(() => child.kill('SIGKILL'));
  });
}

function dig(t: TestContext, port: number, ...words: string[]): Promise<string> {
  const options = ['+noall', '+answer', '+tries=1', '+time=10'];
  return run(t, 'dig', ['@127.0.0.1', '-p', String(port), ORIGIN, ...words, ...options]);
}

/** Lines of records, blanks made one. */
function linesOf(output: string): string[] {
  const lines = output.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
  return lines.map((line) => line.replace(/\s+/g, ' '));
}

/** A server, and a zone with its next versions, which `publish` serves. */
async function serveVersions(t: TestContext, count: number, more = '') {
  const random = seededRandom(7);
  const site = new Site();
  const store = temporaryStore(t);
  const recorder = new ChangeRecorder({ store, journal: new Journal(store), log: site.log });
  t.after(() => recorder.stop());
  const service = site.service({ changes: recorder });
  t.after(() => service.stop());
  const versions = [randomZone(random, ORIGIN, 1, 150)];
  for (let serial = 2; serial <= count; serial++) {
    const former = versions.at(-1);
    assert.ok(former !== undefined);
    versions.push(nextVersion(random, former, serial));
  }
  const publish = ({ text }: RandomZone): void => {
    const { former, next } = site.publish(ORIGIN, text + more);
    recorder.record(name(ORIGIN), former, next);
  };
  return { port: await serveTransfers(t, service, [KEY]), versions, publish };
}

const MANY = Array.from({ length: 9000 }, (_, i) => `m${i} 60 TXT "${'x'.repeat(i % 100)}"\n`).join(
  '',
);

test('axfr: dig reads the zone as it was written, signed and not', async (t) => {
  if (!requirePeer(t, 'dig')) return;
  for (const more of ['', MANY]) {
    const { port, versions, publish } = await serveVersions(t, 1, more);
    for (const version of versions) publish(version);
    const wanted = [...zoneLines(zoneFromText(ORIGIN, (versions[0]?.text ?? '') + more))].sort();
    for (const key of [[], ['-y', `hmac-sha256:key.test:${SECRET}`]]) {
      const output = await dig(t, port, 'AXFR', '+onesoa', ...key);
      assert.doesNotMatch(output, /failed|Couldn't|BADSIG/i);
      assert.deepEqual([...zoneLines(zoneFromText(ORIGIN, output))].sort(), wanted);
    }
  }
});

test('ixfr: what dig reads leads from each version to the newest', async (t) => {
  if (!requirePeer(t, 'dig')) return;
  const { port, versions, publish } = await serveVersions(t, 4);
  const wholes: string[][] = [];
  for (const version of versions) {
    publish(version);
    wholes.push(linesOf(await dig(t, port, 'AXFR', '+onesoa')).sort());
  }
  const forms: string[] = [];
  for (const [index, { serial }] of versions.entries()) {
    for (const key of [[], ['-y', `hmac-sha256:key.test:${SECRET}`]]) {
      const output = await dig(t, port, `IXFR=${serial}`, ...key);
      assert.doesNotMatch(output, /failed|Couldn't|BADSIG/i);
      const { form, records } = followed(wholes[index] ?? [], linesOf(output));
      assert.deepEqual(records, wholes.at(-1), `from ${serial}`);
      forms.push(form);
    }
  }
  assert.ok(forms.includes('ixfr'));
  assert.deepEqual(forms.slice(-2), ['soa', 'soa']);
});

/** Arguments: port, origin, secret; the zone that it has is its input. One line for each transfer. */
const PYTHON = `
import sys
import dns.name, dns.query, dns.tsig, dns.versioned, dns.xfr, dns.zone
port, origin, secret = int(sys.argv[1]), sys.argv[2], sys.argv[3]
key_name = dns.name.from_text('key.test.')
ring = {key_name: dns.tsig.Key(key_name, secret, 'hmac-sha256')}

def transfer(zone, keyring):
    keys = {} if keyring is None else {'keyring': keyring, 'keyname': key_name}
    query, serial = dns.xfr.make_query(zone, **keys)
    dns.query.inbound_xfr('127.0.0.1', zone, query, port=port, timeout=10)
    return serial

for keyring in (None, ring):
    zone = dns.versioned.Zone(origin, relativize=False)
    transfer(zone, keyring)
    print('axfr', sum(len(rdataset) for _, rdataset in zone.iterate_rdatasets()))
text = sys.stdin.read()
for keyring in (None, ring):
    old = dns.zone.from_text(text, origin, relativize=False, zone_factory=dns.versioned.Zone)
    serial = transfer(old, keyring)
    print('ixfr', serial, old.get_soa().serial, old == zone)
`;

test('transfers: dnspython takes AXFR and IXFR, signed and not, and has the zone then', async (t) => {
  const { port, versions, publish } = await serveVersions(t, 3, MANY);
  for (const version of versions) publish(version);
  const newest = versions.at(-1);
  assert.ok(newest !== undefined);
  const args = ['-c', PYTHON, String(port), ORIGIN, SECRET];
  if (!requirePeer(t, 'python3')) return;
  const output = await run(t, '/usr/bin/python3', args, (versions[0]?.text ?? '') + MANY);
  const count = newest.records.length + 9000;
  assert.deepEqual(output.trim().split('\n'), [
    `axfr ${count}`,
    `axfr ${count}`,
    'ixfr 1 3 True',
    'ixfr 1 3 True',
  ]);
});
