/**
 * Rows of the settings of transfers between servers: serials, who may transfer, whom to notify. Must not know: how any
 * of it is done.
 */
import { networkItemFault } from './network-list.js';
import type { SettingRow } from './setting-row.js';
import { tsigKeysFault } from './tsig-key-list.js';
import { endpointFault } from './value-checks.js';

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
} as const satisfies Record<string, SettingRow>;
