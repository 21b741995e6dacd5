/**
 * The log lines about the server as a whole. Must not know: how it is started.
 */
import type { Log } from '../base/log.js';
import { counted } from '../load/zone-log.js';
import type { ZoneSet } from '../load/zone-set.js';
import { type Endpoint, endpointText } from '../transport/query-handler.js';

export function logListening(log: Log, endpoints: readonly Endpoint[]): void {
  const where = [...new Set(endpoints.map(endpointText))].join(', ');
  log.info('listen', { addresses: where }, `listening on ${where} (UDP and TCP)`);
}

export function logLoaded(log: Log, zones: ZoneSet, durationMs: number): void {
  const { zones: all, serving, records, errors, warnings } = zones.totals();
  const rejected = all - serving;
  log.info(
    'ready',
    { zones: serving, rejected, records, errors, warnings, ms: Math.round(durationMs) },
    `serving ${counted(serving, 'zone')} with ${counted(records, 'record')}` +
      `${rejected === 0 ? '' : `, ${rejected} rejected`}; ${counted(errors, 'error')}, ` +
      `${counted(warnings, 'warning')}; ${(durationMs / 1000).toFixed(2)} s`,
  );
}
