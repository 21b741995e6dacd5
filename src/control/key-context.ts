/**
 * Which zone, key directory and policy a command about keys means: flags first, then what the settings or the
 * named.conf say of the zone. Must not know: what the command does.
 */
import { resolve } from 'node:path';
import { ServerError } from '../base/errors.js';
import { problemLine } from '../base/problem.js';
import type { Environment } from '../config/default-folders.js';
import { readNamedConf } from '../config/named-conf.js';
import { readSettings, type Settings } from '../config/settings.js';
import { DEFAULT_POLICY, type SigningPolicy, type ZoneSigning } from '../config/signing-policy.js';
import { signingOf } from '../load/sign-zone.js';
import { nameFromText, nameText } from '../wire/name-text.js';
import { foldedName } from '../wire/tsig-key.js';
import { keyFolderOf, signingRulesOf } from './signing-settings.js';

/** Flags that all of these commands have; settings of the same name. */
export const KEY_SETTING_FLAGS = [
  ['key-directory', '<folder>', 'where the keys are'],
  ['dnssec-policy', '<name>', 'policy whose algorithms and times count'],
  ['dnssec-policy-config', '<file>', 'file of policies'],
  ['bind-config', '<file>', "named.conf that says the zone's policy and key directory"],
  ['config-dir', '<folder>', 'folder of pdns.conf'],
  ['config-name', '<name>', 'name of the instance, as in pdns-NAME.conf'],
] as const;

export type KeyContext = {
  /** Wire octets, folded. */
  readonly zone: Uint8Array;
  /** With final dot. */
  readonly zoneText: string;
  readonly folder: string;
  readonly policy: SigningPolicy;
};

/**
 * @param flags values by name without hyphens
 * @throws ServerError if the zone is no name, or settings or policies are wrong
 */
export function keyContext(
  zone: string,
  flags: ReadonlyMap<string, string>,
  environment: Environment,
): KeyContext {
  const name = nameFromText(zone);
  if (name === null) throw new ServerError('NAME_INVALID', `not a domain name: ${zone}`);
  const apex = foldedName(name);
  const { settings, problems } = readSettings({ flags, environment });
  const fault = problems.find(({ severity }) => severity === 'error');
  if (fault !== undefined) throw new ServerError('SETTINGS_INVALID', problemLine(fault));
  const signing = signingFrom(settings, apex);
  const folder = flags.has('key-directory') ? undefined : signing?.keyFolder;
  return {
    zone: apex,
    zoneText: nameText(apex, 0),
    folder: folder ?? keyFolderOf(settings),
    policy: signing?.policy ?? DEFAULT_POLICY,
  };
}

/** How the server would sign the zone; `null` if it would not. */
function signingFrom(settings: Settings, apex: Uint8Array): ZoneSigning | null {
  const rules = signingRulesOf(settings);
  const bindConfig = settings.text('bind-config');
  if (bindConfig !== '' && settings.origin('dnssec-policy') !== '--dnssec-policy') {
    const conf = readNamedConf(resolve(bindConfig));
    const text = nameText(apex, 0);
    const zone = conf.zones.find(({ name }) => nameText(foldedName(name), 0) === text);
    if (zone !== undefined && zone.signing !== null) return zone.signing;
  }
  const order = { rules, former: null, method: 'keep', keptFolder: null, nowMs: 0 } as const;
  return signingOf(order, apex);
}
