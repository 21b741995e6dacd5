#!/usr/bin/env node
/**
 * The program. A server's first answer waits for its loader thread, and that for its modules: it is started first, and
 * comes up while the rest of the program is read. Must not know: what the arguments mean.
 */
const args = process.argv.slice(2);
const loader = args[0] === 'serve' ? new (await import('./load/loader.js')).Loader() : null;
const { runCommandLine } = await import('./command-line.js');
await runCommandLine(args, loader);
