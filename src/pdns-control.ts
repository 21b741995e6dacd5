#!/usr/bin/env node
/**
 * The program `pdns_control`, for scripts that know PowerDNS's. Must not know: options, commands, the protocol.
 */
import { programVersion } from './base/version.js';
import { controlConfig } from './control/control-config.js';
import { runControlProgram } from './control/control-program.js';

// whoever reads the reply has read enough of it
process.stdout.on('error', () => process.exit(1));
process.exitCode = await runControlProgram(
  process.argv.slice(2),
  {
    name: 'pdns_control',
    version: programVersion(),
    zonesWithStatus: false,
    readConfig: controlConfig,
  },
  { stdout: process.stdout, stderr: process.stderr, terminal: process.stderr.isTTY === true },
);
