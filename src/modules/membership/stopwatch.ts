/** How long something takes, whatever happens to the clock meanwhile. */
import type { ModuleContext } from '../../sdk/index.ts';

/** Begins to measure; what it returns tells the milliseconds since. Nodes of version 0.1 have only a clock that may be set. */
export function stopwatch({ monotonic, now }: Pick<ModuleContext, 'monotonic' | 'now'>): () => number {
  const time = monotonic ?? now;
  const begin = time();
  return () => time() - begin;
}
