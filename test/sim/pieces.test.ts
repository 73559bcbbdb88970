/** Large code over slow links (decision 42): it travels in pieces, and is passed on before it is whole. */
import { expect, test } from 'vitest';
import type { SpreadPlan } from '../../src/sim/play/plan.ts';
import { spread } from '../../src/sim/play/spread.ts';
import type { SpreadRun } from '../../src/sim/play/spread.ts';

const CODE_BYTES = 5_000_000;
const BITS_PER_SECOND = 10_000_000;
const WIRE_MS = (CODE_BYTES * 8_000) / BITS_PER_SECOND;

function planOf(plan: Partial<SpreadPlan>): SpreadPlan {
  return {
    nodes: 300,
    rendezvous: 3,
    intervalMs: 1_000,
    loss: 0,
    churnPerMinute: 0,
    codeBytes: CODE_BYTES,
    bitsPerSecond: BITS_PER_SECOND,
    machines: null,
    modules: 'silent',
    steps: [{ atMs: 0, do: 'deploy', node: 'rendezvous1' }],
    limitMs: 300_000,
    ...plan,
  };
}

/** In times of what the code takes on one link: until half, 99 % and all of the nodes run it; and what the busiest node uploaded, in times of the code. */
function figuresOf({ deployments, load }: SpreadRun): { half: number; most: number; all: number; busiest: number } {
  const times = deployments[0]?.runningMs ?? [];
  const after = (share: number): number => (times[Math.ceil(times.length * share) - 1] ?? Infinity) / WIRE_MS;
  const busiest = Math.max(load.rendezvous.sentBytes.busiest, load.nodes?.sentBytes.busiest ?? 0) / CODE_BYTES;
  return { half: after(0.5), most: after(0.99), all: after(1), busiest };
}

test('5 MB over 10 Mbit/s reach 300 nodes in little more than the time on the wire, and nobody uploads them often', async () => {
  const { half, most, all, busiest } = figuresOf(await spread(planOf({}), 1));
  expect(half).toBeLessThanOrEqual(1.6);
  expect(most).toBeLessThanOrEqual(1.8);
  expect(all).toBeLessThanOrEqual(2.2);
  expect(busiest).toBeLessThanOrEqual(1.6);
}, 120_000);

test('where a tenth of all exchanges fail, it takes at most twice as long', async () => {
  const { most, all, busiest } = figuresOf(await spread(planOf({ loss: 0.1 }), 1));
  expect(most).toBeLessThanOrEqual(2 * 1.8);
  expect(all).toBeLessThanOrEqual(2 * 2.2);
  expect(busiest).toBeLessThanOrEqual(2.5);
}, 120_000);

test('the node that has the code may fall silent in the middle: what went out goes on, and the rest comes when it is back', async () => {
  const steps: SpreadPlan['steps'] = [
    { atMs: 0, do: 'deploy', node: 'rendezvous1' },
    { atMs: 2_000, do: 'crash', nodes: { names: ['rendezvous1'] } },
    { atMs: 5_000, do: 'start', nodes: { names: ['rendezvous1'] } },
  ];
  const run = await spread(planOf({ nodes: 40, steps }), 1);
  expect([run.complete, run.deployments[0]?.runningMs.length]).toEqual([true, 40]);
}, 120_000);

test('nodes that restart in the middle come to run it all the same', async () => {
  const run = await spread(planOf({ nodes: 40, churnPerMinute: 2 }), 1);
  expect(run.deployments[0]?.runningMs.length).toBe(40);
}, 120_000);
