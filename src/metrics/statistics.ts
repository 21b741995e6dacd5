/**
 * The blocks of all threads as one: every statistic by name, and what was seen how often.
 * Must not know: who asks, how the numbers are printed.
 */
import { ip4Text, ip6Text } from '../wire/address-text.js';
import { typeText } from '../wire/rrtypes.js';
import { type CounterBlock, OTHER_QTYPES } from './counter-block.js';
import { type ProcessReading, readProcess } from './process-reading.js';
import { STATISTICS, type StatisticRow } from './statistic-table.js';

/** All statistics, in the order of PowerDNS's `show *`. */
export function statistics(
  blocks: readonly CounterBlock[],
  process: ProcessReading = readProcess(),
): ReadonlyMap<string, number> {
  return new Map(STATISTICS.map((row) => [row.name, numberOf(row, blocks, process)]));
}

function numberOf(
  row: StatisticRow,
  blocks: readonly CounterBlock[],
  process: ProcessReading,
): number {
  if ('absent' in row) return 0;
  if ('read' in row) return row.read(process);
  if ('ring' in row) return sum(blocks.map(({ remotes }) => row.ring(remotes)));
  const { columns, over } = row;
  const own = blocks.filter(({ transport }) => over.includes(transport));
  return sum(own.flatMap((block) => columns.map((column) => block.count(column))));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

export type RingName = 'qtypes' | 'respsizes' | 'remotes';

type Counts = Map<string, number>;

const RINGS: Readonly<Record<RingName, (block: CounterBlock, counts: Counts) => void>> = {
  /** Mnemonics, and `other` for the types that got no counter of their own. */
  qtypes: (block, counts) => {
    for (const [code, count] of block.qtypes()) grow(counts, typeText(code), count);
    grow(counts, 'other', block.count(OTHER_QTYPES));
  },
  /** The most octets of a bucket. */
  respsizes: (block, counts) => {
    for (const [octetsMax, count] of block.replySizes()) grow(counts, String(octetsMax), count);
  },
  /** Addresses, here still as octets: there may be very many, and few different ones. */
  remotes: (block, counts) => {
    block.remotes.forEach((address) => {
      grow(counts, address.toString('latin1'), 1);
    });
  },
};

function grow(counts: Counts, key: string, by: number): void {
  if (by > 0) counts.set(key, (counts.get(key) ?? 0) + by);
}

/**
 * What was seen how often, most often first; nothing that was not seen. Types and sizes are counted
 * from the start on, clients only while `CounterBlock.remotes` is on, and only the last ones of each thread.
 */
export function ring(
  blocks: readonly CounterBlock[],
  name: RingName,
): readonly (readonly [key: string, count: number])[] {
  const counts: Counts = new Map();
  for (const block of blocks) RINGS[name](block, counts);
  const seen = [...counts].sort(([, a], [, b]) => b - a);
  return name === 'remotes' ? seen.map(([octets, count]) => [addressText(octets), count]) : seen;
}

function addressText(octets: string): string {
  const address = Buffer.from(octets, 'latin1');
  return address.length === 4 ? ip4Text(address) : ip6Text(address);
}
