/** The network loses, delays, repeats and parts. */
import type { SimNode } from '../node.ts';
import { splitInTwo } from '../faults.ts';
import { converge, deploy } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { anyNode, GOAL, order, veteran } from './setting.ts';

export const lossy: Scenario = {
  name: 'loss',
  row: 2,
  about: '30 % of all exchanges fail, some requests arrive twice, delays reorder them',
  goal: GOAL.rough,
  play: async (cluster) => {
    await veteran(cluster);
    Object.assign(cluster.network.weather, { loss: 0.3, duplication: 0.05, delayMs: { min: 1, max: 400 } });
    const record = await deploy(cluster, order('registry', '2'), anyNode(cluster));
    return converge(cluster, GOAL.rough(cluster.nodes.length), [record]);
  },
};

export const partitioned: Scenario = {
  name: 'partition',
  row: 6,
  about: 'both sides of a partition deploy, one of them with a scrub; then it heals',
  goal: GOAL.healed,
  play: async (cluster) => {
    await veteran(cluster);
    const sides = splitInTwo(cluster);
    const [left, right] = sides.map((side) => cluster.random.pick(side) as SimNode) as [SimNode, SimNode];
    const a = await deploy(cluster, order('registry', '2', { scrub: true }), left);
    const b = await deploy(cluster, order('registry', '3'), right);
    await cluster.advance(cluster.random.between(1, 10) * cluster.intervalMs);
    cluster.heal();
    return converge(cluster, GOAL.healed(), [a, b]);
  },
};
