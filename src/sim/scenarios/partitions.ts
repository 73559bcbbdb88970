/** Network partitions of every known kind, and their end. */
import type { Cluster } from '../world/cluster.ts';
import { splitInTwo } from '../faults/faults.ts';
import { splitOneWay, swizzle } from '../faults/network.ts';
import type { SimNode } from '../node/node.ts';
import { converge, deploy } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { anyNode, GOAL, order, veteran } from './setting.ts';

export const partitioned: Scenario = {
  name: 'partition',
  row: 6,
  about: 'both sides of a partition deploy, one of them with a scrub; then it heals, and every node says that there were two',
  goal: GOAL.healed,
  play: async (cluster) => {
    await veteran(cluster);
    const told = conflictsTold(cluster);
    const sides = splitInTwo(cluster);
    const [left, right] = sides.map((side) => cluster.random.pick(side) as SimNode) as [SimNode, SimNode];
    const a = await deploy(cluster, order('registry', '2', { scrub: true }), left);
    const b = await deploy(cluster, order('registry', '3'), right);
    await cluster.advance(cluster.random.between(1, 10) * cluster.intervalMs);
    cluster.heal();
    const rounds = await converge(cluster, GOAL.healed(), [a, b]);
    if (told.size < cluster.nodes.length) throw new Error(`only ${told.size} of ${cluster.nodes.length} nodes told of the two deployments`);
    return rounds;
  },
};

/** The nodes that noted two records of one number. */
function conflictsTold(cluster: Cluster): ReadonlySet<unknown> {
  const told = new Set<unknown>();
  cluster.listen((happening) => {
    if (happening.type !== 'handled') return;
    for (const effect of happening.effects) if (effect.type === 'note' && effect.note.event === 'conflict') told.add(happening.node);
  });
  return told;
}

export const oneWay: Scenario = {
  name: 'one-way',
  row: 7,
  about: 'one side reaches the other and hears nothing of it; both deploy; then it heals',
  goal: GOAL.healed,
  play: async (cluster) => {
    await veteran(cluster);
    const sides = splitInTwo(cluster);
    cluster.heal();
    splitOneWay(cluster, ...sides);
    const records = [];
    for (const [place, side] of sides.entries()) {
      records.push(await deploy(cluster, order('registry', String(2 + place)), cluster.random.pick(side) as SimNode));
    }
    await cluster.advance(cluster.random.between(1, 10) * cluster.intervalMs);
    cluster.heal();
    return converge(cluster, GOAL.healed(), records);
  },
};

export const swizzled: Scenario = {
  name: 'swizzled',
  row: 7,
  about: 'half of the nodes are cut off one by one and come back one by one in another order; deployments go on meanwhile',
  goal: GOAL.healed,
  play: async (cluster) => {
    await veteran(cluster);
    const victims = cluster.random.sample(cluster.nodes, Math.ceil(cluster.nodes.length / 2));
    const endMs = cluster.now + swizzle(cluster, victims, (10 * cluster.intervalMs) / victims.length);
    const records = [];
    for (const version of ['2', '3', '4']) {
      records.push(await deploy(cluster, order('registry', version), anyNode(cluster)));
      await cluster.advance(cluster.random.between(1, 5) * cluster.intervalMs);
    }
    await cluster.advance(Math.max(0, endMs - cluster.now));
    return converge(cluster, GOAL.healed(), records);
  },
};
