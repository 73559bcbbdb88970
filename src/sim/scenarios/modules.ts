/** Modules are broken by their own code. */
import { converge, deploy } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { GOAL, order, rendezvous, veteran } from './setting.ts';

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
    const poisoned = (): boolean => cluster.progress.holders(poison.hash).length === cluster.nodes.length;
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
    return converge(cluster, GOAL.clean(cluster.nodes.length), [mended]);
  },
};
