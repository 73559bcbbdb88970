/** Faults of disks: each a small function that does one bad thing to some of them, drawn from the cluster's seed. */
import type { Cluster } from '../world/cluster.ts';
import type { SimNode } from '../node/node.ts';

const AWAY_ROUNDS = { min: 0.2, max: 2 };
const REFUSING_ROUNDS = { min: 1, max: 5 };

/** The power of these machines is cut, and comes back a little later. */
export function cutPower(cluster: Cluster, nodes: readonly SimNode[]): void {
  for (const node of nodes) {
    node.cutPower();
    cluster.after(cluster.random.between(AWAY_ROUNDS.min, AWAY_ROUNDS.max) * cluster.intervalMs, () => node.start());
  }
}

/** These disks are full, or answer every write with an error, for a while. */
export function refuseWrites(cluster: Cluster, nodes: readonly SimNode[]): void {
  const { random, intervalMs } = cluster;
  for (const node of nodes) {
    node.setDisk(random.chance(0.5) ? 'full' : 'failing');
    cluster.after(random.between(REFUSING_ROUNDS.min, REFUSING_ROUNDS.max) * intervalMs, () => node.setDisk('sound'));
  }
}

/** What lies on these disks is damaged while their nodes run: found at the next start, or when code is hashed. */
export function damage(cluster: Cluster, nodes: readonly SimNode[]): void {
  const { random } = cluster;
  for (const node of nodes) {
    if (random.chance(0.5)) node.damageRest();
    else node.damageConfiguration(random.chance(0.5) ? 'one' : 'both', random.chance(0.5) ? 'damaged' : 'old copy');
  }
}
