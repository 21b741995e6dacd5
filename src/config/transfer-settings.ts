/**
 * Rows of the settings of transfers between servers: serials, who may transfer, whom to notify. Must not know: how any
 * of it is done.
 */
import type { SettingRow } from './setting-row.js';

export const TRANSFER_SETTINGS = {
  serial: {
    kind: 'choice',
    choices: ['keep', 'increment', 'date', 'unixtime'],
    default: 'keep',
    help: "serial of changed zones: the file's, or raised by the server as serial-update-method says",
  },
} as const satisfies Record<string, SettingRow>;
