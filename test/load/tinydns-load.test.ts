/**
 * Loads of tinydns files: what is handed out the first time, after an edit, and when lines or the whole file are
 * broken.
 */

import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ProblemList, problemLine } from '../../src/base/problem.js';
import { sourceFromOctets } from '../../src/base/source.js';
import type { DataRules } from '../../src/load/tinydns-file.js';
import { type DataReport, type DataZone, loadData } from '../../src/load/tinydns-load.js';
import { apexKey, apexText } from '../../src/load/zone.js';
import { CdbWriter } from '../../src/parse/cdb.js';
import { parseTinydns } from '../../src/parse/tinydns.js';
import { TinydnsCdbSink } from '../../src/parse/tinydns-cdb.js';
import { temporaryDirectory } from '../e2e/test-server.js';
import { DATA_RULES } from '../support/data-rules.js';

const A = 'Za.example:ns.other:h.a.example:1\n&a.example::ns.other\n';
const B = 'Zb.example:ns.other:h.b.example:1\n&b.example::ns.other\n';

/** A file that is loaded again and again, as a server does. */
class Loads {
  readonly path: string;
  tables = 0;
  report: DataReport | null = null;
  private known = new Map<string, string>();
  private locationsPrint = '';

  constructor(t: TestContext, name = 'data') {
    this.path = join(temporaryDirectory(t), name);
  }

  /** @returns what is handed out: `apex` or `apex!` for one without an image, with the problems of each */
  load(text: string | Uint8Array, rules: Partial<DataRules> = {}, nowSeconds = 5000): string[] {
    writeFileSync(this.path, text);
    utimesSync(this.path, 1000, 1000);
    const out: DataZone[] = [];
    const { path, known, locationsPrint } = this;
    const load = { path, rules: { ...DATA_RULES, ...rules }, known, locationsPrint, nowSeconds };
    const taker = {
      locations: () => void this.tables++,
      room: () => null,
      zone: (zone: DataZone) => out.push(zone),
    };
    const report = loadData(load, taker);
    this.report = report;
    this.locationsPrint = report.locationsPrint;
    for (const key of report.gone) this.known.delete(key);
    for (const { result } of out) {
      const print = result.image === null ? '' : (result.files[0]?.print ?? '');
      this.known.set(apexKey(result.apex), print);
    }
    return out.map(({ result }) => {
      const name = `${apexText(result.apex)}${result.image === null ? '!' : ''}`;
      return [name, ...result.problems.map(problemLine)].join(' ');
    });
  }

  get wide(): string[] {
    return (this.report?.problems ?? []).map(problemLine);
  }

  get gone(): string[] {
    return (this.report?.gone ?? []).map((key) => apexText(Buffer.from(key, 'latin1')));
  }
}

test('only zones that the file has changed are handed out', (t) => {
  const loads = new Loads(t);
  assert.deepEqual(loads.load(A + B), ['a.example', 'b.example']);
  assert.deepEqual(loads.load(A + B), []);
  assert.deepEqual(loads.load(`# a comment\n${B}${A}`), []);
  assert.deepEqual(loads.load(`${A}${B}+w.b.example:192.0.2.1\n`), ['b.example']);
  assert.deepEqual(loads.load(A), []);
  assert.deepEqual(loads.gone, ['b.example']);
  assert.deepEqual(loads.load(A + B), ['b.example']);
});

test('a serial that the file leaves open is its time, so every save changes the zone', (t) => {
  const loads = new Loads(t);
  const text = '.c.example::ns.other\n';
  assert.deepEqual(loads.load(A + text), ['a.example', 'c.example']);
  assert.equal(loads.report?.file.stamp?.mtimeMs, 1_000_000);
});

test('a broken line holds up its own zone only, until it is mended', (t) => {
  const loads = new Loads(t);
  loads.load(A + B);
  const broken = `${A}${B}:x.b.example:0:x\n+w.a.example:192.0.2.1\n`;
  const why = `${loads.path}:5:14: error: TYPE0 is not a type of zone data [TYPE_META]`;
  assert.deepEqual(loads.load(broken), ['a.example', `b.example! ${why}`]);
  assert.deepEqual(loads.load(broken), [`b.example! ${why}`]);
  assert.deepEqual(loads.load(`${A}${B}+w.a.example:192.0.2.1\n`), ['b.example']);
});

test('broken records that are ignored are warnings, and the rest of the zone is served', (t) => {
  const loads = new Loads(t);
  const text = `${A}:x.a.example:0:x\n+w.a.example:192.0.2.1\n`;
  const why = `${loads.path}:3:14: warning: TYPE0 is not a type of zone data, left out [TYPE_META]`;
  assert.deepEqual(loads.load(text, { ignoreBroken: true }), [`a.example ${why}`]);
});

test('what BIND would refuse a zone for is a warning: tinydns serves it', (t) => {
  const loads = new Loads(t);
  const text = `${A}Cw.a.example:a.example\n+w.a.example:192.0.2.1\n`;
  const [zone = ''] = loads.load(text);
  assert.match(zone, /^a\.example .*:4:1: warning: .*CNAME/);
  assert.match(new Loads(t).load(text, { strict: true })[0] ?? '', /^a\.example! .*error/);
});

test('a wildcard beside an empty non-terminal reaches further in tinydns, unless it is answered so', (t) => {
  const names = ['*.a', 'w.x.a', 'w.y.a', '*.y.a'];
  const text = A + names.map((name) => `+${name}.example:192.0.2.1\n`).join('');
  const [zone = ''] = new Loads(t).load(text);
  assert.match(
    zone,
    /^a\.example \S+:3:1: warning: tinydns matches x\.a\.example\., .* \[TINYDNS_WILDCARD_PASSED\]$/,
  );
  assert.deepEqual(new Loads(t).load(text, { asTinydns: true }), ['a.example']);
});

test('a file that is not there, or a damaged database, hands out nothing and loses nothing', (t) => {
  const loads = new Loads(t, 'data.cdb');
  assert.deepEqual(loads.load(cdb(A + B)), ['a.example', 'b.example']);
  assert.deepEqual(loads.load(cdb(A + B).slice(0, -10)), []);
  assert.equal(loads.report?.isRead, false);
  assert.match(loads.wide[0] ?? '', /CDB_DAMAGED/);
  assert.deepEqual(loads.gone, []);
  assert.deepEqual(loads.load(cdb(`${A}${B}+w.b.example:192.0.2.1\n`)), ['b.example']);
});

test('a broken entry of a database holds up its own zone only', (t) => {
  const loads = new Loads(t, 'data.cdb');
  const octets = cdb(`${A}${B}'t.b.example:text\n`);
  const at = Buffer.from(octets).indexOf('\x04text', 0, 'latin1');
  octets[at] = 9;
  const [a, b = ''] = loads.load(octets);
  assert.equal(a, 'a.example');
  assert.match(b, /^b\.example! .*error: entry at octet \d+: RDATA of TXT: .* \[CDB_ENTRY\]$/);
});

test('more errors than can be told apart: nothing is handed out', (t) => {
  const loads = new Loads(t);
  assert.deepEqual(loads.load(`${A}${'?x\n'.repeat(10_001)}`), []);
  assert.equal(loads.report?.isRead, false);
  assert.equal(loads.report?.errorCount, 10_002);
});

test('a zone that time changes is handed out again when it has', (t) => {
  const loads = new Loads(t);
  const text = `${A}+w.a.example:192.0.2.1:0:40000000000017ca\n${B}`;
  // 0x17ca less 10 is 6080
  assert.deepEqual(loads.load(text, {}, 5000), ['a.example', 'b.example']);
  assert.deepEqual(loads.load(text, {}, 6080), []);
  assert.deepEqual(loads.load(text, {}, 6081), ['a.example']);
  assert.deepEqual(loads.load(text, {}, 9000), []);
});

test('the table of locations is handed out when it has changed, and the zones that want it with it', (t) => {
  const loads = new Loads(t);
  const located = `${A}${B}+w.a.example:192.0.2.1:::in\n`;
  assert.deepEqual(loads.load(`${located}%in:10\n`), ['a.example', 'b.example']);
  assert.equal(loads.tables, 1);
  assert.deepEqual(loads.load(`${located}%in:10\n`), []);
  assert.equal(loads.tables, 1);
  assert.deepEqual(loads.load(`${located}%in:11\n`), ['a.example']);
  assert.equal(loads.tables, 2);
});

function cdb(text: string): Uint8Array {
  const writer = new CdbWriter();
  const problems = new ProblemList();
  const source = sourceFromOctets('data', Buffer.from(text));
  parseTinydns(source, new TinydnsCdbSink(writer, assert.fail), problems, {
    dialect: 'all',
    mtimeSeconds: 1,
  });
  assert.equal(problems.errorCount, 0);
  const octets = writer.finish();
  assert.ok(octets !== null);
  return octets;
}
