/** Disks lose, refuse and spoil what they hold; nodes are killed in the middle of their writes. */
import { restart, some } from '../faults/faults.ts';
import { cutPower, damage, refuseWrites } from '../faults/disks.ts';
import type { SimNode } from '../node/node.ts';
import { converge, deploy } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { allUp, anyNode, GOAL, order, RECOVERY_ROUNDS, veteran } from './setting.ts';

const KILLS = 200;
const DEPLOYMENTS = 10;
const ROUNDS = 10;

export const killed: Scenario = {
  name: 'killed',
  row: 14,
  about: `nodes are killed ${KILLS} times at random moments while ${DEPLOYMENTS} deployments spread`,
  goal: GOAL.rough,
  play: async (cluster) => {
    const { random, intervalMs } = cluster;
    await veteran(cluster);
    const [begin, spreadMs] = [cluster.now, DEPLOYMENTS * intervalMs];
    for (let kill = 0; kill < KILLS; kill += 1) {
      cluster.after(random.between(0, spreadMs), () => restart(cluster, random.sample(cluster.up, 1)));
    }
    const records = [];
    for (let count = 0; count < DEPLOYMENTS; count += 1)
      records.push(await deploy(cluster, order('registry', `${2 + count}`), anyNode(cluster)));
    // The last node was killed by then.
    await cluster.advance(Math.max(0, begin + spreadMs - cluster.now));
    await allUp(cluster);
    return converge(cluster, GOAL.rough(cluster.size), records);
  },
};

export const badDisks: Scenario = {
  name: 'disks',
  row: 17,
  about: 'power cuts lose what was not synced, disks are full or fail for a while, and spoil configurations, checkpoints and code',
  goal: GOAL.rough,
  play: async (cluster) => {
    await veteran(cluster, order('registry', '1'), order('membership', '1'));
    const records = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      cutPower(cluster, some(cluster, cluster.up, 0.15));
      refuseWrites(cluster, some(cluster, cluster.up, 0.15));
      // One that keeps everything: what all disks lose at once, nobody can give back.
      damage(cluster, some(cluster, cluster.otherNodes.slice(1), 0.1));
      if (round % 3 === 0) records.push(await deploy(cluster, order('registry', `${2 + round}`), cluster.otherNodes[0] as SimNode));
      await cluster.advance(cluster.intervalMs);
    }
    const sound = (): boolean => cluster.nodes.every(({ diskCondition }) => diskCondition === 'sound');
    await cluster.until('every disk is sound again', sound, RECOVERY_ROUNDS * cluster.intervalMs);
    await allUp(cluster);
    return converge(cluster, GOAL.rough(cluster.size), records);
  },
};
