/**
 * How zones are signed that no named.conf names: the settings, and the policies that they refer to. Must not know: how
 * a zone is signed.
 */
import { join, resolve } from 'node:path';
import { ServerError } from '../base/errors.js';
import { problemLine } from '../base/problem.js';
import { readNamedConf } from '../config/named-conf.js';
import type { Settings } from '../config/settings.js';
import {
  BUILT_IN_POLICIES,
  NO_POLICY,
  type SigningPolicy,
  type ZoneSigning,
} from '../config/signing-policy.js';
import type { SigningRules } from '../load/signing-order.js';
import { nameFromText, nameText } from '../wire/name-text.js';
import { foldedName } from '../wire/tsig-key.js';

/**
 * @throws ServerError if a policy is not there, or the file of policies has errors: zones that would be served unsigned
 * then might have been signed before
 */
export function signingRulesOf(settings: Settings): SigningRules {
  const policies = policiesOf(settings.text('dnssec-policy-config'));
  const keyFolder = keyFolderOf(settings);
  const signing = (name: string): ZoneSigning | null => {
    if (name === NO_POLICY) return null;
    const policy = policies.get(name) ?? BUILT_IN_POLICIES.get(name);
    if (policy !== undefined) return { policy, keyFolder };
    throw new ServerError('POLICY_UNKNOWN', `no dnssec-policy is named ${name}`);
  };
  const zones: Record<string, ZoneSigning | null> = {};
  for (const item of settings.list('dnssec-zones')) {
    const [zone = '', policy = ''] = item.split('=');
    const name = nameFromText(zone);
    if (name !== null) zones[nameText(foldedName(name), 0)] = signing(policy);
  }
  return { all: signing(settings.text('dnssec-policy')), zones };
}

/** Where keys are if nothing else says it. */
export function keyFolderOf(settings: Settings): string {
  const given = settings.text('key-directory');
  return resolve(given === '' ? join(settings.text('state-dir'), 'keys') : given);
}

function policiesOf(path: string): ReadonlyMap<string, SigningPolicy> {
  if (path === '') return new Map();
  const { policies, problems } = readNamedConf(resolve(path));
  const fault = problems.find(({ severity }) => severity === 'error');
  if (fault !== undefined) throw new ServerError('POLICY_INVALID', problemLine(fault));
  return new Map(policies.map((policy) => [policy.name, policy]));
}
