/**
 * `npm run docs`: writes the generated pages. Must not know: what is on them.
 */
import { writeFileSync } from 'node:fs';
import { GENERATED_PAGES } from './doc-pages.js';

const root = new URL('../../', import.meta.url);
for (const { path, render } of GENERATED_PAGES) writeFileSync(new URL(path, root), render());
