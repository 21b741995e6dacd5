/**
 * Opens the control channel of a running server. Apart from serve.ts, which loads it when loading zones has begun: the
 * first answer need not wait for it. Must not know: how zones are served.
 */
import type { Log } from '../base/log.js';
import { programVersion } from '../base/version.js';
import { type ControlChannelOptions, startControlChannel } from './control-channel.js';
import { LiveControl, type LiveParts } from './live-control.js';

/** What the server gives; the rest is made here. */
export type ControlledServer = Omit<LiveParts, 'version'>;

/**
 * @returns what closes it
 * @throws ServerError as `startControlChannel` does
 */
export async function openControl(
  options: ControlChannelOptions,
  server: ControlledServer,
  log: Log,
): Promise<() => Promise<void>> {
  const target = new LiveControl({ ...server, version: programVersion() });
  const channel = await startControlChannel(options, target, log);
  return () => channel.stop();
}
