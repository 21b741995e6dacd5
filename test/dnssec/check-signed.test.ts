/**
 * How findings about signed zones are told: severities where a zone is served and where it is checked, places in the
 * file, times, the options of `hotzone check`, and the real root zone. What is found is in signed-zones.test.ts.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { problemLine } from '../../src/base/problem.js';
import { type CheckOptions, runCheck } from '../../src/control/check.js';
import { zoneDigests } from '../../src/dnssec/zone-digest.js';
import { loadZone } from '../../src/load/load-zone.js';
import {
  APEX,
  isType,
  NOW_SECONDS,
  PLAIN_ZONE,
  type SignedText,
  signText,
  temporaryFolder,
} from '../support/signed-zones.js';
import { validateText } from '../support/validate.js';
import { name, readText } from '../support/zones.js';

/** The end of the signatures in signed-zones.ts. */
const EXPIRY_SECONDS = Date.UTC(2037, 11, 1) / 1000;
const DAY_SECONDS = 86_400;

let made: SignedText | null = null;

/** The lines of a signed zone; `null` where a tool is missing, which skips the test. */
function signedLines(t: TestContext): string[] | null {
  const signing = { algorithm: 'ED25519', signer: 'dnssec-signzone', denial: 'nsec3' } as const;
  made ??= signText(t, PLAIN_ZONE, signing);
  return made === null ? null : [...made.lines];
}

function isSignature(line: string, owner: string, type: string): boolean {
  return (
    line.startsWith(`${owner}.${APEX}. `) && isType(line, 'RRSIG') && line.includes(` ${type} `)
  );
}

/** Alters the signature's first octet. */
function spoil(line: string): string {
  const words = line.split(' ');
  const at = words.length - 1;
  words[at] = (words[at]?.startsWith('A') ? 'B' : 'A') + words[at]?.slice(1);
  return words.join(' ');
}

async function check(
  t: TestContext,
  text: string,
  options: Partial<CheckOptions> = {},
): Promise<{ code: number; report: string }> {
  const path = join(temporaryFolder(t), `${APEX}.zone`);
  writeFileSync(path, text, 'latin1');
  let report = '';
  const write = (part: string) => (report += part);
  const code = await runCheck(
    [path],
    {
      origin: null,
      format: 'text',
      print: false,
      strict: false,
      includeOutside: false,
      ignoreBroken: false,
      signatures: true,
      signatureWarningDays: 3,
      nowSeconds: NOW_SECONDS,
      ...options,
    },
    {
      stdin: (async function* () {})(),
      stdout: { write },
      stderr: { write },
      terminal: false,
      colour: false,
      progress: false,
    },
  );
  return { code, report: report.replaceAll(path, 'zone') };
}

test('a wrong signature stands with file, line and column', async (t) => {
  const lines = signedLines(t);
  if (lines === null) return;
  const at = lines.findIndex((line) => isSignature(line, 'mail', 'A'));
  lines[at] = `\t${spoil(lines[at] ?? '')}`.replace(/^\t\S+/, `mail.${APEX}.`);
  const { code, report } = await check(t, `${lines.join('\n')}\n`);
  assert.equal(code, 1);
  const place = `zone:${at + 1}:1: error: the signature of the A RRset by key `;
  assert.ok(report.startsWith(place), report);
  assert.match(report, /\(ED25519\) is wrong \[DNSSEC_SIGNATURE_BOGUS\]\n/);
});

test('--no-signatures leaves out signatures and nothing else', async (t) => {
  const lines = signedLines(t);
  if (lines === null) return;
  const spoilt = lines.map((line) => (isSignature(line, 'mail', 'A') ? spoil(line) : line));
  const quick = await check(t, `${spoilt.join('\n')}\n`, { signatures: false });
  assert.equal(quick.code, 0, quick.report);
  const unhashed = [...spoilt, `new.${APEX}. 3600 IN TXT "x"`];
  const { code, report } = await check(t, `${unhashed.join('\n')}\n`, { signatures: false });
  assert.equal(code, 1);
  assert.match(report, /no NSEC3 for new\.example\.test\. \[DNSSEC_NSEC3_MISSING\]/);
  assert.doesNotMatch(report, /BOGUS/);
});

test('many wrong signatures are told in the order of the text', async (t) => {
  const lines = signedLines(t);
  if (lines === null) return;
  const text = lines.map((line) => (isType(line, 'RRSIG') ? spoil(line) : line)).join('\n');
  const found = (await validateText(`${text}\n`)).map(({ line }) => line);
  const expected = lines.flatMap((line, i) => (isType(line, 'RRSIG') ? [i + 1] : []));
  assert.deepEqual(
    [...found].sort((a, b) => a - b),
    expected,
  );
  assert.ok(found.length > 20);
});

test('where a zone is served, what validators refuse is a warning', (t) => {
  const lines = signedLines(t);
  if (lines === null) return;
  const kept = lines.filter((line) => !isSignature(line, 'mail', 'A'));
  const path = join(temporaryFolder(t), 'zone');
  writeFileSync(path, `${kept.join('\n')}\n`);
  const request = {
    path,
    origin: name(APEX),
    originCertain: true,
    root: '/',
    includeOutside: false,
    strict: false,
  };
  const served = loadZone(request);
  assert.ok(served.image !== null);
  assert.deepEqual(served.problems.map(problemLine), [
    `${path}:${kept.findIndex((line) => line.startsWith('mail.')) + 1}:1: warning: ` +
      'no signature of the A RRset at mail.example.test. [DNSSEC_SIGNATURE_MISSING]',
  ]);
  assert.equal(served.signaturesEnd, EXPIRY_SECONDS);
  assert.equal(loadZone({ ...request, validate: true }).image, null);
  assert.equal(loadZone({ ...request, strict: true }).image, null);
});

test('a zone without keys and signatures has no end of signatures, and no problem', async () => {
  assert.deepEqual(await validateText(PLAIN_ZONE), []);
});

test('RFC 4034 §3.1.5: times against the clock, told once for the zone', async (t) => {
  const lines = signedLines(t);
  if (lines === null) return;
  const text = `${lines.join('\n')}\n`;
  const count = lines.filter((line) => isType(line, 'RRSIG')).length;
  const at = async (seconds: number) =>
    (await validateText(text, seconds)).map(({ severity, text: what }) => `${severity}: ${what}`);
  assert.deepEqual(await at(EXPIRY_SECONDS - 3 * DAY_SECONDS), []);
  assert.deepEqual(await at(EXPIRY_SECONDS - 3 * DAY_SECONDS + 1), [
    `warning: ${count} of ${count} signatures expire within 3 days, the first at 2037-12-01T00:00:00Z`,
  ]);
  assert.deepEqual(await at(EXPIRY_SECONDS + 1), [
    `warning: ${count} of ${count} signatures have expired, the first at 2037-12-01T00:00:00Z`,
  ]);
  assert.deepEqual(await at(Date.UTC(2025, 0, 1) / 1000), [
    `warning: ${count} of ${count} signatures are not valid yet, the last from 2026-01-01T00:00:00Z on`,
  ]);
});

const ROOT = fileURLToPath(new URL('../../../../shared/data/root.zone', import.meta.url));

test('the real root zone: keys, names and the signatures that the file has are right', async (t) => {
  if (!existsSync(ROOT)) {
    t.skip('no root zone in ../shared/data');
    return;
  }
  const text = readFileSync(ROOT, 'latin1');
  const signatures = text.match(/\sIN\s+RRSIG\s/g) ?? [];
  const found = new Map<string, number>();
  const problems = await validateRoot(ROOT);
  for (const { code } of problems) found.set(code, (found.get(code) ?? 0) + 1);
  // whatever the clock says
  found.delete('DNSSEC_SIGNATURE_EXPIRED');
  // a copy without the signatures of most RRsets lacks nothing else, and its digest was made with them
  const isWhole = signatures.length > 100;
  assert.deepEqual(
    [...found.keys()].sort(),
    isWhole ? [] : ['DNSSEC_SIGNATURE_MISSING', 'ZONEMD_MISMATCH'],
  );
});

async function validateRoot(path: string) {
  const { readZone, validateZone } = await import('../../src/load/load-zone.js');
  const { ProblemList } = await import('../../src/base/problem.js');
  const problems = new ProblemList(false, 100_000, false, true);
  const request = {
    path,
    origin: name('.'),
    originCertain: true,
    root: '/',
    includeOutside: false,
    strict: false,
    validate: true,
  };
  const read = readZone(request, null, problems);
  const options = { signatures: true, nowSeconds: NOW_SECONDS, warningDays: 3 };
  await validateZone(read, options, { done: 0, total: 0 });
  return problems.items;
}

// RFC 8976 appendix A.1, A.2
const SIMPLE_ZONE = `example. 86400 IN SOA ns1 admin 2018031900 1800 900 604800 86400
example. 86400 IN NS ns1
example. 86400 IN NS ns2
example. 86400 IN ZONEMD 2018031900 1 1 ( c68090d90a7aed71 6bc459f9340e3d7c
  1370d4d24b7e2fc3 a1ddc0b9a87153b9 a9713b3c9ae5cc27 777f98b8e730044c )
ns1 3600 IN A 203.0.113.63
ns2 3600 IN AAAA 2001:db8::63
`;

test('RFC 8976 appendix A.1: the digest of the simple zone', () => {
  const [digest] = zoneDigests(rfcZone(SIMPLE_ZONE), [1]);
  assert.equal(
    Buffer.from(digest ?? []).toString('hex'),
    'c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c',
  );
});

function rfcZone(text: string) {
  const { zone } = readText('example', text);
  assert.ok(zone !== null);
  assert.equal(zone.recordCount, 6);
  return zone;
}
