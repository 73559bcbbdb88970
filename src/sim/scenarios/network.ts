/** The network loses, delays, repeats, resets, and lets only some call. */
import { halfOpen, hide } from '../faults/network.ts';
import { some } from '../faults/faults.ts';
import { converge, deploy } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { anyNode, GOAL, order, rendezvous, veteran } from './setting.ts';

export const lossy: Scenario = {
  name: 'loss',
  row: 2,
  about: '30 % of all exchanges fail, some requests arrive twice, delays reorder them',
  goal: GOAL.rough,
  play: async (cluster) => {
    await veteran(cluster);
    Object.assign(cluster.network.weather, { loss: 0.3, duplication: 0.05, delayMs: { min: 1, max: 400 } });
    const record = await deploy(cluster, order('registry', '2'), anyNode(cluster));
    return converge(cluster, GOAL.rough(cluster.size), [record]);
  },
};

export const halved: Scenario = {
  name: 'half-lost',
  row: 3,
  about: 'half of all exchanges fail',
  goal: GOAL.half,
  play: async (cluster) => {
    await veteran(cluster);
    cluster.network.weather.loss = 0.5;
    const record = await deploy(cluster, order('registry', '2'), anyNode(cluster));
    return converge(cluster, GOAL.half(cluster.size), [record]);
  },
};

export const disorder: Scenario = {
  name: 'disorder',
  row: 4,
  about: 'messages take up to two rounds, overtake each other, and half of the requests arrive twice; three deployments in sequence',
  goal: GOAL.rough,
  play: async (cluster) => {
    await veteran(cluster);
    Object.assign(cluster.network.weather, { duplication: 0.5, delayMs: { min: 1, max: 2 * cluster.intervalMs } });
    const records = [];
    for (const version of ['2', '3', '4']) {
      records.push(await deploy(cluster, order('registry', version), anyNode(cluster)));
      await cluster.advance(cluster.random.between(0, 3) * cluster.intervalMs);
    }
    return converge(cluster, GOAL.rough(cluster.size), records);
  },
};

export const flaky: Scenario = {
  name: 'flaky',
  row: 5,
  about: 'a fifth of the connections is half-open, a fifth of the exchanges is reset, a tenth of the nodes has links of 64 kbit/s',
  goal: GOAL.rough,
  play: async (cluster) => {
    await veteran(cluster);
    cluster.network.weather.resets = 0.2;
    halfOpen(cluster, 0.2, 5 * cluster.intervalMs);
    for (const { peer } of some(cluster, cluster.nodes, 0.1)) {
      cluster.network.links.limit(peer.id, { upBitsPerS: 64_000, downBitsPerS: 64_000 });
    }
    const record = await deploy(cluster, order('registry', '2'), anyNode(cluster));
    return converge(cluster, GOAL.rough(cluster.size), [record]);
  },
};

export const gateways: Scenario = {
  name: 'gateways',
  row: null,
  about: 'half of the nodes may only call out, as behind gateways that translate addresses',
  goal: GOAL.rough,
  play: async (cluster) => {
    hide(cluster, some(cluster, cluster.otherNodes, 0.5));
    await veteran(cluster);
    const record = await deploy(cluster, order('registry', '2'), rendezvous(cluster));
    return converge(cluster, GOAL.rough(cluster.size), [record]);
  },
};
