/** What flags describe, and what they cannot. */
import { describe, expect, test } from 'vitest';
import { planOf, seedsFor } from '../../../src/operator/simulate/plan.ts';
import type { Wishes } from '../../../src/operator/simulate/plan.ts';
import type { SpreadPlan } from '../../../src/sim/play/plan.ts';
import { DEFAULTS } from './runs.ts';

test('nothing said means a hundred nodes on a good network', () => {
  expect(planOf({})).toEqual({
    ...DEFAULTS,
    nodes: 100,
    steps: [{ atMs: 0, do: 'deploy', node: 'rendezvous1' }],
    limitMs: 600_000,
  });
});

test('what is said stands in the plan', () => {
  const wishes: Wishes = { nodes: 7, rendezvous: 2, interval: 50, loss: 0.3, churn: 0.01, code: 5, bandwidth: 6_000, limit: 9 };
  expect(planOf({ ...wishes, deadModules: true })).toMatchObject({
    nodes: 7,
    rendezvous: 2,
    intervalMs: 50,
    loss: 0.3,
    churnPerMinute: 0.01,
    codeBytes: 5,
    bitsPerSecond: 6_000,
    modules: 'silent',
    limitMs: 9,
  });
});

test('two nodes have two rendezvous nodes by default', () => expect(planOf({ nodes: 2 }).rendezvous).toBe(2));

test('above 300 nodes a stand-in plays membership, and fewer runs are the default', () => {
  const [small, middle, large] = [100, 300, 301].map((nodes) => planOf({ nodes })) as [SpreadPlan, SpreadPlan, SpreadPlan];
  expect([small, middle, large].map((plan) => [plan.modules, seedsFor(plan)])).toEqual([
    ['membership', 10],
    ['membership', 2],
    ['pulse', 2],
  ]);
  expect(planOf({ nodes: 1_000, deadModules: true }).modules).toBe('silent');
});

test('where rounds are long or links slow, a run is given up later', () => {
  expect(planOf({ interval: 10_000 }).limitMs).toBe(3_000_000);
  expect(planOf({ code: 10_000_000, bandwidth: 1_000_000 }).limitMs).toBe(2_400_000);
});

describe('what cannot be simulated is refused by the name of its flag', () => {
  test.each<[Wishes, string]>([
    [{ nodes: 0 }, '--nodes: must be a whole number from 1 to 20000'],
    [{ nodes: 1e6 }, '--nodes: must be a whole number from 1 to 20000'],
    [{ rendezvous: 0 }, '--rendezvous: must be a whole number from 1 to 64'],
    [{ nodes: 5, rendezvous: 6 }, '--rendezvous: 6 rendezvous nodes are more than all 5 nodes'],
    [{ interval: 1 }, '--interval: a round is from 20ms to 1h long'],
    [{ interval: 3_600_001 }, '--interval: a round is from 20ms to 1h long'],
    [{ loss: 1 }, '--loss: at most 90% of exchanges can fail'],
    [{ code: 1e9 }, '--code: code has at most 67.1 MB'],
    [{ bandwidth: 1 }, '--bandwidth: a link carries at least 1kbit in a second'],
  ])('%o', (wishes, message) => {
    expect(() => planOf(wishes)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_USAGE', message }) as Error);
  });
});
