/** What a host takes of a processor. */
import { describe, expect, it } from 'vitest';
import { processorMsOf, ProcessorUse } from '../../../src/core/hosting/process/processor.ts';

describe('the use of a processor', () => {
  it('is the share of one core between two samples a second apart', () => {
    let usedMs: number | undefined = 5_000;
    const use = new ProcessorUse(() => usedMs);
    const shares: (number | undefined)[] = [];
    const at = (now: number, used: number | undefined): void => {
      usedMs = used;
      use.sample(7, now);
      shares.push(use.share);
    };
    at(0, 5_000);
    at(250, 5_250);
    at(1_000, 5_250);
    at(3_000, 8_250);
    at(4_000, undefined);
    at(5_000, 9_000);
    expect(shares).toEqual([undefined, undefined, 0.25, 1.5, undefined, undefined]);
  });

  it.runIf(process.platform === 'linux')('is counted by the system for every process, also one that waits', () => {
    const before = processorMsOf(process.pid) ?? Number.NaN;
    const used = (): number => process.cpuUsage().user + process.cpuUsage().system;
    for (const begun = used(); used() - begun < 100_000;);
    expect(processorMsOf(process.pid)).toBeGreaterThan(before);
    expect(processorMsOf(2 ** 30)).toBeUndefined();
  });
});
