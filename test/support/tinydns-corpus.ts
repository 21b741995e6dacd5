/**
 * Random tinydns `data`: lines of every kind that Debian's tinydns-data has, with all that it takes in silence, such as
 * numbers that are none, but nothing that it refuses and nothing that is no valid record.
 */
import type { Random } from '../fuzz/random.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_';
const TOPS = ['example', 'example.com', 'e.org', 'Test'];
const LOCATIONS = ['', '', '', '', '', 'ex', 'in', 'a', 'abc'];

type LineMaker = (random: Random) => string;

/** One row per kind of line. */
const MAKERS: readonly LineMaker[] = [
  (random) => `.${join(owner(random), address(random), server(random), tail(random))}`,
  (random) => `&${join(owner(random), address(random), server(random), tail(random))}`,
  (random) => `=${join(owner(random), address(random), tail(random))}`,
  (random) => `+${join(owner(random), address(random), tail(random))}`,
  (random) =>
    `@${join(owner(random), address(random), server(random), number(random), tail(random))}`,
  (random) => `'${join(owner(random), text(random, 1 + random(400)), tail(random))}`,
  (random) => `^${join(owner(random), name(random), tail(random))}`,
  (random) => `C${join(owner(random), name(random), tail(random))}`,
  (random) =>
    `Z${join(owner(random), name(random), name(random), numbers(random, 5), tail(random))}`,
  (random) => `:${join(owner(random), generic(random), tail(random))}`,
  (random) =>
    `S${join(owner(random), address(random), server(random), `${random(70000)}:${numbers(random, 2)}`, tail(random))}`,
  (random) => `%${pick(random, LOCATIONS)}:${prefix(random)}`,
  (random) => `-${join(owner(random), address(random))}`,
  () => '# a comment: of any form',
  (random) => ' \t'.slice(random(3)),
];

/** Lines, each with its newline. */
export function tinydnsCorpus(random: Random, lineCount: number): string {
  let lines = '';
  for (let i = 0; i < lineCount; i++) {
    const blanks = random(20) === 0 ? ' \t ' : '';
    lines += `${pick(random, MAKERS)(random)}${blanks}\n`;
  }
  return lines;
}

function pick<Item>(random: Random, items: ArrayLike<Item>): Item {
  return items[random(items.length)]!;
}

function join(...fields: string[]): string {
  return fields.join(':');
}

function octal(octet: number): string {
  return `\\${octet.toString(8).padStart(3, '0')}`;
}

function label(random: Random): string {
  let octets = '';
  for (let left = 1 + random(12); left > 0; left--) {
    octets += random(30) === 0 ? octal(random(256)) : pick(random, LETTERS);
  }
  return octets;
}

function name(random: Random): string {
  if (random(40) === 0) return pick(random, ['', '.', 'a', '\\056']);
  const labels = Array.from({ length: random(4) }, () => label(random));
  const dots = random(20) === 0 ? '..' : '.';
  return [...labels, pick(random, TOPS)].join(dots) + (random(10) === 0 ? '.' : '');
}

function owner(random: Random): string {
  if (random(10) > 0) return name(random);
  return `${pick(random, ['*', '\\052'])}.${name(random)}`;
}

function server(random: Random): string {
  return random(2) === 0 ? pick(random, ['', 'a', 'b', 'NS1']) : name(random);
}

function address(random: Random): string {
  if (random(10) === 0)
    return pick(random, ['', 'x', '1.2.3', '1.2.3.4x', '10.300.1.2', '1.2.3.4.5']);
  return Array.from({ length: 4 }, () => random(256)).join('.');
}

/** At most four octets of an IPv4 address. */
function prefix(random: Random): string {
  return Array.from({ length: random(5) }, () => random(256)).join('.');
}

function number(random: Random): string {
  if (random(5) === 0) return pick(random, ['', '', '0', '12abc', 'abc', '-1', '4294967295']);
  return String(random(100_000));
}

function numbers(random: Random, count: number): string {
  return Array.from({ length: count }, () => number(random)).join(':');
}

function time(random: Random): string {
  if (random(3) > 0) return '';
  if (random(5) === 0) return pick(random, ['0', '4000', 'xyz', '4000000038AF1379']);
  return `4000000${random(2 ** 31)
    .toString(16)
    .padStart(9, '0')}`;
}

/** TTL, time and location, each of which may be left out. */
function tail(random: Random): string {
  const fields = [number(random), time(random), pick(random, LOCATIONS)];
  return fields.slice(0, random(4)).join(':');
}

/** Text in which every octet may occur, and escapes of which some are none. */
function text(random: Random, length: number): string {
  let octets = '';
  for (let left = length; left > 0; left--) {
    const octet = random(256);
    const isPlain = octet > 0x20 && octet < 0x7f && octet !== 0x3a && octet !== 0x5c;
    octets += isPlain ? String.fromCharCode(octet) : octal(octet);
    if (random(50) === 0) octets += pick(random, ['\\8', '\\1', '\\72', '\\x', ' ', '\t']);
  }
  return octets;
}

function generic(random: Random): string {
  if (random(4) === 0) return `28:${octets(random, 16)}`;
  if (random(4) === 0) return `257:\\000\\005issue${text(random, 10)}`;
  return `${65280 + random(200)}${random(10) === 0 ? 'x' : ''}:${octets(random, random(40))}`;
}

function octets(random: Random, length: number): string {
  return Array.from({ length }, () => octal(random(256))).join('');
}
