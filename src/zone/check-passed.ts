/**
 * Where a zone out of tinydns data is answered otherwise than tinydns answers it: a wildcard that has an empty
 * non-terminal beside it. To tinydns that name does not exist, so the wildcard matches it and all below it; by
 * RFC 4592 §2.2.2 it exists, and nothing matches. Must not know: text formats, how a zone is served.
 */
import type { ProblemList } from '../base/problem.js';
import { nameText } from '../wire/name-text.js';
import type { Locate } from './builder.js';
import type { OwnerId } from './name-table.js';
import { OUTSIDE, type Zone } from './zone.js';

const ASTERISK = 0x2a;

/** Reports each such wildcard once. */
export function checkPassedWildcards(zone: Zone, problems: ProblemList, locate: Locate): void {
  const wildcards = wildcardsByParent(zone);
  if (wildcards.size === 0) return;
  for (let owner = 0; owner < zone.names.count; owner++) {
    const parent = zone.parents[owner]!;
    if (parent === OUTSIDE || ownsSomething(zone, owner) || wildcards.has(owner)) continue;
    const wildcard = wildcards.get(parent);
    if (wildcard === undefined) continue;
    wildcards.delete(parent);
    const record = zone.rrsetRecordFirst[zone.ownerRrsetFirst[wildcard]!]!;
    const place = locate(zone.recordFile[record]!, zone.recordPosition[record]!);
    const text = `tinydns matches ${textOf(zone, owner)}, too, which exists here because of a name below it`;
    problems.add('TINYDNS_WILDCARD_PASSED', { ...place, length: 1 }, text);
  }
}

/** Wildcards that own something, by the name that they are below. */
function wildcardsByParent(zone: Zone): Map<OwnerId, OwnerId> {
  const { octets, offsets, count } = zone.names;
  const found = new Map<OwnerId, OwnerId>();
  for (let owner = 0; owner < count; owner++) {
    const at = offsets[owner]!;
    const isWildcard = octets[at] === 1 && octets[at + 1] === ASTERISK;
    if (isWildcard && ownsSomething(zone, owner)) found.set(zone.parents[owner]!, owner);
  }
  return found;
}

function ownsSomething({ ownerRrsetFirst }: Zone, owner: OwnerId): boolean {
  return ownerRrsetFirst[owner]! < ownerRrsetFirst[owner + 1]!;
}

function textOf({ names }: Zone, owner: OwnerId): string {
  return nameText(names.octets, names.offsets[owner]!);
}
