/**
 * The socket file of the control channel: a Unix stream socket (unix(7)) for its owner and group, at a path where no
 * other server lives. It is bound under another name and renamed, so that it is never there with other permissions,
 * and only this file decides when it goes. Must not know: what is said on it.
 */
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, rename, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { errorText, ServerError } from '../base/errors.js';
import { CONTROL_PATH_OCTETS_MAX } from '../base/limits.js';

const SOCKET_MODE = 0o660;
const FOLDER_MODE = 0o700;

/** Where PowerDNS has the socket file. @param configName empty for the usual configuration */
export function controlSocketPath(socketDir: string, configName: string): string {
  const program = configName === '' ? 'pdns' : `pdns-${configName}`;
  return join(socketDir, `${program}.controlsocket`);
}

/**
 * Makes `server` listen at `path`, in place of a socket file that nobody listens at. A missing directory is made.
 * @returns what removes the file again, if it is still ours
 * @throws ServerError `CONTROL_SOCKET_PATH`, `CONTROL_SOCKET_IN_USE` or `CONTROL_LISTEN_FAILED`
 */
export async function listenAtPath(server: Server, path: string): Promise<() => Promise<void>> {
  const folder = dirname(path);
  const draft = join(folder, `.${randomBytes(4).toString('hex')}`);
  checkLength(path);
  checkLength(draft);
  try {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    await checkFree(path);
    await listenAt(server, draft);
    await chmod(draft, SOCKET_MODE);
    const { dev, ino } = await lstat(draft);
    await rename(draft, path);
    return () => removeOwn(path, dev, ino);
  } catch (error) {
    server.close();
    if (error instanceof ServerError) throw error;
    throw new ServerError(
      'CONTROL_LISTEN_FAILED',
      `cannot make the control socket ${path}: ${errorText(error)}`,
      error,
    );
  }
}

function checkLength(path: string): void {
  const octets = Buffer.byteLength(path);
  if (octets <= CONTROL_PATH_OCTETS_MAX) return;
  throw new ServerError(
    'CONTROL_SOCKET_PATH',
    `the path of the control socket has ${octets} octets, and ${CONTROL_PATH_OCTETS_MAX} at most work: ${path}`,
  );
}

async function checkFree(path: string): Promise<void> {
  const stats = await lstat(path).catch((error) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  });
  if (stats === null) return;
  if (!stats.isSocket()) {
    throw new ServerError(
      'CONTROL_SOCKET_PATH',
      `${path} is there and is no socket: remove it, or set another socket-dir`,
    );
  }
  if (await isDead(path)) return;
  throw new ServerError(
    'CONTROL_SOCKET_IN_USE',
    `another server uses the control socket ${path}: stop it, or set another socket-dir or config-name`,
  );
}

/** Whether nobody listens at a socket file. Whatever else than a refusal comes of asking may be somebody. */
function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error) => resolve(hasCode(error, 'ECONNREFUSED')));
  });
}

function listenAt(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function removeOwn(path: string, dev: number, ino: number): Promise<void> {
  const stats = await lstat(path).catch(() => null);
  if (stats?.dev !== dev || stats.ino !== ino) return;
  // somebody may have been faster, which is as good
  await unlink(path).catch(() => {});
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
