/** Runs in worker threads: what comes of them does not depend on how many there are. */
import { describe, expect, test } from 'vitest';
import { playSeeds } from '../../../src/operator/simulate/seeds.ts';
import type { SeedsProgress } from '../../../src/operator/simulate/seeds.ts';
import type { SpreadPlan } from '../../../src/sim/play/plan.ts';
import { spread } from '../../../src/sim/play/spread.ts';
import { PLAN } from './runs.ts';

const SMALL: SpreadPlan = { ...PLAN, nodes: 8, rendezvous: 2, intervalMs: 200, codeBytes: 1_000, limitMs: 60_000 };
const SEEDS = [4, 1, 2];
const never = new AbortController().signal;

test('the runs are those of their seeds, in the order of the seeds, with one worker or three', async () => {
  const expected = await Promise.all(SEEDS.map((seed) => spread(SMALL, seed)));
  for (const workers of [1, 3]) {
    expect(await playSeeds({ plan: SMALL, seeds: SEEDS, signal: never, workers })).toEqual({ runs: expected, unfinished: [] });
  }
});

test('progress tells how many are done and how far the others are', async () => {
  const seen: SeedsProgress[] = [];
  await playSeeds({ plan: SMALL, seeds: [1, 2], signal: never, workers: 1, onProgress: (progress) => seen.push(progress) });
  expect(seen.at(-1)).toEqual({ runs: 2, of: 2, underWay: [] });
  expect(seen.some(({ runs, underWay }) => runs === 1 && underWay[0]?.seed === 2)).toBe(true);
});

test('broken off, it has what is done and how far the rest came', async () => {
  const stop = new AbortController();
  const endless: SpreadPlan = { ...SMALL, steps: [...SMALL.steps, { atMs: 3_600_000, do: 'heal' }], limitMs: 7_200_000 };
  const played = await playSeeds({
    plan: endless,
    seeds: [1, 2, 3],
    signal: stop.signal,
    workers: 2,
    onProgress: ({ underWay }) => underWay.filter(({ running }) => running === SMALL.nodes).length === 2 && stop.abort(),
  });
  expect(played.runs).toEqual([]);
  expect(played.unfinished.map(({ seed, running }) => [seed, running])).toEqual([
    [1, 8],
    [2, 8],
  ]);
});

describe('a run that fails', () => {
  test('is told with its seed, and ends the others', async () => {
    const impossible: SpreadPlan = { ...SMALL, steps: [{ atMs: 0, do: 'deploy', node: 'nobody' }] };
    await expect(playSeeds({ plan: impossible, seeds: [1, 2, 3], signal: never, workers: 2 })).rejects.toMatchObject({
      code: 'GOSSIP_E_INTERNAL',
      message: expect.stringMatching(/^seed \d: /) as string,
      advice: expect.stringContaining('--replay') as string,
    });
  });
});
