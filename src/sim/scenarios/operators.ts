/** Two operators at once. */
import type { VerifiedDeployment } from '../../model/deployment.ts';
import { splitInTwo } from '../faults/faults.ts';
import type { SimNode } from '../node/node.ts';
import { converge } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { GOAL, order, veteran } from './setting.ts';

const RACES = 3;

export const rivals: Scenario = {
  name: 'rivals',
  row: 25,
  about: 'two operators deploy the same module at two nodes at once, three times, half of the times on two sides of a partition',
  goal: GOAL.clean,
  play: async (cluster) => {
    const { random, intervalMs } = cluster;
    await veteran(cluster);
    const acknowledged: VerifiedDeployment[] = [];
    for (let race = 0; race < RACES; race += 1) {
      const parted = random.chance(0.5);
      const places = parted ? splitInTwo(cluster).map((side) => random.pick(side)) : random.sample(cluster.nodes, 2);
      for (const [place, node] of places.entries()) {
        const each = order('registry', `${race} of ${place}`, { scrub: random.chance(0.2) });
        cluster.after(random.between(0, 100), () => cluster.deploy(each, node as SimNode, (record) => acknowledged.push(record)));
      }
      await cluster.until('both are acknowledged', () => acknowledged.length === 2 * (race + 1), 30 * intervalMs);
      if (parted) await cluster.advance(random.between(0, 5) * intervalMs);
      cluster.heal();
    }
    return converge(cluster, GOAL.clean(cluster.size), acknowledged);
  },
};
