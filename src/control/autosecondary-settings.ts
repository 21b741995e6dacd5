/**
 * What the settings of autosecondary mean: who may add zones, and where their files lie. Must not know: how settings
 * are read, how an offer comes.
 */
import { join } from 'node:path';
import type { Log } from '../base/log.js';
import type { Settings } from '../config/settings.js';
import { AutoprimaryFile } from '../transfer/autoprimary-file.js';
import { Autosecondaries } from '../transfer/autosecondaries.js';
import type { ZoneAdder } from './zone-adder.js';

export type AutosecondarySettings = {
  /** File of autoprimaries; empty if none was named. */
  readonly path: string;
  /** Folder of the files of zones that they add. */
  readonly folder: string;
  readonly allowUnsigned: boolean;
};

/** @returns `null` if nobody may add zones */
export function autosecondaryOf(settings: Settings): AutosecondarySettings | null {
  if (!settings.flag('autosecondary')) return null;
  const path = settings.text('bind-autoprimaries');
  const folder = settings.text('bind-autoprimary-destdir');
  return {
    path,
    folder: folder === '' ? join(settings.text('state-dir'), 'autosecondary') : folder,
    allowUnsigned: settings.flag('allow-unsigned-autoprimary'),
  };
}

/** @param changed called when a zone has been added */
export function openAutosecondaries(
  { path, folder, allowUnsigned }: AutosecondarySettings,
  adder: ZoneAdder,
  changed: () => Promise<void>,
  log: Log,
): Autosecondaries {
  const primaries = new AutoprimaryFile(path, log);
  if (path === '') {
    log.warn('autosecondary.absent', {}, 'autosecondary adds no zones without bind-autoprimaries');
  } else primaries.refresh();
  return new Autosecondaries({
    primaries,
    folder,
    allowUnsigned,
    adder: {
      get count() {
        return adder.count;
      },
      isKnown: (apex) => adder.isKnown(apex),
      addSecondary: async (apex, file, primary) => {
        const fault = await adder.addSecondary(apex, file, primary);
        if (fault === null) void changed();
        return fault;
      },
    },
    log,
  });
}
