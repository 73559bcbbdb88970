/** Nothing is wrong. */
import { converge, deploy } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { GOAL, order, rendezvous, veteran } from './setting.ts';

export const spread: Scenario = {
  name: 'clean',
  row: 1,
  about: 'a deployment spreads through a healthy cluster that runs all shipped modules',
  goal: GOAL.clean,
  play: async (cluster) => {
    await veteran(cluster, order('membership', '1'), order('registry', '1'), order('aggregate', '1'));
    const record = await deploy(cluster, order('registry', '2'), rendezvous(cluster));
    return converge(cluster, GOAL.clean(cluster.size), [record]);
  },
};

export const birth: Scenario = {
  name: 'birth',
  row: 1,
  about: 'nodes with empty disks, which know only the rendezvous nodes, get their first deployment',
  goal: GOAL.clean,
  play: async (cluster) => {
    cluster.startAll();
    await cluster.advance(2 * cluster.intervalMs);
    const record = await deploy(cluster, order('membership', '1'), rendezvous(cluster));
    return converge(cluster, GOAL.clean(cluster.size), [record]);
  },
};
