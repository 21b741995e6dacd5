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
import { runPeer } from '../support/peer-tool.js';
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

const DIGEST = 'AA'.repeat(32);
const KEY = `DNSKEY 257 3 15 ${Buffer.alloc(32, 1).toString('base64')}`;

/** Records of the apex, and whether named takes them. */
const PARENT_RECORDS: readonly (readonly [records: readonly string[], isGood: boolean])[] = [
  [['CDS 0 0 0 00'], true],
  [['CDNSKEY 0 3 0 AA=='], true],
  [[`CDS 1 15 2 ${DIGEST}`], false],
  [['CDNSKEY 257 3 15 AAAA'], false],
  [[KEY, 'CDS 0 0 0 00'], true],
  [[KEY, `CDS 1 15 2 ${DIGEST}`], true],
  [[KEY, `CDS 1 13 2 ${DIGEST}`], false],
  [[KEY, `CDS 1 13 2 ${DIGEST}`, `CDS 1 15 2 ${DIGEST}`], false],
  [[KEY, 'CDNSKEY 257 3 15 AAAA'], true],
  [[KEY, 'CDNSKEY 257 3 13 AAAA'], false],
  [[KEY, 'CDS 0 0 0 00', `CDS 1 15 2 ${DIGEST}`], false],
  [[KEY, 'CDNSKEY 0 3 0 AA==', 'CDNSKEY 257 3 15 AAAA'], false],
  [[KEY, 'CDNSKEY 0 3 0 AA==', `CDS 1 15 2 ${DIGEST}`], true],
];

for (const [records, isGood] of PARENT_RECORDS) {
  const what = records.map((record) => record.replace(/ \S{20,}/, '')).join(', ');
  test(`RFC 7344 §4, RFC 8078 §4: as named-checkzone: ${what}`, (t) => {
    const lines = records.map((record) => `@ ${record}\n`).join('');
    const text = `$TTL 300\n@ SOA . . 1 2 3 4 5\n@ NS ns.other.\n${lines}`;
    const { problems } = readText(APEX, text, { validate: true });
    assert.equal(problems.errorCount === 0, isGood);
    const path = join(temporaryFolder(t), 'zone');
    writeFileSync(path, text);
    const run = runPeer(t, 'named-checkzone', ['-q', APEX, path]);
    if (run !== null) assert.equal(run.status === 0, isGood);
  });
}

test('RFC 7344 §4: CDS and CDNSKEY of a key in the zone, and of each other', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'key'), `${APEX}. 300 IN ${KEY}\n`);
  const run = runPeer(t, 'dnssec-dsfromkey', ['-a', 'SHA-384', '-f', join(folder, 'key'), APEX]);
  if (run === null) return;
  const ds = run.stdout.replace(/^.* DS /, '').trim();
  const cases: readonly (readonly [records: readonly string[], codes: readonly string[]])[] = [
    [[`CDS ${ds}`, KEY.replace('DNS', 'CDNS')], []],
    [[`CDS ${ds.slice(0, -1)}${ds.endsWith('0') ? '1' : '0'}`], ['DNSSEC_CDS_MISMATCH']],
    [['CDNSKEY 257 3 15 AAAA'], ['DNSSEC_CDS_MISMATCH']],
    [
      [`CDS ${ds}`, 'CDNSKEY 257 3 15 AAAA'],
      ['DNSSEC_CDS_MISMATCH', 'DNSSEC_CDS_MISMATCH'],
    ],
  ];
  for (const [records, codes] of cases) {
    const lines = [KEY, ...records].map((record) => `@ ${record}\n`).join('');
    const { problems } = readText(APEX, `$TTL 300\n@ SOA . . 1 2 3 4 5\n@ NS ns.other.\n${lines}`);
    const found = problems.items.map(({ code }) => code as string);
    assert.deepEqual(
      found.filter((code) => code !== 'DNSSEC_UNSIGNED'),
      codes,
      records.join(),
    );
  }
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
  assert.deepEqual(await at(Date.UTC(2019, 0, 1) / 1000), [
    `warning: ${count} of ${count} signatures are not valid yet, the last from 2020-01-01T00:00:00Z on`,
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
  const { readZone } = await import('../../src/load/load-zone.js');
  const { validateZone } = await import('../../src/load/validate-zone.js');
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
