/**
 * What is read from the samples: one row for each figure, with what it must be and what we aim at. All figures are
 * costs: less is better. Must not know: how they are measured or shown.
 */
import { type Results, valuesOf } from './results.js';
import { type Summary, summarize } from './statistics.js';
import { SUBJECT_NAMES, type SubjectName } from './subjects.js';

/** hotzone ÷ the least of `against`; without it, hotzone's own value in the figure's unit. */
export type Goal = {
  readonly against: readonly SubjectName[] | null;
  readonly text: string;
  readonly must: number;
  readonly aim: number;
};

export type Figure = {
  readonly scenario: string;
  /** Key of a sample's figures. */
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  readonly goals: readonly Goal[];
};

export type Verdict = 'reaches the aim' | 'pass' | 'miss' | 'not measured';

export type GoalResult = { readonly goal: Goal; readonly value: number; readonly verdict: Verdict };

const PEERS = SUBJECT_NAMES.filter((name) => name !== 'hotzone');
const FASTEST: readonly SubjectName[] = ['nsd', 'knot'];

function against(text: string, subjects: readonly SubjectName[], must: number, aim: number): Goal {
  return { against: subjects, text, must, aim };
}

function own(text: string, must: number, aim: number): Goal {
  return { against: null, text, must, aim };
}

export const FIGURES: readonly Figure[] = [
  {
    scenario: 'query-mixed',
    key: 'micros',
    title: 'CPU time per UDP query, one zone of 117 000 records',
    unit: 'µs',
    goals: [
      against('÷ better of NSD and Knot', FASTEST, 1.1, 1.0),
      against('÷ PowerDNS', ['pdns'], 0.75, 0.65),
      against('÷ BIND', ['named'], 0.6, 0.5),
    ],
  },
  {
    scenario: 'query-many',
    key: 'micros',
    title: 'CPU time per UDP query, 100 000 small zones',
    unit: 'µs',
    goals: [against('÷ better of NSD and Knot', FASTEST, 1.15, 1.0)],
  },
  {
    scenario: 'query-tld',
    key: 'micros',
    title: 'CPU time per UDP query, one zone of 1.0 million records',
    unit: 'µs',
    goals: [against('÷ better of NSD and Knot', FASTEST, 1.15, 1.0)],
  },
  {
    scenario: 'query-nsec',
    key: 'micros',
    title: 'CPU time per UDP query with DO, one signed zone of 100 000 names, NSEC',
    unit: 'µs',
    goals: [against('÷ better of NSD and Knot', FASTEST, 1.15, 1.0)],
  },
  {
    scenario: 'query-nsec3',
    key: 'micros',
    title: 'CPU time per UDP query with DO, one signed zone of 100 000 names, NSEC3',
    unit: 'µs',
    goals: [against('÷ better of NSD and Knot', FASTEST, 1.15, 1.0)],
  },
  {
    scenario: 'start-tld',
    key: 'seconds',
    title: 'Start to first answer, one zone of 1.0 million records',
    unit: 's',
    goals: [against('÷ best peer', PEERS, 0.7, 0.5)],
  },
  {
    scenario: 'start-tld',
    key: 'megabytes',
    title: 'Memory (PSS), one zone of 1.0 million records',
    unit: 'MB',
    goals: [against('÷ lowest peer', PEERS, 1.0, 0.8)],
  },
  {
    scenario: 'start-many',
    key: 'seconds',
    title: 'Start to answers from all of 100 000 small zones',
    unit: 's',
    goals: [against('÷ best peer', PEERS, 1.5, 1.0)],
  },
  {
    scenario: 'start-many',
    key: 'megabytes',
    title: 'Memory (PSS), 100 000 small zones',
    unit: 'MB',
    goals: [against('÷ lowest peer', PEERS, 1.0, 0.7)],
  },
  {
    scenario: 'reload-tld',
    key: 'milliseconds',
    title: 'Edit to new answer, one line of a zone of 1.0 million records',
    unit: 'ms',
    goals: [own('itself, ms', 1200, 700)],
  },
  {
    scenario: 'reload-tld',
    key: 'stall',
    title: 'Longest wait of a query meanwhile, one query each millisecond',
    unit: 'ms',
    goals: [own('itself, ms', 20, 5)],
  },
  {
    scenario: 'reload-one-of-many',
    key: 'milliseconds',
    title: 'Edit to new answer, one of 100 000 small zones',
    unit: 'ms',
    goals: [own('itself, ms', 300, 100)],
  },
];

/** Each server that was measured, in the order of the table of servers. */
export function summaries(results: Results, figure: Figure): Map<SubjectName, Summary> {
  const all = new Map<SubjectName, Summary>();
  for (const name of SUBJECT_NAMES) {
    const summary = summarize(valuesOf(results, figure.scenario, name, figure.key));
    if (summary !== null) all.set(name, summary);
  }
  return all;
}

/** How hotzone stands to each goal; by medians. */
export function judge(results: Results, figure: Figure): GoalResult[] {
  const all = summaries(results, figure);
  const hotzone = all.get('hotzone')?.median ?? Number.NaN;
  return figure.goals.map((goal) => {
    const peers = (goal.against ?? [])
      .map((name) => all.get(name)?.median)
      .filter((value) => value !== undefined);
    const value = goal.against === null ? hotzone : hotzone / Math.min(...peers);
    return { goal, value, verdict: verdictOf(value, goal) };
  });
}

function verdictOf(value: number, goal: Goal): Verdict {
  // Without a peer there is nothing to divide by: 0 or NaN.
  if (!(value > 0)) return 'not measured';
  if (value <= goal.aim) return 'reaches the aim';
  return value <= goal.must ? 'pass' : 'miss';
}
