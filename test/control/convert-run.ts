/**
 * `hotzone convert` in a folder of its own, for tests: files in, exit code, output and files out.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type ConvertOptions, runConvert } from '../../src/control/convert.js';

export type Run = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs a conversion; places in what it prints are those of the folder. */
export async function convert(folder: string, options: Partial<ConvertOptions>): Promise<Run> {
  const out: Uint8Array[] = [];
  let stderr = '';
  const { inputs = ['data'], output = null, ...rest } = options;
  const code = await runConvert(
    {
      from: null,
      to: 'cdb',
      origin: null,
      dialect: 'debian',
      includeOutside: false,
      lossy: false,
      ...rest,
      inputs: inputs.map((path) => join(folder, path)),
      output: output === null || output === '-' ? output : `${folder}/${output}`,
    },
    {
      stdout: { write: (octets) => out.push(octets) },
      stderr: { write: (text) => (stderr += text) },
    },
  );
  const stdout = Buffer.concat(out).toString('latin1');
  return { code, stdout, stderr: stderr.replaceAll(`${folder}/`, '') };
}

/** A folder with files of the given text, each character an octet; it goes when the test ends. */
export function folderOf(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotzone-convert-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), Buffer.from(text, 'latin1'));
  }
  return folder;
}

/** All files of a folder and of those in it, by path, and their text. */
export function filesOf(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  return Object.fromEntries(
    files.map((path) => [path, readFileSync(join(folder, path), 'latin1')]),
  );
}
