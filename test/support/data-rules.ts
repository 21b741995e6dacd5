/** How tests read tinydns data, if they do not say otherwise: as a server does by default. */
import type { DataRules } from '../../src/load/tinydns-file.js';

export const DATA_RULES: DataRules = {
  dialect: 'all',
  taiAdjust: 10,
  locations: true,
  ignoreBroken: false,
  strict: false,
  asTinydns: false,
};
