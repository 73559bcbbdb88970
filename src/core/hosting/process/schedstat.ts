/** What Linux counts of a thread for its scheduler. Source: Documentation/scheduler/sched-stats, `/proc/<pid>/schedstat`. */
import type { ProcessorTime } from '../../../runner/ports.ts';

const NS_PER_MS = 1e6;

/** Both since the thread's start; undefined where it is no such text. */
export function processorTimeIn(text: string): ProcessorTime | undefined {
  const [, ran, waited] = /^(\d+) (\d+) /.exec(text) ?? [];
  return ran === undefined ? undefined : { ranMs: Number(ran) / NS_PER_MS, waitedMs: Number(waited) / NS_PER_MS };
}
