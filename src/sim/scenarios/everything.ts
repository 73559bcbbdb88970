/** Everything at once. */
import type { VerifiedDeployment } from '../../model/deployment.ts';
import { Chaos } from '../faults/chaos.ts';
import { converge, deploy, missedByNobody } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { GOAL, order, rendezvous, veteran } from './setting.ts';

/** How long chaos lasts. */
const CHAOS_ROUNDS = 12;

export const chaos: Scenario = {
  name: 'chaos',
  row: null,
  about:
    'rounds of restarts, farewells, freezes, power cuts, bad disks, partitions, losses, broken and slow instances, spoiled states, new nodes, stolen and revoked ones, changes of the root, sound and broken deployments, scrubs and removals',
  goal: GOAL.rough,
  play: async (cluster) => {
    await veteran(cluster, order('membership', '1'), order('registry', '1'));
    const turmoil = new Chaos(cluster);
    await turmoil.rage(CHAOS_ROUNDS);
    await turmoil.calm();
    const last: VerifiedDeployment[] = [];
    for (const sound of turmoil.orders()) last.push(await deploy(cluster, sound, rendezvous(cluster)));
    const rounds = await converge(cluster, GOAL.rough(cluster.size), [...turmoil.acknowledged, ...last]);
    await missedByNobody(cluster);
    return rounds;
  },
};
