/** Nodes restart, sleep, and are replaced. */
import { breakInstances, churn, pause, replace, some } from '../faults.ts';
import { converge, deploy } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { anyNode, GOAL, order, rendezvous, veteran } from './setting.ts';

export const churning: Scenario = {
  name: 'churn',
  row: 10,
  about: '10 % of the nodes restart in every round, and instances crash and hang',
  goal: GOAL.rough,
  play: async (cluster) => {
    await veteran(cluster);
    const turmoil = churn(cluster, 0.1);
    const record = await deploy(cluster, order('registry', '2'), anyNode(cluster));
    breakInstances(cluster, 0.1);
    cluster.after(GOAL.rough(cluster.nodes.length) * cluster.intervalMs, () => turmoil.stop());
    const known = await converge(cluster, GOAL.rough(cluster.nodes.length), [record]);
    turmoil.stop();
    return known;
  },
};

export const sleeper: Scenario = {
  name: 'sleeper',
  row: 24,
  about: 'nodes that were down or frozen through a scrub and a further deployment come back',
  goal: GOAL.healed,
  play: async (cluster) => {
    await veteran(cluster);
    const sleepers = some(cluster, cluster.otherNodes, 0.2);
    const [down, frozen] = [sleepers.slice(0, sleepers.length / 2), sleepers.slice(sleepers.length / 2)];
    for (const node of down) node.crash();
    pause(cluster, frozen, 25 * cluster.intervalMs);
    await deploy(cluster, order('registry', '2', { scrub: true }), rendezvous(cluster));
    await cluster.advance(cluster.random.between(0, 5) * cluster.intervalMs);
    const last = await deploy(cluster, order('registry', '3'), rendezvous(cluster));
    await cluster.until('the frozen nodes wake', () => frozen.every((node) => !node.frozen), 30 * cluster.intervalMs);
    for (const node of down) node.start();
    return converge(cluster, GOAL.healed(), [last]);
  },
};

export const replaced: Scenario = {
  name: 'replaced',
  row: 11,
  about: 'half of the nodes are replaced by new ones with empty disks',
  goal: GOAL.rough,
  play: async (cluster) => {
    await veteran(cluster, order('membership', '1'));
    const record = await deploy(cluster, order('membership', '2'), rendezvous(cluster));
    replace(cluster, some(cluster, cluster.otherNodes, 0.5));
    const whole = (): boolean => cluster.up.length === cluster.nodes.length;
    await cluster.until('the new nodes are up', whole, 5 * cluster.intervalMs);
    return converge(cluster, GOAL.rough(cluster.nodes.length), [record]);
  },
};
