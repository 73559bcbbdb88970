/** A scenario: what happens to a cluster, and how soon it must recover. */
import type { Cluster, ClusterOptions } from '../world/cluster.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { Order } from '../world/operator.ts';
import { LawBroken } from '../laws/law.ts';
import { SAYS_WHAT_IS } from '../laws/says-what-is.ts';
import type { SimNode } from '../node/node.ts';

export interface Scenario {
  readonly name: string;
  /** Number of the row of the table of faults that it plays; null: none, or many. */
  readonly row: number | null;
  /** One line for people. */
  readonly about: string;
  /** What its cluster is like, where it is not as any other. */
  readonly cluster?: Pick<ClusterOptions, 'rendezvous' | 'intervalMs'>;
  /** At which sizes it is played where nobody says; default: at all. */
  readonly sizes?: readonly number[];
  /** Rounds until all connected nodes must hold the same configuration. */
  readonly goal: (nodes: number) => number;
  readonly play: (cluster: Cluster) => Promise<Rounds>;
}

/** How long it took from the moment that counts, in gossip rounds. */
export interface Rounds {
  /** Until all nodes that are up held the same configuration. */
  readonly known: number;
  /** Until all of them ran it. */
  readonly running: number;
}

/** Those who missed a node's return tell of its farewell now and then, one of all that they know, and are answered. */
const RETURN_ROUNDS = 200;

/** Running takes longer than knowing: code is fetched, instances start, and what failed pauses. This is far more. */
const RUNNING_ROUNDS = 200;

/** ⌈log2 n⌉: the yardstick of all goals. */
export function log2(nodes: number): number {
  return Math.ceil(Math.log2(nodes));
}

/** All nodes up, and running what was installed on their disks. */
export async function settle(cluster: Cluster): Promise<void> {
  cluster.startAll();
  const all = (): boolean => cluster.progress.arrived && cluster.up.length === cluster.nodes.length;
  await cluster.until('every node runs what it was installed with', all, RUNNING_ROUNDS * cluster.intervalMs);
}

/** In fair weather: law 9, that nobody who is there is taken to have left, by anybody. */
export async function missedByNobody(cluster: Cluster): Promise<void> {
  const mistaken = (): readonly string[] => {
    const there = new Set(cluster.up.map(({ peer }) => peer.id));
    return cluster.up.flatMap(({ peer, left }) => left.flatMap((id) => (there.has(id) ? `${peer.name} takes ${id} to have left` : [])));
  };
  for (let round = 0; mistaken().length > 0; round += 1) {
    if (round === RETURN_ROUNDS) throw new LawBroken(SAYS_WHAT_IS, mistaken().join(', '));
    await cluster.advance(cluster.intervalMs);
  }
}

/** Deploys at a node and waits until it acknowledged. */
export async function deploy(cluster: Cluster, order: Order, at: SimNode): Promise<VerifiedDeployment> {
  let record: VerifiedDeployment | undefined;
  cluster.deploy(order, at, (acknowledged) => (record = acknowledged));
  await cluster.until('the deployment is acknowledged', () => record !== undefined, 30 * cluster.intervalMs);
  return record as VerifiedDeployment;
}

/** From now on: law 6 with the scenario's goal, then until everybody runs it. */
export async function converge(cluster: Cluster, goal: number, including: readonly VerifiedDeployment[]): Promise<Rounds> {
  const { laws, progress, intervalMs, now } = cluster;
  laws.endsEqual.expect({ since: now, withinMs: goal * intervalMs, including: including.map(({ hash }) => hash) });
  await cluster.until('all nodes hold the same configuration', () => laws.endsEqual.tookMs !== null, (goal + 1) * intervalMs);
  const runs = (): boolean => progress.arrived;
  const runningMs = await cluster.until('all nodes run the newest deployments', runs, RUNNING_ROUNDS * intervalMs);
  const knownMs = laws.endsEqual.tookMs ?? 0;
  return { known: knownMs / intervalMs, running: (knownMs + runningMs) / intervalMs };
}
