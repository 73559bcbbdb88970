/** The root changes: keys are exchanged, and a stolen one is ended by a new trust epoch. */
import type { Cluster } from '../world/cluster.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { SimNode } from '../node/node.ts';
import { pause, some } from '../faults/faults.ts';
import { converge, deploy } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { GOAL, order, rendezvous, veteran } from './setting.ts';

/** Versions that a sleeper misses: more than go into one message. */
const MISSED = 80;

async function rotated(cluster: Cluster, at: SimNode, raise = false): Promise<TrustedRoot> {
  let isDone = false;
  const root = cluster.rotate(at, { raise, done: () => (isDone = true) });
  await cluster.until('the root is durable where it was told', () => isDone, 30 * cluster.intervalMs);
  return root;
}

/** Until every node that is up holds the root. */
async function everywhere(cluster: Cluster, { root: { version } }: TrustedRoot, rounds: number): Promise<void> {
  const holds = (): boolean => cluster.up.every((node) => node.root?.root.version === version);
  await cluster.until(`every node holds root ${version}`, holds, rounds * cluster.intervalMs);
}

export const rotating: Scenario = {
  name: 'rotating',
  row: null,
  about: 'the root is changed 80 times while nodes sleep; who wakes replays every step, and what a new key signed comes after it',
  goal: GOAL.rough,
  play: async (cluster) => {
    await veteran(cluster);
    const sleepers = some(cluster, cluster.otherNodes, 0.2);
    const [down, frozen] = [sleepers.slice(0, sleepers.length / 2), sleepers.slice(sleepers.length / 2)];
    for (const node of down) node.crash();
    pause(cluster, frozen, 25 * cluster.intervalMs);
    const at = rendezvous(cluster);
    for (let version = 1; version < MISSED; version += 1) cluster.operator.rotate();
    await rotated(cluster, at);
    const last = await deploy(cluster, order('registry', '2'), at);
    await cluster.until('the frozen nodes wake', () => frozen.every((node) => !node.frozen), 30 * cluster.intervalMs);
    for (const node of down) node.start();
    const rounds = await converge(cluster, GOAL.rough(cluster.size), [last]);
    await everywhere(cluster, cluster.operator.root, GOAL.rough(cluster.size));
    return rounds;
  },
};
