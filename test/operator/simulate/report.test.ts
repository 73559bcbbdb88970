/** What several runs say together. */
import { describe, expect, test } from 'vitest';
import { reportOf } from '../../../src/operator/simulate/report.ts';
import { load, PLAN, run, RUNS } from './runs.ts';

const report = reportOf(PLAN, RUNS, false);

test('a milestone is reached when so many nodes were, rounded up', () => {
  const [half, most, nearlyAll, all] = report.deployments[0]?.milestones ?? [];
  expect([half, most, nearlyAll, all].map((each) => [each?.percent, each?.nodes])).toEqual([
    [50, 2],
    [90, 4],
    [99, 4],
    [100, 4],
  ]);
  expect(half?.known).toEqual({
    runs: 3,
    ms: { min: 100, p10: 100, p50: 110, p90: 150, max: 150 },
    rounds: { min: 0.1, p10: 0.1, p50: 0.11, p90: 0.15, max: 0.15 },
  });
});

test('runs that do not get there are left out, and counted', () => {
  const all = report.deployments[0]?.milestones.at(-1);
  expect(all?.running).toEqual({
    runs: 2,
    ms: { min: 4_000, p10: 4_000, p50: 4_500, p90: 5_000, max: 5_000 },
    rounds: { min: 4, p10: 4, p50: 4.5, p90: 5, max: 5 },
  });
  const never = reportOf(PLAN, [run(1, [0], [])], false).deployments[0]?.milestones[0];
  expect(never?.running).toEqual({ runs: 0, ms: null, rounds: null });
});

test('the curve rises from the acknowledgement to the last arrival in any run', () => {
  const { curve = [] } = report.deployments[0] ?? {};
  expect([curve[0]?.ms, curve.at(-1)?.ms]).toEqual([0, 5_000]);
  expect(curve[0]?.known).toEqual({ min: 0.25, p10: 0.25, p50: 0.25, p90: 0.25, max: 0.25 });
  expect(curve.at(-1)?.running).toEqual({ min: 0.75, p10: 0.75, p50: 1, p90: 1, max: 1 });
  expect(curve.map(({ running }) => running.p50)).toEqual(curve.map(({ running }) => running.p50).toSorted((a, b) => a - b));
});

test('loads are those of a node in the mean and of the busiest, over the runs', () => {
  expect(report.load.rendezvous.sentBytes).toEqual({
    mean: { min: 40_000, p10: 40_000, p50: 80_000, p90: 120_000, max: 120_000 },
    busiest: { min: 80_000, p10: 80_000, p50: 160_000, p90: 240_000, max: 240_000 },
  });
  const alone = reportOf({ ...PLAN, nodes: 1 }, [run(1, [0], [0], { load: { nodes: null, rendezvous: load(1) } })], false);
  expect(alone.load.nodes).toBeNull();
});

describe('each deployment of a plan has a report of its own', () => {
  test('also where it was acknowledged in some runs only', () => {
    const twice = { deployments: [...(RUNS[0]?.deployments ?? []), { atMs: 100, knownMs: [0], runningMs: [] }] };
    const { deployments } = reportOf(PLAN, [...RUNS, run(4, [], [], twice)], false);
    expect(deployments.map(({ atMs }) => atMs.p50)).toEqual([5, 100]);
    expect(deployments[1]?.milestones[0]?.known.runs).toBe(0);
  });
});

test('of no runs there is nothing to tell', () => {
  expect(reportOf(PLAN, [], true)).toMatchObject({ seeds: [], interrupted: true, deployments: [], runs: [] });
});
