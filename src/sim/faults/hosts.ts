/** Faults of module hosts: each a small function that breaks some instances for a while, drawn from the cluster's seed. */
import type { Cluster } from '../world/cluster.ts';
import type { Host, Withholding } from '../node/host.ts';
import type { SimNode } from '../node/node.ts';

const SLOW_MS = { min: 50, max: 2_000 };
/** When the end comes, after a hand-over has begun: before it is done, or in the middle of it. */
const CUT_MS = { min: 0, max: 3 };
/** How long states are spoiled, or not given. */
const SPOILED_ROUNDS = { min: 0.5, max: 8 };

/** A part of all running instances give a state that is cut off or scribbled over, for a while. */
export function spoilStates(cluster: Cluster, share: number): void {
  for (const host of chosenHosts(cluster, share)) {
    host.spoilsState = true;
    cluster.after(
      cluster.random.between(SPOILED_ROUNDS.min, SPOILED_ROUNDS.max) * cluster.intervalMs,
      () => void (host.spoilsState = false),
    );
  }
}

const WITHHOLDINGS: readonly Withholding[] = ['throws', 'too-large', 'hangs'];

/** A part of all running instances give no state for a while: the next update must not lose what they know. */
export function withholdStates(cluster: Cluster, share: number): void {
  for (const host of chosenHosts(cluster, share)) {
    host.withholds = cluster.random.pick(WITHHOLDINGS) ?? null;
    cluster.after(cluster.random.between(SPOILED_ROUNDS.min, SPOILED_ROUNDS.max) * cluster.intervalMs, () => void (host.withholds = null));
  }
}

/** A part of all running instances take their time for everything, until they end. */
export function slowDown(cluster: Cluster, share: number): void {
  for (const host of chosenHosts(cluster, share)) host.slowMs = cluster.random.between(SLOW_MS.min, SLOW_MS.max);
}

/** From now on until told to stop, a part of all hand-overs are cut off: an instance crashes, or the whole node, which starts again. */
export function cutHandOvers(cluster: Cluster, share: number): { stop(): void } {
  let going = true;
  cluster.listen((happening) => {
    if (!going || happening.type !== 'handled') return;
    const handsOver = happening.effects.some(({ type }) => type === 'take-state' || type === 'accept-state' || type === 'activate');
    if (!handsOver || !cluster.random.chance(share)) return;
    cluster.after(cluster.random.between(CUT_MS.min, CUT_MS.max), () => cutOff(cluster, happening.node as SimNode));
  });
  return { stop: () => void (going = false) };
}

function cutOff(cluster: Cluster, node: SimNode): void {
  const host = cluster.random.pick(node.hosts)?.host;
  if (host !== undefined && cluster.random.chance(0.7)) return host.crash();
  if (!node.up) return undefined;
  node.crash();
  return cluster.after(cluster.random.between(0, 1) * cluster.intervalMs, () => node.start());
}

function chosenHosts(cluster: Cluster, share: number): Host[] {
  return cluster.up.flatMap(({ hosts }) => hosts.flatMap(({ host }) => (cluster.random.chance(share) ? [host] : [])));
}
