/** How long a process was ready to run while others had the processors: on a crowded machine that is most of what looks like silence. */
import { readdirSync, readFileSync } from 'node:fs';
import { processorTimeIn } from './schedstat.ts';

/**
 * What is given at most, as a multiple of a time limit, to a process that waits for a processor. It must end some time:
 * whoever is asked to hand its state over holds up an update.
 */
export const MOST_PATIENCE = 10;

/** Adds up what one process waited, also when it is not the one that was watched first. */
export class RunQueueWait {
  readonly #waitedMs: (pid: number) => number | undefined;
  #pid: number | undefined;
  #last = 0;
  #totalMs = 0;

  constructor(waitedMs: typeof runQueueWaitMsOf = runQueueWaitMsOf) {
    this.#waitedMs = waitedMs;
  }

  /** Since the first call; it only rises. Stays what it was while the system counts nothing. */
  totalMs(pid: number | undefined): number {
    if (pid === undefined) return this.#totalMs;
    const waitedMs = this.#waitedMs(pid);
    if (waitedMs === undefined) return this.#totalMs;
    if (pid === this.#pid) this.#totalMs += Math.max(0, waitedMs - this.#last);
    this.#pid = pid;
    this.#last = waitedMs;
    return this.#totalMs;
  }
}

/** Of its main thread since its start, which is the one that answers. */
export function runQueueWaitMsOf(pid: number): number | undefined {
  try {
    return processorTimeIn(readFileSync(`/proc/${pid}/schedstat`, 'utf8'))?.waitedMs;
  } catch {
    return undefined;
  }
}

/** Of all its threads together: while a process comes up, its main thread waits for others that wait for a processor, and none of its own time is counted then. */
export function runQueueWaitMsOfThreads(pid: number): number | undefined {
  try {
    const waited = readdirSync(`/proc/${pid}/task`).map((thread) => runQueueWaitMsOf(Number(thread)) ?? 0);
    return waited.reduce((sum, ms) => sum + ms, 0);
  } catch {
    return undefined;
  }
}
