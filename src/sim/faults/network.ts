/** Faults of the network: each a small function that cuts or bends what passes between nodes, drawn from the cluster's seed. */
import type { NodeId } from '../../model/names.ts';
import type { Cluster } from '../world/cluster.ts';
import type { SimNode } from '../node/node.ts';

/** What one side sends reaches the other, and nothing comes back, until all heals: the first side is heard, and hears nothing. */
export function splitOneWay(cluster: Cluster, heard: readonly SimNode[], deaf: readonly SimNode[]): void {
  const [speakers, listeners] = [idsOf(heard), idsOf(deaf)];
  cluster.trace.line(cluster.now, `one way only: ${heard.length} -> ${deaf.length}`);
  cluster.network.block((from, to) => listeners.has(from) && speakers.has(to));
}

/**
 * A swizzled partition: nodes are cut off from everybody, one after the other, and come back one after the other in
 * another order. Returns how long it takes until the last one is back.
 */
export function swizzle(cluster: Cluster, nodes: readonly SimNode[], stepMs: number): number {
  const { random, network, trace } = cluster;
  const cut = new Set<NodeId>();
  network.block((from, to) => cut.has(from) || cut.has(to));
  const inTurn = (begin: number, verb: string, act: (id: NodeId) => void): void => {
    for (const [place, { peer }] of random.sample(nodes, nodes.length).entries()) {
      cluster.after((begin + place) * stepMs, () => {
        trace.line(cluster.now, `${verb} ${peer.name}`);
        act(peer.id);
      });
    }
  };
  inTurn(0, 'cut off', (id) => cut.add(id));
  inTurn(nodes.length, 'back again', (id) => cut.delete(id));
  return 2 * nodes.length * stepMs;
}

/** A part of all connections is half-open for a while: what their callers send vanishes, and nobody tells them. */
export function halfOpen(cluster: Cluster, share: number, ms: number): void {
  const { random, network } = cluster;
  const gone = new Set<string>();
  for (const { peer: from } of cluster.nodes) {
    for (const { peer: to } of cluster.nodes) if (from !== to && random.chance(share)) gone.add(from.id + to.id);
  }
  cluster.trace.line(cluster.now, `${gone.size} connections are half-open`);
  cluster.after(
    ms,
    network.block((from, to, way) => way === 'there' && gone.has(from + to)),
  );
}

/** From now on these nodes may only call out. */
export function hide(cluster: Cluster, nodes: readonly SimNode[]): void {
  for (const { peer } of nodes) cluster.network.hide(peer.id);
  cluster.trace.line(cluster.now, `${nodes.length} nodes may only call out`);
}

function idsOf(nodes: readonly SimNode[]): ReadonlySet<NodeId> {
  return new Set(nodes.map(({ peer }) => peer.id));
}
