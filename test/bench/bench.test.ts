/**
 * The pure parts of the benchmarks: statistics, what dnsperf and /proc print, queries, verdicts, tables, the picture,
 * merging of results. Nothing is timed. Must not know: any server.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isAnswer, serialOf, soaQuery } from '../../bench/asker.js';
import { FIGURES, judge } from '../../bench/figures.js';
import { parseLoad } from '../../bench/load.js';
import { withResults } from '../../bench/page.js';
import { picture } from '../../bench/picture.js';
import { parseKilobytes, parseProcessStat } from '../../bench/process-tree.js';
import { manyQueries, mixedQueries, tldQueries } from '../../bench/queries.js';
import { mergeResults, type Results, type Sample } from '../../bench/results.js';
import { SCENARIOS } from '../../bench/scenarios.js';
import { median, numberText, summarize } from '../../bench/statistics.js';
import { figureTable, goalTable, markdownTable, textTable, timeText } from '../../bench/tables.js';

const RESULTS: Results = {
  machine: { cores: 2, cpu: 'a', kernel: '6', node: 'v20' },
  date: '2026-01-01',
  versions: { NSD: '4.6' },
  samples: [],
  micro: [],
  reports: {},
};

function sample(subject: Sample['subject'], round: number, micros: number): Sample {
  return { scenario: 'query-mixed', subject, round, figures: { micros } };
}

suite('statistics', () => {
  test('the median of odd, even and no values', () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.ok(Number.isNaN(median([])));
  });

  test('a summary has median, least, greatest and count; nothing has none', () => {
    assert.deepEqual(summarize([5, 1, 3]), { median: 3, min: 1, max: 5, count: 3 });
    assert.equal(summarize([]), null);
  });

  test('numbers have three digits', () => {
    const rows: readonly (readonly [number, string])[] = [
      [0, '0'],
      [0.123, '0.12'],
      [9.996, '10.0'],
      [12.34, '12.3'],
      [99.96, '100'],
      [1234567, '1 234 567'],
      [Number.NaN, '–'],
    ];
    for (const [value, text] of rows) assert.equal(numberText(value), text);
    assert.deepEqual([12, 1200, 3.4e6, 2e9].map(timeText), [
      '12.0 ns',
      '1.20 µs',
      '3.40 ms',
      '2.00 s',
    ]);
  });
});

suite('what programs print', () => {
  test('/proc/PID/stat of a command with blanks and parentheses', () => {
    const text = '42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 1 20 0 1 0 5 6';
    assert.deepEqual(parseProcessStat(text), { pid: 42, parent: 7, ticks: 124 });
  });

  test('a line of smaps_rollup, there or not', () => {
    assert.equal(parseKilobytes('Rss:  9 kB\nPss:      1234 kB\nPss_Anon: 5 kB\n', 'Pss'), 1234);
    assert.equal(parseKilobytes('', 'Pss'), 0);
  });

  test('statistics of dnsperf, there or not', () => {
    const text = `Statistics:

  Queries sent:         1000
  Queries completed:    998 (99.80%)
  Queries lost:         2 (0.20%)

  Response codes:       NOERROR 798 (79.96%), NXDOMAIN 200 (20.04%)
  Run time (s):         1.000090
  Queries per second:   997.910189
`;
    assert.deepEqual(parseLoad(text), {
      completed: 998,
      lost: 2,
      perSecond: 997.910189,
      rcodes: { NOERROR: 79.96, NXDOMAIN: 20.04 },
    });
    assert.equal(parseLoad('Error: no such file'), null);
  });

  test('the serial of an SOA answer with compressed names, and of none', () => {
    const query = soaQuery('a.test');
    const reply = Buffer.concat([
      query,
      Buffer.from('c00c00060001000000050018', 'hex'),
      Buffer.from('c00cc00c', 'hex'),
      Buffer.from('78c275f40000000100000001000000010000000a', 'hex'),
    ]);
    reply.writeUInt16BE(0x8400, 2);
    reply.writeUInt16BE(1, 6);
    assert.equal(serialOf(reply, query.length), 2026010100);
    reply.writeUInt16BE(0x8402, 2);
    assert.equal(isAnswer(reply), false);
    assert.equal(serialOf(reply, query.length), null);
  });
});

suite('queries', () => {
  const zone = [
    '$ORIGIN m.test.',
    '@ SOA ns1 h 1 2 3 4 5',
    'ns1 A 192.0.2.1',
    'www A 192.0.2.2',
    'alias CNAME www',
    '*.wild A 192.0.2.3',
    'cut NS ns.cut',
    'ns.cut A 192.0.2.4',
  ].join('\n');

  test('of a mixed zone are of all kinds, and the same each time', () => {
    const lines = mixedQueries(zone, 'm.test', 500);
    assert.deepEqual(lines, mixedQueries(zone, 'm.test', 500));
    const kinds = [/^www\.m\.test A$/, / HINFO$/, /^nx\d/, /^alias\./, /\.wild\./, /^www\.cut\./];
    for (const kind of kinds)
      assert.ok(
        lines.some((line) => kind.test(line)),
        String(kind),
      );
    assert.ok(
      lines.every((line) => !line.startsWith('ns.cut')),
      'glue is not asked for',
    );
  });

  test('of a registry and of many zones have a name below the origin and a type', () => {
    const lines = [...tldQueries(zone, 'm.test', 100), ...manyQueries(['m.test'], 100)];
    for (const line of lines) assert.match(line, /^(?:[\w-]+\.)*m\.test [A-Z]+$/);
  });
});

suite('verdicts and tables', () => {
  const results = {
    ...RESULTS,
    samples: [
      sample('hotzone', 1, 5),
      sample('hotzone', 2, 5.2),
      sample('nsd', 1, 5),
      sample('knot', 1, 6),
      sample('pdns', 1, 7.5),
      sample('named', 1, 8),
    ],
  };

  test('each goal is judged by medians against the best of its peers', () => {
    const [figure] = FIGURES;
    assert.ok(figure !== undefined);
    assert.deepEqual(
      judge(results, figure).map(({ value, verdict }) => [numberText(value), verdict]),
      [
        ['1.02', 'pass'],
        ['0.68', 'pass'],
        ['0.64', 'miss'],
      ],
    );
    const without = { ...results, samples: [sample('hotzone', 1, 5)] };
    assert.deepEqual(
      judge(without, figure).map(({ verdict }) => verdict),
      ['not measured', 'not measured', 'not measured'],
    );
  });

  test('every figure is of a scenario', () => {
    const names = SCENARIOS.map((scenario) => scenario.name);
    assert.deepEqual(
      FIGURES.filter((figure) => !names.includes(figure.scenario)),
      [],
    );
  });

  test('a table is the same in columns and in Markdown', () => {
    const table = { head: ['a', 'bb'], rows: [['x|y', '1']] };
    assert.equal(textTable(table), 'a    bb\nx|y   1');
    assert.equal(markdownTable(table), '| a | bb |\n| --- | ---: |\n| x\\|y | 1 |');
  });

  test('only goals that were measured are listed', () => {
    assert.equal(goalTable(results).rows.length, 3);
    assert.equal(goalTable(RESULTS).rows.length, 0);
    assert.equal(
      FIGURES[0] === undefined ? null : figureTable(results, FIGURES[0])?.rows.length,
      5,
    );
  });

  test('a reply that leaves octets on the heap misses its goal', () => {
    const row = { name: 'reply: mixed', unit: 'queries', medianNs: 1, minNs: 1, octets: 8 };
    const verdicts = [8, 0].map((octets) =>
      goalTable({ ...RESULTS, micro: [{ ...row, octets }] }).rows[0]?.at(-1),
    );
    assert.deepEqual(verdicts, ['miss', 'reaches the aim']);
  });

  test('the page keeps its own text around the results', () => {
    const page = 'a\n<!-- results: written by npm run bench -->\nold\n<!-- end of results -->\nb\n';
    const once = withResults(page, 'new');
    assert.match(once, /^a\n.*\nnew\n.*\nb\n$/s);
    assert.equal(once.includes('old'), false);
    assert.equal(withResults(once, 'new'), once);
    assert.throws(() => withResults('no markers', 'new'));
  });
});

suite('results', () => {
  const old = { ...RESULTS, samples: [sample('nsd', 1, 5), sample('hotzone', 1, 9)] };

  test('a run replaces what it measured anew and keeps the rest', () => {
    const run = { ...RESULTS, versions: { Knot: '3.2' }, samples: [sample('hotzone', 1, 4)] };
    const merged = mergeResults(old, run);
    assert.deepEqual(merged.samples, [sample('nsd', 1, 5), sample('hotzone', 1, 4)]);
    assert.deepEqual(merged.versions, { NSD: '4.6', Knot: '3.2' });
  });

  test('a run without a program keeps what that has found before', () => {
    const report = { date: '2026-01-01', loadBefore: 0, loadAfter: 1, tables: [] };
    const kept = { ...old, reports: { tinydns: report, transfer: report } };
    const later = { ...report, date: '2026-01-02' };
    const merged = mergeResults(kept, { ...RESULTS, reports: { transfer: later } });
    assert.deepEqual(merged.reports, { tinydns: report, transfer: later });
  });

  test('results of another machine are dropped', () => {
    const run = { ...RESULTS, machine: { ...RESULTS.machine, cores: 8 } };
    assert.deepEqual(mergeResults(old, run), run);
    assert.deepEqual(mergeResults(null, run), run);
  });
});

suite('picture', () => {
  const bars = [
    { title: 'a < b & c', value: 2, min: 1, max: 4, own: true },
    { title: 'd', value: 3, min: 3, max: 3, own: false },
  ];

  test('is well-formed XML with a bar for each server', () => {
    const svg = picture('title & more', 'µs', bars);
    assert.deepEqual(openElements(svg), []);
    assert.equal(svg.match(/<rect /g)?.length, 2);
    assert.equal(/&(?!amp;|lt;|gt;)/.test(svg), false);
  });

  /** Elements that are not closed, in a document of elements, attributes in double quotes and text. */
  function openElements(xml: string): string[] {
    const open: string[] = [];
    const tag = /<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/g;
    assert.equal(xml.replace(tag, '').includes('<'), false, 'every < begins an element');
    for (const [, closing, name = '', , empty] of xml.matchAll(tag)) {
      if (closing === '/') assert.equal(open.pop(), name);
      else if (empty !== '/') open.push(name);
    }
    return open;
  }
});
