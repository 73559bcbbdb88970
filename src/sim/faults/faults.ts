/** Faults: each a small function that does one bad thing to a cluster, drawn from its seed. */
import type { Cluster } from '../world/cluster.ts';
import type { SimNode } from '../node/node.ts';

/** How long a node that crashed stays away, in rounds. */
const AWAY_ROUNDS = { min: 0.5, max: 3 };
/** One that left. */
const LEFT_ROUNDS = { min: 0.5, max: 8 };

/** Crashes these nodes, or stops some of them in order, and starts each again a little later. */
export function restart(cluster: Cluster, nodes: readonly SimNode[], { inOrder = 0.5 } = {}): void {
  const { min, max } = AWAY_ROUNDS;
  for (const node of nodes) {
    const startAgain = (): void => cluster.after(cluster.random.between(min, max) * cluster.intervalMs, () => node.start());
    if (cluster.random.chance(inOrder)) node.stop(startAgain);
    else {
      node.crash();
      startAgain();
    }
  }
}

/** These nodes leave, and are started again a good while later: by then everybody may have heard their goodbye, or nobody. */
export function leave(cluster: Cluster, nodes: readonly SimNode[]): void {
  const { min, max } = LEFT_ROUNDS;
  for (const node of nodes) {
    const startAgain = (): void => cluster.after(cluster.random.between(min, max) * cluster.intervalMs, () => node.start());
    node.stop(startAgain, { goodbye: true });
  }
}

/** In every round a part of the nodes restarts, until told to stop. */
export function churn(cluster: Cluster, share: number): { stop(): void } {
  let going = true;
  const round = (): void => {
    if (!going) return;
    restart(cluster, some(cluster, cluster.up, share));
    cluster.after(cluster.intervalMs, round);
  };
  round();
  return { stop: () => void (going = false) };
}

/** Freezes nodes for a while, as if their machines stood still. */
export function pause(cluster: Cluster, nodes: readonly SimNode[], ms: number): void {
  for (const node of nodes) {
    node.freeze();
    cluster.after(ms, () => node.thaw());
  }
}

/** Replaces nodes by new ones with empty disks, which start a little later. */
export function replace(cluster: Cluster, nodes: readonly SimNode[]): void {
  for (const node of nodes) {
    const fresh = cluster.replace(node);
    cluster.after(cluster.random.between(0, 1) * cluster.intervalMs, () => fresh.start());
  }
}

/** Crashes or hangs a part of all running instances. */
export function breakInstances(cluster: Cluster, share: number): void {
  for (const node of cluster.up) {
    for (const { host } of node.hosts) {
      if (!cluster.random.chance(share)) continue;
      if (cluster.random.chance(0.5)) host.crash();
      else host.hang();
    }
  }
}

/** Two random sides, with a rendezvous node on each. */
export function splitInTwo(cluster: Cluster): readonly [readonly SimNode[], readonly SimNode[]] {
  const shuffled = cluster.random.sample(cluster.otherNodes, cluster.otherNodes.length);
  const cut = Math.floor(shuffled.length * cluster.random.between(0.3, 0.7));
  const [first, ...rest] = cluster.rendezvousNodes;
  const sides = [
    [...(first ? [first] : []), ...shuffled.slice(0, cut)],
    [...rest, ...shuffled.slice(cut)],
  ] as const;
  cluster.partition(sides);
  return sides;
}

/** A random part of these nodes. */
export function some(cluster: Cluster, nodes: readonly SimNode[], share: number): SimNode[] {
  return cluster.random.sample(nodes, Math.round(nodes.length * share));
}
