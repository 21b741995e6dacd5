/**
 * Rows of the settings of transfers between servers: serials, who may transfer, whom to notify. Must not know: how any
 * of it is done.
 */
import { TRANSFER_MEBIOCTETS_MAX } from '../base/transfer-limits.js';
import { networkItemFault } from './network-list.js';
import type { SettingRow } from './setting-row.js';
import { tsigKeysFault } from './tsig-key-list.js';
import { catalogFault, endpointFault } from './value-checks.js';

const EVERYBODY = ['0.0.0.0/0', '::/0'];

export const TRANSFER_SETTINGS = {
  serial: {
    kind: 'choice',
    choices: ['keep', 'increment', 'date', 'unixtime'],
    default: 'keep',
    help: "serial of changed zones: the file's, or raised by the server as serial-update-method says",
  },
  'allow-axfr-ips': {
    kind: 'list',
    items: 'networks',
    default: ['127.0.0.0/8', '::1'],
    check: networkItemFault,
    help: 'who may transfer zones without an allow-transfer of their own; ! before those who may not',
  },
  'allow-axfr-keys': {
    kind: 'list',
    items: 'names',
    default: [],
    help: 'keys whose holders may, too, wherever they are',
  },
  'disable-axfr': { kind: 'flag', default: false, help: 'let nobody transfer anything' },
  notify: {
    kind: 'choice',
    choices: ['yes', 'explicit', 'no'],
    default: 'explicit',
    help: "whom to notify of zones that are not named.conf's: name servers and also-notify, only the latter, or nobody",
  },
  'also-notify': {
    kind: 'list',
    items: 'addresses',
    default: [],
    check: endpointFault,
    help: 'servers to notify of every zone: A, A:PORT or [A]:PORT',
  },
  'only-notify': {
    kind: 'list',
    items: 'networks',
    default: EVERYBODY,
    check: networkItemFault,
    help: 'where name servers of zones are notified; also-notify counts in any case',
  },
  'allow-notify-from': {
    kind: 'list',
    items: 'networks',
    default: EVERYBODY,
    check: networkItemFault,
    help: 'where a NOTIFY may come from, if it comes from a primary or by allow-notify',
  },
  'tsig-keys': {
    kind: 'text',
    default: '',
    secret: true,
    check: tsigKeysFault,
    help: 'keys besides those of named.conf: NAME:ALGORITHM:SECRET, several between commas',
  },
  'xfr-max-received-mbytes': {
    kind: 'number',
    default: TRANSFER_MEBIOCTETS_MAX,
    min: 1,
    max: TRANSFER_MEBIOCTETS_MAX,
    unit: 'MiB',
    help: 'how much a primary may send for one zone',
  },
  'catalog-zones': {
    kind: 'list',
    items: 'names',
    default: [],
    check: catalogFault,
    distinct: true,
    help: 'catalog zones (RFC 9432) whose members are served as secondary zones',
  },
  'producer-catalog': {
    kind: 'text',
    default: '',
    check: catalogFault,
    help: 'a catalog zone to make of all zones that are not secondary; empty for none',
  },
  autosecondary: {
    kind: 'flag',
    default: false,
    former: [{ name: 'superslave' }],
    help: 'add zones as secondary that an autoprimary notifies of',
  },
  'bind-autoprimaries': {
    kind: 'path',
    default: '',
    former: [{ name: 'bind-supermasters' }],
    help: 'file of autoprimaries: lines of ADDRESS ACCOUNT or ADDRESS NAMESERVER ACCOUNT',
  },
  'bind-autoprimary-destdir': {
    kind: 'path',
    default: '',
    former: [{ name: 'bind-supermaster-destdir' }],
    help: 'folder of the files of zones that autoprimaries add; empty for one in state-dir',
  },
  'allow-unsigned-autoprimary': {
    kind: 'flag',
    default: true,
    former: [{ name: 'allow-unsigned-supermaster' }],
    help: 'believe an autoprimary whose NOTIFY is not signed with a key',
  },
} as const satisfies Record<string, SettingRow>;
