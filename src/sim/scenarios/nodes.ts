/** Nodes restart, sleep, are replaced, and have wrong clocks. */
import type { Hint } from '../../gossip/protocol.ts';
import type { Address, NodeId } from '../../model/names.ts';
import type { Cluster } from '../world/cluster.ts';
import { breakInstances, churn, pause, replace, restart, some } from '../faults/faults.ts';
import { jumpClocks } from '../faults/nodes.ts';
import type { SimNode } from '../node/node.ts';
import { HOUR_MS, YEAR_MS } from '../../model/duration.ts';
import type { Random } from '../../sdk/virtual/random.ts';
import { converge, deploy } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { allUp, anyNode, GOAL, order, rendezvous, veteran } from './setting.ts';

const STALE_HINTS = 1_000;

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
    cluster.after(GOAL.rough(cluster.size) * cluster.intervalMs, () => turmoil.stop());
    const known = await converge(cluster, GOAL.rough(cluster.size), [record]);
    turmoil.stop();
    return known;
  },
};

export const sleeper: Scenario = {
  name: 'sleeper',
  row: 20,
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

export const yearAsleep: Scenario = {
  name: 'year',
  row: 24,
  about: 'nodes that were down for a year, through scrubs and removals, wake with a thousand stale hints and their old state',
  goal: GOAL.healed,
  play: async (cluster) => {
    const { random } = cluster;
    await veteran(cluster, order('registry', '1'), order('membership', '1'));
    const sleepers = some(cluster, cluster.otherNodes, 0.2);
    for (const node of sleepers) {
      node.crash();
      node.disk.hints = [...node.disk.hints, ...staleHints(random)];
    }
    const records = [];
    for (const version of ['2', '3']) {
      records.push(await deploy(cluster, order('registry', version, { scrub: random.chance(0.7) }), rendezvous(cluster)));
      records.push(await deploy(cluster, { ...order('membership', version), ...(version === '2' && { code: null }) }, rendezvous(cluster)));
      await cluster.advance(random.between(1, 5) * cluster.intervalMs);
    }
    // What passes in a year, for those who wake: everybody's clock shows another year. In between nothing happens that they could know.
    for (const node of cluster.nodes) node.setClock(YEAR_MS + random.between(-HOUR_MS, HOUR_MS));
    for (const node of sleepers) node.start();
    return converge(cluster, GOAL.healed(), records);
  },
};

/** Peers of long ago, at addresses where nobody listens. */
function staleHints(random: Random): Hint[] {
  return Array.from({ length: STALE_HINTS }, (_, index) => {
    const address = `10.250.${index >> 8}.${index & 255}:7946` as Address;
    return { id: random.hex(64) as NodeId, name: `gone${index}`, address, failures: 0, proven: true };
  });
}

export const replaced: Scenario = {
  name: 'replaced',
  row: 11,
  about: 'half of the nodes are replaced by new ones with empty disks',
  goal: GOAL.rough,
  play: async (cluster) => {
    await veteran(cluster, order('membership', '1'));
    const record = await deploy(cluster, order('membership', '2'), rendezvous(cluster));
    replace(cluster, some(cluster, cluster.otherNodes, 0.5));
    await allUp(cluster);
    return converge(cluster, GOAL.rough(cluster.size), [record]);
  },
};

export const orphaned: Scenario = {
  name: 'orphaned',
  row: 8,
  about: 'all rendezvous nodes are down: no instance notices, and a deployment spreads all the same',
  goal: GOAL.clean,
  play: async (cluster) => {
    await veteran(cluster, order('registry', '1'), order('membership', '1'));
    for (const node of cluster.rendezvousNodes) node.crash();
    const before = runningOn(cluster);
    await cluster.advance(10 * cluster.intervalMs);
    if (runningOn(cluster) !== before) throw new Error('instances ended because the rendezvous nodes were down');
    const record = await deploy(cluster, order('registry', '2'), cluster.random.pick(cluster.up) as SimNode);
    return converge(cluster, GOAL.clean(cluster.size), [record]);
  },
};

/** Which instances run, on all nodes. */
function runningOn(cluster: Cluster): string {
  return cluster.up
    .map(({ peer, running }) => [peer.name, ...[...running].map(([module, { generation }]) => `${module}/${generation}`)].join(' '))
    .join(', ');
}

export const wrongClocks: Scenario = {
  name: 'clocks',
  row: 23,
  about: 'clocks of nodes and operators jump by an hour, a year ahead, ten years back, while deployments go on and nodes restart',
  goal: GOAL.rough,
  play: async (cluster) => {
    await veteran(cluster, order('registry', '1'), order('membership', '1'));
    const turmoil = jumpClocks(cluster, 0.3);
    const records = [];
    for (const version of ['2', '3', '4']) {
      records.push(await deploy(cluster, order('registry', version), anyNode(cluster)));
      restart(cluster, some(cluster, cluster.up, 0.1));
      await cluster.advance(cluster.random.between(0, 3) * cluster.intervalMs);
    }
    cluster.after(GOAL.rough(cluster.size) * cluster.intervalMs, () => turmoil.stop());
    const rounds = await converge(cluster, GOAL.rough(cluster.size), records);
    turmoil.stop();
    return rounds;
  },
};
