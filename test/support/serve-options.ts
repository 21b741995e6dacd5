/**
 * A server's options for tests: loopback, any port, and folders of its own below one that the test gives.
 */
import { join } from 'node:path';
import { readSettings } from '../../src/config/settings.js';
import type { ServeOptions } from '../../src/control/serve.js';
import { serveOptions } from '../../src/control/serve-settings.js';

const QUIET: Readonly<Record<string, string>> = {
  'local-port': '0',
  'minimal-responses': 'yes',
  'version-string': '',
  'rescan-interval': '0',
  workers: '1',
};

/** @param root folder for socket and state; @param flags settings beside those of every test */
export function testOptions(
  root: string,
  sources: readonly string[],
  flags: Readonly<Record<string, string>> = {},
): ServeOptions {
  const folders = { 'socket-dir': join(root, 'socket'), 'state-dir': join(root, 'state') };
  const given = new Map(Object.entries({ ...QUIET, ...folders, ...flags }));
  const { settings, problems } = readSettings({ flags: given, environment: {} });
  if (problems.length > 0) throw new Error(problems.map(({ text }) => text).join('\n'));
  return serveOptions(settings, sources, { terminal: false, quit: () => {} });
}
