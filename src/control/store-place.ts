/**
 * Where the settings say that a server keeps its store, and what the commands about it print to. Must not know: what is
 * in a store.
 */
import { join } from 'node:path';
import { ServerError } from '../base/errors.js';
import { problemLine } from '../base/problem.js';
import { readSettings } from '../config/settings.js';

export type StoreFormat = 'text' | 'json';

/** Settings of the command line, as for a server; what is not given comes from where a server has it from. */
export type StorePlace = {
  readonly stateDir?: string;
  readonly configDir?: string;
  readonly configName?: string;
};

export type StoreStreams = {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
};

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** The store's folder. @throws ServerError SETTINGS_WRONG with the place of what is wrong */
export function storeFolder({ stateDir, configDir, configName }: StorePlace): string {
  const given = { 'state-dir': stateDir, 'config-dir': configDir, 'config-name': configName };
  const flags = new Map<string, string>();
  for (const [name, value] of Object.entries(given))
    if (value !== undefined) flags.set(name, value);
  const { settings, problems } = readSettings({ flags, environment: process.env });
  const fault = problems.find(({ severity }) => severity === 'error');
  if (fault !== undefined) throw new ServerError('SETTINGS_WRONG', problemLine(fault));
  return join(settings.text('state-dir'), 'store');
}

/** Runs a command on a store. @returns the exit code, 1 if the operation failed, which is told */
export async function onStore(
  place: StorePlace,
  { stderr }: StoreStreams,
  work: (folder: string) => Promise<number> | number,
): Promise<number> {
  try {
    return await work(storeFolder(place));
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    stderr.write(`error: ${error.message}\n`);
    return error.code === 'SETTINGS_WRONG' ? EXIT_USAGE : EXIT_FAILED;
  }
}

/** One document, for programs. */
export function writeJson({ stdout }: StoreStreams, document: unknown): void {
  stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}
