/** Modules are broken by their own code, and removed. */
import { restart, some } from '../faults/faults.ts';
import { cutHandOvers, slowDown, spoilStates, withholdStates } from '../faults/hosts.ts';
import { converge, deploy } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { allUp, GOAL, order, rendezvous, veteran } from './setting.ts';

export const outage: Scenario = {
  name: 'outage',
  row: 9,
  about: 'a poisoned version kills the only module everywhere; a rollback with scrub comes by backup gossip alone',
  goal: GOAL.repaired,
  play: async (cluster) => {
    const good = order('membership', '1');
    await veteran(cluster, good);
    const flaw = cluster.random.pick(['crashes', 'hangs'] as const) ?? 'crashes';
    const poison = await deploy(cluster, order('membership', '2', { flaw }), rendezvous(cluster));
    const poisoned = (): boolean => cluster.progress.holders(poison.hash) === cluster.nodes.length;
    await cluster.until('the poison is everywhere', poisoned, 60 * cluster.intervalMs);
    await cluster.advance(10 * cluster.intervalMs);
    const repair = await deploy(cluster, { ...good, scrub: true, rollbackOf: poison.hash }, rendezvous(cluster));
    return converge(cluster, GOAL.repaired(), [repair]);
  },
};

export const held: Scenario = {
  name: 'held',
  row: 26,
  about: 'a version that cannot start or accept the state is held everywhere, then mended by the next',
  goal: GOAL.clean,
  play: async (cluster) => {
    await veteran(cluster);
    const flaw = cluster.random.pick(['cannot-start', 'cannot-accept'] as const) ?? 'cannot-start';
    await deploy(cluster, order('registry', '2', { flaw }), rendezvous(cluster));
    await cluster.advance(8 * cluster.intervalMs);
    const mended = await deploy(cluster, order('registry', '3'), rendezvous(cluster));
    return converge(cluster, GOAL.clean(cluster.size), [mended]);
  },
};

export const withheld: Scenario = {
  name: 'withheld',
  row: 26,
  about:
    'instances that run well throw, hang or give too much when their state is taken; no update loses it, and a scrub then runs everywhere',
  goal: GOAL.clean,
  play: async (cluster) => {
    await veteran(cluster, order('registry', '1'), order('membership', '1'));
    for (const version of ['2', '3']) {
      withholdStates(cluster, 0.4);
      await cluster.advance(cluster.random.between(0, 6) * cluster.intervalMs);
      await deploy(cluster, order(cluster.random.pick(['registry', 'membership'] as const) ?? 'registry', version), rendezvous(cluster));
    }
    await cluster.advance(cluster.random.between(0, 10) * cluster.intervalMs);
    const last = [];
    for (const module of ['registry', 'membership'] as const)
      last.push(await deploy(cluster, order(module, '4', { scrub: true }), rendezvous(cluster)));
    return converge(cluster, GOAL.clean(cluster.size), last);
  },
};

export const cutOff: Scenario = {
  name: 'cut-off',
  row: 26,
  about: 'hand-overs are cut off in the middle, instances are slow and give spoiled states; a scrub then runs everywhere',
  goal: GOAL.clean,
  play: async (cluster) => {
    await veteran(cluster, order('registry', '1'), order('membership', '1'));
    spoilStates(cluster, 0.2);
    slowDown(cluster, 0.2);
    const turmoil = cutHandOvers(cluster, 0.3);
    for (const version of ['2', '3', '4']) {
      await deploy(cluster, order(cluster.random.pick(['registry', 'membership'] as const) ?? 'registry', version), rendezvous(cluster));
      await cluster.advance(cluster.random.between(0, 5) * cluster.intervalMs);
    }
    turmoil.stop();
    await allUp(cluster);
    const last = [];
    for (const module of ['registry', 'membership'] as const)
      last.push(await deploy(cluster, order(module, '5', { scrub: true }), rendezvous(cluster)));
    return converge(cluster, GOAL.clean(cluster.size), last);
  },
};

export const stillborn: Scenario = {
  name: 'stillborn',
  row: 22,
  about: 'all modules fail at every start, on nodes that ran nothing before; a deployment repairs them',
  goal: GOAL.repaired,
  play: async (cluster) => {
    cluster.startAll();
    await cluster.advance(2 * cluster.intervalMs);
    for (const module of ['membership', 'registry'] as const) {
      await deploy(cluster, order(module, '1', { flaw: 'cannot-start' }), rendezvous(cluster));
    }
    await cluster.advance(10 * cluster.intervalMs);
    const repairs = [];
    for (const module of ['membership', 'registry'] as const) repairs.push(await deploy(cluster, order(module, '2'), rendezvous(cluster)));
    return converge(cluster, GOAL.repaired(), repairs);
  },
};

export const removed: Scenario = {
  name: 'removed',
  row: null,
  about:
    'a module is removed while nodes are down that still have it, with its state and code; they come back, and it does not (attack B6)',
  goal: GOAL.healed,
  play: async (cluster) => {
    await veteran(cluster, order('registry', '1'), order('membership', '1'));
    const away = some(cluster, cluster.otherNodes, 0.3);
    for (const node of away) node.crash();
    const removal = await deploy(cluster, { ...order('registry', '1'), code: null }, rendezvous(cluster));
    await cluster.advance(cluster.random.between(1, 10) * cluster.intervalMs);
    for (const node of away) node.start();
    const rounds = await converge(cluster, GOAL.healed(), [removal]);
    restart(cluster, some(cluster, cluster.up, 0.3));
    await cluster.advance(10 * cluster.intervalMs);
    const revived = cluster.nodes.filter((node) => node.running.has(removal.deployment.module));
    if (revived.length > 0) throw new Error(`the removed module runs on ${revived.map(({ peer }) => peer.name).join(', ')}`);
    return rounds;
  },
};
