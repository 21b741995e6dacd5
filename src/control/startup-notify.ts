/**
 * NOTIFY at the start for all zones of the tinydns files that ask for it: their serials are the times of files, which
 * may have changed while nobody served them. Must not know: datagrams, where zones come from.
 */
import type { Log } from '../base/log.js';
import type { ZoneTable } from '../index/zone-table.js';
import { counted } from '../load/zone-log.js';
import type { ZoneSet } from '../load/zone-set.js';
import { NotifySender } from '../transport/notify.js';
import { ZoneNotifier } from './zone-notifier.js';

/**
 * Notifies the name servers of each zone of these files; zones without others are passed over.
 * @returns what gives up on those that have not answered
 */
export function notifyAtStart(
  paths: ReadonlySet<string>,
  zones: ZoneSet,
  table: ZoneTable,
  log: Log,
): () => Promise<void> {
  const sender = new NotifySender(log);
  const notifier = new ZoneNotifier(table, sender);
  let count = 0;
  for (const zone of zones.all()) {
    if (!paths.has(zone.path)) continue;
    const peers = notifier.peersOf(zone);
    if (peers.length > 0 && notifier.notify(zone, peers).kind === 'queued') count++;
  }
  log.info('notify.start', { zones: count }, `NOTIFY at the start for ${counted(count, 'zone')}`);
  return () => sender.stop();
}
