/** The scenarios of the test suite and of the command. */
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { ModuleName } from '../model/names.ts';
import { Chaos } from './chaos.ts';
import type { Cluster } from './cluster.ts';
import { shippedCode } from './codes.ts';
import type { Flaw, Shipped } from './codes.ts';
import { breakInstances, churn, pause, replace, some, splitInTwo } from './faults.ts';
import type { SimNode } from './node.ts';
import type { Order } from './operator.ts';
import { converge, deploy, log2, settle } from './scenario.ts';
import type { Scenario } from './scenario.ts';

/** How long chaos lasts. */
const CHAOS_ROUNDS = 12;

const clean = (nodes: number): number => log2(nodes) + 3;
const rough = (nodes: number): number => 2 * log2(nodes) + 5;
const healed = (): number => 5;
const repaired = (): number => 10;

function order(module: Shipped, version: string, more: Partial<Order> & { readonly flaw?: Flaw } = {}): Order {
  const { flaw, ...rest } = more;
  return { module: module as string as ModuleName, code: shippedCode(module, version, flaw), ...rest };
}

/** A cluster that has run `registry` 1 for long. */
async function veteran(cluster: Cluster, ...orders: readonly Order[]): Promise<void> {
  for (const each of orders.length > 0 ? orders : [order('registry', '1')]) cluster.install(each);
  cluster.introduce();
  await settle(cluster);
}

function rendezvous(cluster: Cluster): SimNode {
  return cluster.random.pick(cluster.rendezvousNodes) ?? anyNode(cluster);
}

function anyNode(cluster: Cluster): SimNode {
  return cluster.random.pick(cluster.nodes) as SimNode;
}

const spread: Scenario = {
  name: 'clean',
  about: 'a deployment spreads through a healthy cluster that runs all shipped modules',
  goal: clean,
  play: async (cluster) => {
    await veteran(cluster, order('membership', '1'), order('registry', '1'), order('aggregate', '1'));
    const record = await deploy(cluster, order('registry', '2'), rendezvous(cluster));
    return converge(cluster, clean(cluster.nodes.length), [record]);
  },
};

const birth: Scenario = {
  name: 'birth',
  about: 'nodes with empty disks, which know only the rendezvous nodes, get their first deployment',
  goal: clean,
  play: async (cluster) => {
    cluster.startAll();
    await cluster.advance(2 * cluster.intervalMs);
    const record = await deploy(cluster, order('membership', '1'), rendezvous(cluster));
    return converge(cluster, clean(cluster.nodes.length), [record]);
  },
};

const lossy: Scenario = {
  name: 'loss',
  about: '30 % of all exchanges fail, some requests arrive twice, delays reorder them',
  goal: rough,
  play: async (cluster) => {
    await veteran(cluster);
    Object.assign(cluster.network.weather, { loss: 0.3, duplication: 0.05, delayMs: { min: 1, max: 400 } });
    const record = await deploy(cluster, order('registry', '2'), anyNode(cluster));
    return converge(cluster, rough(cluster.nodes.length), [record]);
  },
};

const churning: Scenario = {
  name: 'churn',
  about: '10 % of the nodes restart in every round, and instances crash and hang',
  goal: rough,
  play: async (cluster) => {
    await veteran(cluster);
    const turmoil = churn(cluster, 0.1);
    const record = await deploy(cluster, order('registry', '2'), anyNode(cluster));
    breakInstances(cluster, 0.1);
    cluster.after(rough(cluster.nodes.length) * cluster.intervalMs, () => turmoil.stop());
    const known = await converge(cluster, rough(cluster.nodes.length), [record]);
    turmoil.stop();
    return known;
  },
};

const partitioned: Scenario = {
  name: 'partition',
  about: 'both sides of a partition deploy, one of them with a scrub; then it heals',
  goal: healed,
  play: async (cluster) => {
    await veteran(cluster);
    const sides = splitInTwo(cluster);
    const [left, right] = sides.map((side) => cluster.random.pick(side) as SimNode) as [SimNode, SimNode];
    const a = await deploy(cluster, order('registry', '2', { scrub: true }), left);
    const b = await deploy(cluster, order('registry', '3'), right);
    await cluster.advance(cluster.random.between(1, 10) * cluster.intervalMs);
    cluster.heal();
    return converge(cluster, healed(), [a, b]);
  },
};

const outage: Scenario = {
  name: 'outage',
  about: 'a poisoned version kills the only module everywhere; a rollback with scrub comes by backup gossip alone',
  goal: repaired,
  play: async (cluster) => {
    const good = order('membership', '1');
    await veteran(cluster, good);
    const flaw = cluster.random.pick(['crashes', 'hangs'] as const) ?? 'crashes';
    const poison = await deploy(cluster, order('membership', '2', { flaw }), rendezvous(cluster));
    const poisoned = (): boolean => cluster.progress.holders(poison.hash).length === cluster.nodes.length;
    await cluster.until('the poison is everywhere', poisoned, 60 * cluster.intervalMs);
    await cluster.advance(10 * cluster.intervalMs);
    const repair = await deploy(cluster, { ...good, scrub: true, rollbackOf: poison.hash }, rendezvous(cluster));
    return converge(cluster, repaired(), [repair]);
  },
};

const held: Scenario = {
  name: 'held',
  about: 'a version that cannot start or accept the state is held everywhere, then mended by the next',
  goal: clean,
  play: async (cluster) => {
    await veteran(cluster);
    const flaw = cluster.random.pick(['cannot-start', 'cannot-accept'] as const) ?? 'cannot-start';
    await deploy(cluster, order('registry', '2', { flaw }), rendezvous(cluster));
    await cluster.advance(8 * cluster.intervalMs);
    const mended = await deploy(cluster, order('registry', '3'), rendezvous(cluster));
    return converge(cluster, clean(cluster.nodes.length), [mended]);
  },
};

const sleeper: Scenario = {
  name: 'sleeper',
  about: 'nodes that were down or frozen through a scrub and a further deployment come back',
  goal: healed,
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
    return converge(cluster, healed(), [last]);
  },
};

const replaced: Scenario = {
  name: 'replaced',
  about: 'half of the nodes are replaced by new ones with empty disks',
  goal: rough,
  play: async (cluster) => {
    await veteran(cluster, order('membership', '1'));
    const record = await deploy(cluster, order('membership', '2'), rendezvous(cluster));
    replace(cluster, some(cluster, cluster.otherNodes, 0.5));
    const whole = (): boolean => cluster.up.length === cluster.nodes.length;
    await cluster.until('the new nodes are up', whole, 5 * cluster.intervalMs);
    return converge(cluster, rough(cluster.nodes.length), [record]);
  },
};

const chaos: Scenario = {
  name: 'chaos',
  about: 'rounds of restarts, freezes, partitions, losses, broken instances, new nodes, sound and broken deployments, scrubs and removals',
  goal: rough,
  play: async (cluster) => {
    await veteran(cluster, order('membership', '1'), order('registry', '1'));
    const turmoil = new Chaos(cluster);
    await turmoil.rage(CHAOS_ROUNDS);
    await turmoil.calm();
    const last: VerifiedDeployment[] = [];
    for (const sound of turmoil.orders()) last.push(await deploy(cluster, sound, rendezvous(cluster)));
    return converge(cluster, rough(cluster.nodes.length), [...turmoil.acknowledged, ...last]);
  },
};

export const SCENARIOS: readonly Scenario[] = [spread, birth, lossy, churning, partitioned, outage, held, sleeper, replaced, chaos];
