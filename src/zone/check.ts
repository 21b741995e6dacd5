/**
 * Semantic checks of a whole zone: THE table of rules, one row each, with BIND's choice of error or warning where BIND
 * has the rule (docs/ZONEFILE.md has the differences). Each code that a row may report has a zone file in
 * test/data/check. Must not know: text formats, how a zone is served.
 */
import type { ProblemList } from '../base/problem.js';
import type { Locate } from './builder.js';
import { ZoneFacts } from './check-facts.js';
import {
  checkAddressTargets,
  checkHostOwners,
  checkHostTargets,
  checkWildcards,
} from './check-names.js';
import {
  checkApexOnly,
  checkCnames,
  checkDs,
  checkNsec3Param,
  checkOccluded,
  checkSingles,
  checkSizes,
  checkSpf,
  checkWildcardServers,
} from './check-owners.js';
import {
  checkApexServers,
  checkDelegations,
  checkMailExchangers,
  checkServices,
} from './check-targets.js';
import type { Zone } from './zone.js';

type Rule = {
  readonly name: string;
  readonly check: (facts: ZoneFacts) => void;
};

const RULES: readonly Rule[] = [
  { name: 'apex NS', check: checkApexServers },
  // marks the glue that the rule on occluded data spares
  { name: 'delegations and glue', check: checkDelegations },
  { name: 'occluded data', check: checkOccluded },
  { name: 'NS at a wildcard', check: checkWildcardServers },
  { name: 'CNAME and other data', check: checkCnames },
  { name: 'several CNAME or DNAME', check: checkSingles },
  { name: 'MX targets', check: checkMailExchangers },
  { name: 'SRV targets', check: checkServices },
  { name: 'addresses in place of names', check: checkAddressTargets },
  { name: 'owners that are hostnames', check: checkHostOwners },
  { name: 'targets that are hostnames', check: checkHostTargets },
  { name: 'wildcards inside names', check: checkWildcards },
  { name: 'DS', check: checkDs },
  { name: 'types of the apex', check: checkApexOnly },
  { name: 'NSEC3PARAM', check: checkNsec3Param },
  { name: 'SPF', check: checkSpf },
  { name: 'sizes', check: checkSizes },
];

/** Applies every rule to a zone and reports what it finds. */
export function checkZone(zone: Zone, problems: ProblemList, locate: Locate): void {
  const facts = new ZoneFacts(zone, problems, locate);
  for (const { check } of RULES) check(facts);
}
