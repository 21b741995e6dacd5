/**
 * Questions about tinydns `data`: each owner name and names above, below and beside it, in random case, of types that
 * are there and of others, from clients in and out of its locations.
 */

import { NAME_OCTETS_MAX } from '../../src/base/limits.js';
import type { Random } from '../fuzz/random.js';
import type { TinydnsQuestion } from '../peers/tinydns-get.js';
import type { DataModel } from './data-model.js';

/** A NS SOA MX TXT PTR CNAME SRV AAAA ANY, and three that are seldom there. */
const TYPES = [1, 2, 6, 15, 16, 12, 5, 33, 28, 255, 43, 257, 65281];

/** As many as are taken. @param clients addresses to ask from, besides those that are in a location */
export function* tinydnsQuestions(
  random: Random,
  data: DataModel,
  clients: readonly string[],
): Generator<TinydnsQuestion> {
  const { owners } = data;
  const prefixes = [...data.locations.keys()];
  const pick = <Item>(items: ArrayLike<Item>): Item => items[random(items.length)]!;
  for (;;) {
    const { name, isWildcard, type } = pick(owners);
    const asked = nearby(random, name, isWildcard);
    if (asked.length > NAME_OCTETS_MAX) continue;
    const isLocated = prefixes.length > 0 && random(2) === 0;
    yield {
      name: anyCase(random, asked),
      type: random(2) === 0 ? type : pick(TYPES),
      client: isLocated ? inside(random, pick(prefixes)) : pick([...clients, null]),
    };
  }
}

/** An address that begins with a prefix. */
function inside(random: Random, prefix: string): string {
  const octets = prefix === '' ? [] : prefix.split('.');
  return Array.from({ length: 4 }, (_, i) => octets[i] ?? random(256)).join('.');
}

function nearby(random: Random, owner: Buffer, isWildcard: boolean): Buffer {
  const below = (label: string, name: Buffer): Buffer =>
    Buffer.concat([Buffer.from([label.length]), Buffer.from(label), name]);
  if (isWildcard && random(3) > 0) {
    const child = below(['x', '*', 'www'][random(3)] ?? '', owner);
    return random(2) === 0 ? child : below('y', child);
  }
  switch (random(6)) {
    case 0:
      return below('x', owner);
    case 1:
      return below('y', below('a', owner));
    case 2:
      return owner.length > 1 ? owner.subarray(owner.readUInt8(0) + 1) : owner;
    default:
      return owner;
  }
}

function anyCase(random: Random, name: Buffer): Buffer {
  return Buffer.from(
    name.map((octet) => {
      const isLetter = (octet >= 0x61 && octet <= 0x7a) || (octet >= 0x41 && octet <= 0x5a);
      return isLetter && random(2) === 0 ? octet ^ 0x20 : octet;
    }),
  );
}
