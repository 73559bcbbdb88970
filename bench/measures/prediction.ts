/** Whether the simulator tells the truth: deployments in real labs, beside what it promises for as many nodes that share as many processors. */
import { availableParallelism } from 'node:os';
import type { Setting } from '../harness/bench.ts';
import type { Figure } from '../harness/figure.ts';
import { reachedAt } from '../harness/journals.ts';
import { INTERVAL_MS } from '../harness/lab.ts';
import * as product from '../harness/product.ts';
import { membershipDirectory, membershipUpdate } from '../harness/shipped.ts';
import { summarise } from '../harness/summary.ts';
import { inTime, pause } from '../harness/wait.ts';
import { deployments } from './deployments.ts';

const SIZES = {
  quick: { nodes: [8], deployments: 2, seeds: 2, quietMs: 8_000 },
  full: { nodes: [10, 25, 50, 100], deployments: 5, seeds: 5, quietMs: 25_000 },
} as const;
const FIRST_MS = 180_000;
const DEADLINE_MS = 120_000;
/** Measured figures may be off by so much. */
const GOAL = { at: 'max', most: 30 } as const;

const WHAT = [
  { name: 'known by half', what: 'knownMs', share: 0.5 },
  { name: 'known by all', what: 'knownMs', share: 1 },
  { name: 'running on half', what: 'runningMs', share: 0.5 },
  { name: 'running on all', what: 'runningMs', share: 1 },
] as const;

export async function prediction(setting: Setting): Promise<void> {
  const sizes = SIZES[setting.quick ? 'quick' : 'full'];
  for (const nodes of sizes.nodes) {
    const real = await measured(setting, nodes, sizes.deployments);
    const promised = await simulated(setting, nodes, sizes.seeds);
    setting.found({ figures: WHAT.flatMap((each) => figures(each, nodes, real, promised)) });
  }
}

/** Of each deployment, when how many nodes had come so far; and those that came to no end. */
interface Times {
  readonly of: (what: 'knownMs' | 'runningMs', share: number) => number[];
  readonly late: readonly string[];
}

function figures({ name, what, share }: (typeof WHAT)[number], nodes: number, real: Times, inSimulator: Times): Figure[] {
  const title = `${name}, ${nodes} nodes`;
  const [values, promised] = [real.of(what, share), inSimulator.of(what, share)];
  const [measuredMs, promisedMs] = [summarise(values)?.p50, summarise(promised)?.p50];
  const off = measuredMs === undefined || promisedMs === undefined ? [] : [Math.abs(promisedMs / measuredMs - 1) * 100];
  return [
    { name: title, unit: 'ms', values, failed: real.late, baseline: { name: 'simulated', values: promised } },
    { name: `${title}: the simulator is off by`, unit: 'percent', values: off, failed: inSimulator.late, goal: GOAL },
  ];
}

async function measured(setting: Setting, nodes: number, count: number): Promise<Times> {
  const ended = await inTime(() =>
    setting.withLab({ nodes, rendezvous: rendezvousOf(nodes) }, async (lab) => {
      await lab.running(membershipDirectory(), FIRST_MS);
      let version = 0;
      return deployments(setting, lab, {
        what: `deployment, ${nodes} nodes`,
        count,
        deadlineMs: DEADLINE_MS,
        next: () => membershipUpdate(lab.directory, `2.0.${(version += 1)}`),
        // Until each node has a host that waits again: as the simulated ones have.
        before: () => pause(SIZES[setting.quick ? 'quick' : 'full'].quietMs, setting.signal),
      });
    }),
  );
  if ('late' in ended) return { of: () => [], late: [ended.late] };
  const { spreads, late } = ended.result;
  return { of: (what, share) => spreads.flatMap((spread) => reachedAt(spread, what, share) ?? []), late };
}

/** The same, simulated: a cluster that has run for a while, and one deployment. */
async function simulated({ signal, say }: Setting, nodes: number, seeds: number): Promise<Times> {
  say(`${nodes} simulated nodes, ${seeds} runs`);
  const plan = product.planOf({ nodes, rendezvous: rendezvousOf(nodes), interval: INTERVAL_MS, cores: availableParallelism() });
  const { runs } = await product.playSeeds({ plan, seeds: Array.from({ length: seeds }, (_, index) => index + 1), signal });
  signal.throwIfAborted();
  return {
    of: (what, share) => runs.flatMap(({ deployments: [first] }) => first?.[what][Math.ceil(share * nodes) - 1] ?? []),
    late: runs.filter(({ complete }) => !complete).map(() => 'a simulated deployment did not come to all nodes'),
  };
}

function rendezvousOf(nodes: number): number {
  return Math.max(1, Math.round(nodes / 10));
}
