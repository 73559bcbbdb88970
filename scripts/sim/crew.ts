/** Threads that share the runs: a run depends on its seed alone, so it makes no difference which of them plays it. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Outcome } from './play.ts';
import type { Run } from './runs.ts';

export interface CrewOptions {
  readonly runs: readonly Run[];
  readonly threads: number;
  readonly heard: (outcome: Outcome) => void;
  /** Once aborted, what is under way is left. */
  readonly signal: AbortSignal;
}

export async function playAll({ runs, threads, heard, signal }: CrewOptions): Promise<void> {
  const left = runs.values();
  const lane = async (): Promise<void> => {
    const worker = new Worker(new URL('worker.ts', import.meta.url));
    try {
      for (const run of left) {
        if (signal.aborted) return;
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
        worker.postMessage(run);
        const [outcome] = (await once(worker, 'message', { signal })) as [Outcome];
        heard(outcome);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, runs.length) }, lane));
}
