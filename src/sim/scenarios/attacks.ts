/** A part of the nodes is in an attacker's hands; what the others do is judged alone. */
import { contradictions, falseHints, forgedNumbers, leaps, mix, oldRecords, otherCode, twoFaced } from '../byzantine/lies.ts';
import { flooder, replayer, silent } from '../byzantine/noise.ts';
import { copyOf, corrupt } from '../faults/nodes.ts';
import { decide } from '../world/decide.ts';
import type { Cluster } from '../world/cluster.ts';
import type { DeploymentNumber } from '../../model/deployment-number.ts';
import type { SimNode } from '../node/node.ts';
import { HOUR_MS } from '../../model/duration.ts';
import { BEGINNING_MS } from '../../sdk/virtual/scheduler.ts';
import { converge, deploy } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { anyNode, GOAL, order, rendezvous, veteran } from './setting.ts';
import { pause, some } from '../faults/faults.ts';

const BYZANTINE = 0.2;
/** Until one of the two truths has been told to somebody, and spread. */
const SOME_LIE_ROUNDS = 60;

export const silenced: Scenario = {
  name: 'silent',
  row: 12,
  about: '20 % of the nodes take everything and say nothing',
  goal: GOAL.rough,
  play: async (cluster) => {
    corrupt(cluster, BYZANTINE, () => silent);
    await veteran(cluster);
    const record = await deploy(cluster, order('registry', '2'), anyNode(cluster));
    return converge(cluster, GOAL.rough(cluster.size), [record]);
  },
};

export const liars: Scenario = {
  name: 'liars',
  row: 13,
  about:
    '20 % of the nodes serve other code, forge numbers and digests, contradict themselves, name false peers, replay, and tell two truths',
  goal: GOAL.rough,
  play: async (cluster) => {
    corrupt(cluster, BYZANTINE, () => mix(otherCode, forgedNumbers, contradictions, falseHints, oldRecords, twoFaced));
    // What the liars remember, and the correct nodes never heard of.
    for (const version of [1, 2]) cluster.operator.sign(order('registry', String(version)), numberOf(cluster, version));
    await veteran(cluster, order('registry', '3'), order('membership', '1'));
    const next = order('registry', '4');
    const record = await deploy(cluster, next, anyNode(cluster));
    const twin = cluster.operator.sign({ ...next, settings: { entries: { of: 'the twin' } } }, record.deployment.number);
    const rounds = await converge(cluster, GOAL.rough(cluster.size), [record]);
    await converge(cluster, SOME_LIE_ROUNDS, [record, twin]);
    return rounds;
  },
};

export const leaping: Scenario = {
  name: 'leaping',
  row: null,
  about: '20 % of the nodes spread signed deployments, scrubs and removals whose numbers leap up to 2^40; the operator goes on deploying',
  goal: GOAL.rough,
  play: async (cluster) => {
    corrupt(cluster, BYZANTINE, () => mix(leaps, oldRecords, forgedNumbers));
    await veteran(cluster, order('registry', '1'), order('membership', '1'));
    const far = [2 ** 40, 2 ** 40 - 1, 2 ** 33, 2 ** 30].map((sequence) => numberOf(cluster, sequence));
    const orders = [
      order('registry', '2', { scrub: true }),
      { module: order('membership', '1').module, code: null },
      order('aggregate', '1'),
    ];
    for (const number of far) for (const each of orders) cluster.operator.sign(each, number);
    await cluster.advance(cluster.random.between(0, 5) * cluster.intervalMs);
    await deploy(cluster, order('membership', '2'), anyNode(cluster));
    const record = await deploy(cluster, order('registry', '3'), anyNode(cluster));
    return converge(cluster, GOAL.rough(cluster.size), [record]);
  },
};

export const noisy: Scenario = {
  name: 'noise',
  row: null,
  about: '10 % of the nodes flood the others with requests, 10 % send again what they once heard',
  goal: GOAL.rough,
  play: async (cluster) => {
    corrupt(cluster, BYZANTINE / 2, () => flooder);
    corrupt(cluster, BYZANTINE / 2, replayer);
    await veteran(cluster, order('registry', '1'), order('membership', '1'));
    await deploy(cluster, order('registry', '2', { scrub: true }), anyNode(cluster));
    await cluster.advance(cluster.random.between(0, 5) * cluster.intervalMs);
    const record = await deploy(cluster, order('registry', '3'), anyNode(cluster));
    return converge(cluster, GOAL.rough(cluster.size), [record]);
  },
};

export const cloned: Scenario = {
  name: 'cloned',
  row: null,
  about: 'copies of two nodes start on other machines with the same identities, one from before a scrub, while the originals run on',
  goal: GOAL.rough,
  play: async (cluster) => {
    await veteran(cluster);
    const [early, late] = cluster.random.sample(cluster.otherNodes, 2) as [SimNode, SimNode];
    const copyEarly = copyOf(cluster, early);
    await deploy(cluster, order('registry', '2', { scrub: true }), cluster.random.pick(cluster.up) as SimNode);
    await cluster.advance(cluster.random.between(0, 5) * cluster.intervalMs);
    copyOf(cluster, late).start();
    copyEarly.start();
    const record = await deploy(cluster, order('registry', '3'), anyNode(cluster));
    return converge(cluster, GOAL.rough(cluster.size), [record]);
  },
};

/** In the past of the cluster. */
function numberOf(cluster: Cluster, sequence: number): DeploymentNumber {
  return { sequence, time: BEGINNING_MS - HOUR_MS, origin: anyNode(cluster).peer.id };
}

export const stolen: Scenario = {
  name: 'stolen',
  row: null,
  about:
    '10 % of the nodes are stolen, a rendezvous node among them, and revoked while others sleep or are down; nobody hears them from then on',
  goal: GOAL.rough,
  play: async (cluster) => {
    await veteran(cluster, order('registry', '1'), order('membership', '1'));
    const [first] = cluster.rendezvousNodes as [SimNode];
    const thieves = [first, ...some(cluster, cluster.otherNodes, BYZANTINE / 2)];
    for (const node of thieves) cluster.corrupt(node, mix(oldRecords, falseHints, forgedNumbers, leaps)).start();
    const [down, frozen] = [some(cluster, cluster.otherNodes, 0.1), some(cluster, cluster.otherNodes, 0.1)];
    for (const node of down) node.crash();
    pause(cluster, frozen, 10 * cluster.intervalMs);
    const at = rendezvous(cluster);
    const notes = thieves.map(({ peer }) => decide(cluster, 'revoke', peer, at));
    const last = await deploy(cluster, order('registry', '2'), at);
    await cluster.until('the frozen nodes wake', () => frozen.every((node) => !node.frozen), 30 * cluster.intervalMs);
    for (const node of down) node.start();
    const rounds = await converge(cluster, GOAL.rough(cluster.size), [last]);
    const known = (): boolean => cluster.up.every((node) => notes.every(({ hash }) => node.notes?.has(hash)));
    await cluster.until('every node knows who is revoked', known, GOAL.rough(cluster.size) * cluster.intervalMs);
    return rounds;
  },
};
