/** What a host waits for a processor. */
import { describe, expect, it } from 'vitest';
import { RunQueueWait, runQueueWaitMsOf, runQueueWaitMsOfThreads } from '../../../src/core/hosting/process/run-queue.ts';

describe('the wait for a processor', () => {
  it('adds up since the first look, over a change of the process and what the system does not tell', () => {
    let told: number | undefined = 5_000;
    const wait = new RunQueueWait(() => told);
    const at = (pid: number | undefined, waitedMs: number | undefined): number => {
      told = waitedMs;
      return wait.totalMs(pid);
    };
    expect([at(undefined, 5_000), at(7, 5_000), at(7, 5_250), at(7, undefined), at(7, 5_300)]).toEqual([0, 0, 250, 250, 300]);
    // Another process counts from its own first look, and a count that falls is one of another process.
    expect([at(8, 9_000), at(8, 9_010), at(8, 10), at(8, 15)]).toEqual([300, 310, 310, 315]);
  });

  it.runIf(process.platform === 'linux')('is told by the system for every process', () => {
    expect(runQueueWaitMsOf(process.pid)).toBeGreaterThanOrEqual(0);
    expect(runQueueWaitMsOf(2 ** 30)).toBeUndefined();
    const main = runQueueWaitMsOf(process.pid) ?? Infinity;
    expect(runQueueWaitMsOfThreads(process.pid)).toBeGreaterThanOrEqual(main);
    expect(runQueueWaitMsOfThreads(2 ** 30)).toBeUndefined();
  });
});
