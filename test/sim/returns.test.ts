/** How soon all know that a node is back which had left: in rounds, by the simulator's clock. */
import { expect, test } from 'vitest';
import type { SimNode } from '../../src/sim/node/node.ts';
import { veteran } from '../../src/sim/scenarios/setting.ts';
import { Cluster } from '../../src/sim/world/cluster.ts';

const SECONDS = 1_000;

/** Rounds, to a tenth, from the start of a node that all others took to have left, until none does. */
async function roundsUntilBack(seed: number, nodes: number): Promise<number> {
  const cluster = new Cluster({ seed, nodes });
  await veteran(cluster);
  await cluster.advance(20 * SECONDS);
  const { id } = (cluster.nodes.at(-1) as SimNode).peer;
  const others = cluster.nodes.slice(0, -1);
  cluster.nodes.at(-1)?.stop(() => undefined, { goodbye: true });
  await roundsUntil(cluster, () => others.every(({ left }) => left.includes(id)));
  await cluster.advance(5 * SECONDS);
  cluster.nodes.at(-1)?.start();
  return roundsUntil(cluster, () => others.every(({ left }) => left.length === 0));
}

async function roundsUntil(cluster: Cluster, holds: () => boolean): Promise<number> {
  for (let tenths = 0; tenths < 300; tenths += 1) {
    if (holds()) return tenths / 10;
    await cluster.advance(cluster.intervalMs / 10);
  }
  return Infinity;
}

test('among 20 nodes within 10 rounds, and mostly within 3', async () => {
  const rounds: number[] = [];
  for (let seed = 1; seed <= 12; seed += 1) rounds.push(await roundsUntilBack(seed, 20));
  rounds.sort((a, b) => a - b);
  expect(rounds[6]).toBeLessThanOrEqual(3);
  expect(rounds.at(-1)).toBeLessThanOrEqual(10);
});

test('among 100 nodes within 10 rounds', async () => {
  expect(await roundsUntilBack(1, 100)).toBeLessThanOrEqual(10);
});
