/**
 * Where the settings say that a server can be controlled. Must not know: the options of a client.
 */
import { problemLine } from '../base/problem.js';
import { readSettings } from '../config/settings.js';
import type { ControlConfig } from './control-program.js';

/**
 * @param configDir folder of the settings file, `null` for none
 * @throws Error that says what is wrong, and where
 */
export function controlConfig(configDir: string | null, configName: string | null): ControlConfig {
  const flags = new Map<string, string>();
  if (configDir !== null) flags.set('config-dir', configDir);
  if (configName !== null) flags.set('config-name', configName);
  const { settings, problems } = readSettings({ flags, environment: process.env });
  const fault = problems.find(({ severity }) => severity === 'error');
  if (fault !== undefined) throw new Error(problemLine(fault));
  return {
    socketDir: settings.text('socket-dir'),
    tcpPort: settings.number('tcp-control-port'),
    tcpSecret: settings.text('tcp-control-secret'),
  };
}
