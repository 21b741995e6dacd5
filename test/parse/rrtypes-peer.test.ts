/**
 * The table of RR types against BIND: the same octets, the same text, the same refusals.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { requirePeer } from '../peers/peer.js';
import { RDATA_SAMPLES } from '../wire/rdata-samples.js';
import { REFUSED } from './rdata-refused.js';

/** Types younger than BIND 9.18. */
const UNKNOWN_TO_BIND = new Set(['RESINFO', 'WALLET', 'DSYNC']);
/** A second SOA; the others are valid records, but BIND loads no zone with them. */
const UNFIT_FOR_ZONE = new Set(['SOA', 'MD', 'MF']);
const samples = RDATA_SAMPLES.filter(([type]) => !UNKNOWN_TO_BIND.has(type));

type Answer = { readonly accepted: boolean; readonly text: string };

/** What named-rrchecker says of one record; `-u` prints it in the generic form. */
function rrchecker(flag: '-p' | '-u', type: string, text: string): Answer {
  const input = `IN ${type} ${text}\n`;
  const run = spawnSync('named-rrchecker', ['-o', 'example.', flag], { input, encoding: 'utf8' });
  const rdata = run.stdout.trim().split('\t').slice(2).join(' ');
  return { accepted: run.status === 0, text: rdata.replace(/ +/g, ' ') };
}

test('named-rrchecker gives every sample the same octets and the same text', (t) => {
  if (!requirePeer(t, 'named-rrchecker')) return;
  for (const [type, text, hex, printed] of samples) {
    const generic = rrchecker('-u', type, text)
      .text.replace(/^\\# \d+/, '')
      .replaceAll(' ', '');
    assert.equal(generic.toLowerCase(), hex, `${type} ${text}`);
    assert.equal(rrchecker('-p', type, text).text, printed ?? text, `${type} ${text}`);
  }
});

test('named-rrchecker refuses what is refused here', (t) => {
  if (!requirePeer(t, 'named-rrchecker')) return;
  const accepted = REFUSED.filter(([type, text]) => rrchecker('-p', type, text).accepted);
  assert.deepEqual(accepted, []);
});

test('named-compilezone -s full prints the samples of one zone in the same way', (t) => {
  if (!requirePeer(t, 'named-compilezone')) return;
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'zone');
  const lines = ['$ORIGIN example.', '$TTL 1', '@ SOA a. b. 1 1 1 1 1', '@ NS a.'];
  const wanted: string[] = [];
  for (const [index, [type, text, , printed]] of samples.entries()) {
    if (UNFIT_FOR_ZONE.has(type)) continue;
    lines.push(`r${index} ${type} ${text}`);
    wanted.push(`r${index}.example. 1 IN ${type} ${printed ?? text}`.trim());
  }
  writeFileSync(file, `${lines.join('\n')}\n`);
  const args = ['-i', 'none', '-k', 'ignore', '-s', 'full', '-o', '-', 'example.', file];
  const run = spawnSync('named-compilezone', args, { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  const printed = new Set(run.stdout.split('\n').map((line) => line.replace(/\s+/g, ' ').trim()));
  assert.deepEqual(
    wanted.filter((line) => !printed.has(line)),
    [],
  );
});
