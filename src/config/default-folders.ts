/**
 * Folders that depend on who runs the server: for its sockets and for its state. Must not know: what is put there,
 * and whether they exist.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the control socket is: /run/hotzone for root, else the user's own folder for such things. */
export function socketFolder(environment: Environment, uid = process.getuid?.() ?? 0): string {
  if (uid === 0) return '/run/hotzone';
  const runtime = environment['XDG_RUNTIME_DIR'] ?? '';
  return runtime === '' ? `/tmp/hotzone-${uid}` : join(runtime, 'hotzone');
}

/** What survives a restart: systemd's StateDirectory, /var/lib/hotzone for root, else below the user's home. */
export function stateFolder(environment: Environment, uid = process.getuid?.() ?? 0): string {
  const [given = ''] = (environment['STATE_DIRECTORY'] ?? '').split(':');
  if (given !== '') return given;
  if (uid === 0) return '/var/lib/hotzone';
  return join(environment['HOME'] || homedir(), '.local', 'state', 'hotzone');
}
