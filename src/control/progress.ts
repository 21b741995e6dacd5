/**
 * A progress bar on standard error for a load that takes long. The one file that imports cli-progress.
 * Must not know: what is counted.
 */
import { Presets, SingleBar } from 'cli-progress';
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
  const start = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - start < PROGRESS_AFTER_MS) return;
    const { done, total } = count();
    if (bar === null) {
      const format = `${label} {bar} {value}/{total} in {duration_formatted}`;
      bar = new SingleBar(
        { format, clearOnComplete: true, hideCursor: true },
        Presets.shades_classic,
      );
      bar.start(total, done);
    }
    bar.setTotal(total);
    bar.update(done);
  }, REFRESH_MS);
  return () => {
    clearInterval(timer);
    bar?.stop();
  };
}
