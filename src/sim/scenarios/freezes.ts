/** Somebody keeps nodes from what is new, and a rendezvous node helps him by its tips (attacks A4 and B16). */
import { TIP_LIES, lyingTips } from '../byzantine/tips.ts';
import type { TipLie } from '../byzantine/tips.ts';
import { freezeOut } from '../faults/freeze.ts';
import { LawBroken } from '../laws/law.ts';
import { SAYS_WHAT_IS } from '../laws/says-what-is.ts';
import type { SimNode } from '../node/node.ts';
import type { Cluster } from '../world/cluster.ts';
import { decide } from '../world/decide.ts';
import type { NodeId } from '../../model/names.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import { converge, deploy } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { GOAL, order, veteran } from './setting.ts';

/** A tenth of a second: what nodes do by the second and not by the round is then a small part of what an hour of rounds costs to simulate. */
const INTERVAL_MS = 100;
/** The module's own rounds, likewise. */
const QUIET_ROUNDS = 20;
const QUIET = { intervalMs: QUIET_ROUNDS * INTERVAL_MS };
/** Tips are made every 300 rounds, by chance up to 375, and passed on a few rounds later. */
const TIP_ROUNDS = 400;
const STALE_ROUNDS = 3_600;
/** Until a tip that has come already is seen to name what has come now. */
const SEEN_ROUNDS = 60;
const ASK_ROUNDS = 10;
/** Of all that are no rendezvous nodes; one at least. */
const FROZEN = 0.3;
/** Something new of each kind that tips tell of. */
const NEWS = ['deployment', 'root', 'note'] as const;
type News = (typeof NEWS)[number];

export const stale: Scenario = {
  name: 'stale',
  row: null,
  about:
    'for an hour of rounds nodes are kept from all that is new, one of three rendezvous nodes confirms what they hold and lies to the others; they say that they are stale, and are fresh again afterwards',
  goal: GOAL.rough,
  cluster: { rendezvous: 3, intervalMs: INTERVAL_MS },
  sizes: [5, 20],
  play: async (cluster) => {
    const { random, intervalMs } = cluster;
    cluster.laws.saysHowFresh.watch();
    await veteran(cluster, order('registry', '1', { settings: QUIET }));
    await allSay(cluster, cluster.nodes, 'fresh', TIP_ROUNDS);
    const frozen = random.sample(cluster.otherNodes, Math.max(1, Math.round(cluster.otherNodes.length * FROZEN)));
    const [liar, at] = random.sample(cluster.rendezvousNodes, 2) as [SimNode, SimNode];
    lie(cluster, liar, random.pick(TIP_LIES) as TipLie);
    const tips = random.chance(0.5);
    const thaw = freezeOut(cluster, frozen, { tips, ally: liar.peer.id });
    if (random.chance(0.3)) for (const node of random.sample(frozen, 1)) startAgain(cluster, node);
    await cluster.advance(random.between(0, 20) * intervalMs);
    const records = await happen(
      cluster,
      at,
      NEWS.filter(() => random.chance(0.5)),
    );
    await cluster.until('all frozen nodes run', () => frozen.every(({ running }) => running.size > 0), SEEN_ROUNDS * intervalMs);
    const before = runningOn(frozen);
    await allSay(cluster, frozen, 'stale', STALE_ROUNDS + 3 * TIP_ROUNDS);
    await cluster.advance(random.between(0, TIP_ROUNDS) * intervalMs);
    if (runningOn(frozen) !== before) throw new LawBroken(SAYS_WHAT_IS, 'what a stale node ran does not run any more');
    thaw();
    const rounds = await converge(cluster, GOAL.rough(cluster.size), records);
    await allSay(cluster, frozen, 'fresh', tips ? SEEN_ROUNDS : TIP_ROUNDS);
    return rounds;
  },
};

function lie(cluster: Cluster, liar: SimNode, how: TipLie): void {
  const { digest, root } = liar;
  if (digest === null || root === null) throw new Error('who lies is up by then');
  cluster.corrupt(liar, lyingTips(how, { digest, rootVersion: root.root.version })).start();
}

/** It knows from its disk what it has heard before, and that was before. */
function startAgain(cluster: Cluster, node: SimNode): void {
  node.crash();
  cluster.after(cluster.intervalMs, () => node.start());
}

/** News that the frozen nodes do not hear of, at that node; a deployment where nothing else is. Those of deployments, once all is durable there. */
async function happen(cluster: Cluster, at: SimNode, news: readonly News[]): Promise<readonly VerifiedDeployment[]> {
  let open = 0;
  const begun = (): (() => void) => {
    open += 1;
    return () => void (open -= 1);
  };
  if (news.includes('root')) cluster.rotate(at, { done: begun() });
  if (news.includes('note')) decide(cluster, 'forget', { ...at.peer, id: cluster.random.hex(64) as NodeId }, at, begun());
  const isDeployed = news.length === 0 || news.includes('deployment');
  const records = isDeployed ? [await deploy(cluster, order('registry', '2', { settings: QUIET }), at)] : [];
  await cluster.until('the news are durable where they were told', () => open === 0, 30 * cluster.intervalMs);
  return records;
}

/** Law 9: within so many rounds they do. Asked now and then, for it costs the nodes more than a round does. */
async function allSay(cluster: Cluster, nodes: readonly SimNode[], word: 'fresh' | 'stale', rounds: number): Promise<void> {
  const end = cluster.now + rounds * cluster.intervalMs;
  for (;;) {
    const late = nodes.filter(({ fresh }) => fresh !== (word === 'fresh'));
    if (late.length === 0) return;
    const names = late.map(({ peer }) => peer.name).join(', ');
    if (cluster.now > end) throw new LawBroken(SAYS_WHAT_IS, `${names} did not say within ${rounds} rounds: ${word}`);
    await cluster.advance(ASK_ROUNDS * cluster.intervalMs);
  }
}

/** Which deployments run, on these nodes. */
function runningOn(nodes: readonly SimNode[]): string {
  return nodes.map(({ running }) => [...running].map(([module, { record }]) => `${module} ${record.hash}`).join(' ')).join(', ');
}
