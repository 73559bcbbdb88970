/** Plans and runs made by hand. */
import type { GroupLoad } from '../../../src/sim/play/load.ts';
import type { SpreadPlan } from '../../../src/sim/play/plan.ts';
import type { Spread, SpreadRun } from '../../../src/sim/play/spread.ts';

/** What nobody who says nothing else gets. */
export const DEFAULTS = {
  rendezvous: 3,
  intervalMs: 1_000,
  loss: 0,
  churnPerMinute: 0,
  codeBytes: 1_000_000,
  bitsPerSecond: null,
  machines: null,
  modules: 'membership',
} as const;

export const PLAN: SpreadPlan = {
  nodes: 4,
  rendezvous: 1,
  intervalMs: 1_000,
  loss: 0.1,
  churnPerMinute: 0,
  codeBytes: 5_000_000,
  bitsPerSecond: 10_000_000,
  machines: null,
  modules: 'membership',
  steps: [{ atMs: 0, do: 'deploy', node: 'rendezvous1' }],
  limitMs: 600_000,
};

/** A node sends `figure` messages and 1,000 times as many bytes, and receives half of it. */
export function load(figure: number): GroupLoad {
  const of = (factor: number) => ({ mean: figure * factor, busiest: 2 * figure * factor });
  return { sentMessages: of(1), receivedMessages: of(0.5), sentBytes: of(1_000), receivedBytes: of(500) };
}

export function run(seed: number, knownMs: readonly number[], runningMs: readonly number[], changes: Partial<SpreadRun> = {}): SpreadRun {
  const deployments: Spread[] = [{ atMs: 5, knownMs, runningMs }];
  return {
    seed,
    deployments,
    load: { nodes: load(10 * seed), rendezvous: load(40 * seed) },
    complete: runningMs.length === PLAN.nodes,
    downAtEnd: 0,
    simulatedMs: 9_000,
    events: 100,
    fingerprint: '00',
    own: null,
    ...changes,
  };
}

export const RUNS: readonly SpreadRun[] = [
  run(1, [0, 100, 200, 300], [500, 1_000, 2_000, 4_000]),
  run(2, [0, 150, 250, 400], [600, 1_500, 2_500, 5_000]),
  run(3, [0, 110, 210, 310], [700, 1_200, 2_200]),
];
