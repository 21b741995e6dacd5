/** Names to ask a signed zone for: each that it has, and misses beside, above and below it. */
import { nameText } from '../../src/wire/name-text.js';
import { imageFromText } from '../support/zones.js';

const HASH_OCTETS = 32;

/** @param origin with the dot at the end. @param text of the signed zone */
export function signedQuestions(origin: string, text: string): string[] {
  // below a DNAME, too long once it is put in
  const names = new Set<string>([`${'n'.repeat(63)}.long.${origin}`]);
  const image = imageFromText(origin, text);
  for (let node = 0; node < image.nodeCount; node++) {
    const owner = nameText(image.octets, image.nodeName(node));
    const first = owner.split('.')[0] ?? '';
    names.add(owner);
    // below owners of NSEC3 NSD takes them for names, against RFC 5155 §7.2.8
    if (first.length === HASH_OCTETS) continue;
    const beside = `${first}z${owner.slice(first.length)}`;
    for (const name of [`zz.${owner}`, `*.${owner}`, `a.b.${owner}`, beside]) {
      if (name.length < 250 && (name.split('.')[0] ?? '').length < 64) names.add(name);
    }
  }
  return [...names];
}
