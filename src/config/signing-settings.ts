/**
 * The settings of signing: a part of the table in options.ts, under BIND's words. A named.conf says the same for its
 * own zones. Must not know: where a value comes from, who uses it.
 */
import type { SettingRow } from './setting-row.js';
import { zoneSigningFault } from './value-checks.js';

export const SIGNING_SETTINGS = {
  'dnssec-policy': {
    kind: 'text',
    default: 'none',
    help: 'policy by which zones of zones-dir are signed: none, default, insecure or one of dnssec-policy-config',
  },
  'dnssec-zones': {
    kind: 'list',
    items: 'names',
    default: [],
    check: zoneSigningFault,
    help: 'zones of zones-dir that are signed otherwise: NAME=POLICY',
  },
  'dnssec-policy-config': {
    kind: 'path',
    default: '',
    help: "file with dnssec-policy blocks, as in BIND's named.conf",
  },
  'key-directory': {
    kind: 'path',
    default: '',
    help: 'folder of the keys that zones of zones-dir are signed with; empty: keys in state-dir',
  },
} as const satisfies Record<string, SettingRow>;
