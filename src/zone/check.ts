/**
 * Semantic checks of a whole zone: THE table of rules, one row each, with BIND's choice of error or warning where BIND
 * has the rule (docs/ZONEFILE.md has the differences). Each code that a row may report has a zone file in
 * test/data/check. Must not know: text formats, how a zone is served.
 */
import type { ProblemList } from '../base/problem.js';
import { TYPE_DS, TYPE_MX, TYPE_NS, TYPE_NSEC3PARAM, TYPE_SRV } from '../wire/constants.js';
import type { Locate } from './builder.js';
import { ZoneFacts } from './check-facts.js';
import {
  checkAddressTarget,
  checkHostOwner,
  checkHostTarget,
  checkWildcard,
  HOST_OWNER_TYPES,
  HOST_TARGET_TYPES,
} from './check-names.js';
import {
  APEX_ONLY,
  checkApexOnly,
  checkCname,
  checkDs,
  checkNsec3Param,
  checkOccluded,
  checkSingle,
  checkSize,
  checkSpf,
  checkWildcardServer,
  TYPE_SPF,
} from './check-owners.js';
import {
  checkApexServers,
  checkDelegation,
  checkMailExchanger,
  checkService,
} from './check-targets.js';
import type { Zone } from './zone.js';

type Check = (facts: ZoneFacts, rrset: number) => void;

type Rule = {
  readonly name: string;
  /** Of the RRsets that it looks at; `null` for all. */
  readonly types: readonly number[] | null;
  readonly check: Check;
};

const RULES: readonly Rule[] = [
  { name: 'delegations and glue', types: [TYPE_NS], check: checkDelegation },
  { name: 'NS at a wildcard', types: [TYPE_NS], check: checkWildcardServer },
  { name: 'CNAME and other data', types: null, check: checkCname },
  { name: 'several CNAME or DNAME', types: null, check: checkSingle },
  { name: 'MX targets', types: [TYPE_MX], check: checkMailExchanger },
  { name: 'SRV targets', types: [TYPE_SRV], check: checkService },
  { name: 'addresses in place of names', types: [TYPE_NS, TYPE_MX], check: checkAddressTarget },
  { name: 'owners that are hostnames', types: HOST_OWNER_TYPES, check: checkHostOwner },
  { name: 'targets that are hostnames', types: HOST_TARGET_TYPES, check: checkHostTarget },
  { name: 'wildcards inside names', types: null, check: checkWildcard },
  { name: 'DS', types: [TYPE_DS], check: checkDs },
  { name: 'types of the apex', types: APEX_ONLY, check: checkApexOnly },
  { name: 'NSEC3PARAM', types: [TYPE_NSEC3PARAM], check: checkNsec3Param },
  { name: 'SPF', types: [TYPE_SPF], check: checkSpf },
  { name: 'sizes', types: null, check: checkSize },
];

/** By type, made when it is first met. */
const checksOfType: (readonly Check[] | undefined)[] = [];

function checksOf(type: number): readonly Check[] {
  const rules = RULES.filter(({ types }) => types === null || types.includes(type));
  const checks = rules.map(({ check }) => check);
  checksOfType[type] = checks;
  return checks;
}

/** Applies every rule to a zone and reports what it finds. Goes over the RRsets once: data of each are still near. */
export function checkZone(zone: Zone, problems: ProblemList, locate: Locate): void {
  const facts = new ZoneFacts(zone, problems, locate);
  const { rrsetCount, rrsetType } = zone;
  checkApexServers(facts);
  for (let rrset = 0; rrset < rrsetCount; rrset++) {
    const type = rrsetType[rrset]!;
    for (const check of checksOfType[type] ?? checksOf(type)) check(facts, rrset);
  }
  // the rules above have marked the glue that this one spares
  for (let rrset = 0; rrset < rrsetCount; rrset++) checkOccluded(facts, rrset);
  facts.end();
}
