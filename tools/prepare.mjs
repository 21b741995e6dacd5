/**
 * Makes a clone ready to run: installs packages and compiles the folders named as arguments (`dist`, `build`), each
 * only if need be. Must not know: what is run afterwards.
 */
import { prepareOutput, preparePackages } from './steps.mjs';

if (!preparePackages() || !process.argv.slice(2).every(prepareOutput)) process.exitCode = 1;
