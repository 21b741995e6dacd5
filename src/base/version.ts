/**
 * The program's version. Must not know: anything but where package.json stands.
 */
import { existsSync, readFileSync } from 'node:fs';

/** From package.json, which is two folders up from dist/base, and three from a test build. */
export function programVersion(): string {
  const near = new URL('../../package.json', import.meta.url);
  const file = existsSync(near) ? near : new URL('../../../package.json', import.meta.url);
  const { version }: { version: string } = JSON.parse(readFileSync(file, 'utf8'));
  return version;
}
