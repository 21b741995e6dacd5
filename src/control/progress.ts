/**
 * A progress bar on standard error for a load that takes long. The one file that imports cli-progress.
 * Must not know: what is counted.
 */
import type { SingleBar } from 'cli-progress';
import { PROGRESS_AFTER_MS } from '../base/limits.js';

const REFRESH_MS = 100;

/**
 * Shows `done` of `total` once that has taken a while.
 * @returns what takes the bar away again
 */
export function showProgress(
  label: string,
  count: () => { done: number; total: number },
): () => void {
  let bar: SingleBar | null = null;
  let hidden = false;
  let refresh: NodeJS.Timeout | undefined;
  const first = setTimeout(async () => {
    const made = await makeBar(label);
    if (hidden) return;
    bar = made;
    const { done, total } = count();
    made.start(total, done);
    refresh = setInterval(() => {
      const now = count();
      made.setTotal(now.total);
      made.update(now.done);
    }, REFRESH_MS);
  }, PROGRESS_AFTER_MS);
  return () => {
    hidden = true;
    clearTimeout(first);
    clearInterval(refresh);
    bar?.stop();
  };
}

async function makeBar(label: string): Promise<SingleBar> {
  const { Presets, SingleBar } = await import('cli-progress');
  const format = `${label} {bar} {value}/{total} in {duration_formatted}`;
  return new SingleBar({ format, clearOnComplete: true, hideCursor: true }, Presets.shades_classic);
}
