/** Faults of nodes beyond crashing: wrong clocks, copied disks, and attackers. */
import type { Checkpoint } from '../../gossip/protocol.ts';
import type { Behaviour } from '../byzantine/byzantine.ts';
import type { Cluster } from '../world/cluster.ts';
import { HOUR_MS, YEAR_MS } from '../../model/duration.ts';
import type { DiskContent } from '../node/disk.ts';
import { Copies } from '../node/copies.ts';
import type { SimNode } from '../node/node.ts';

/** What clocks are off by: an hour to either side, the date of a machine without a battery, a year ahead. */
const JUMPS_MS = [-HOUR_MS, HOUR_MS, -10 * YEAR_MS, YEAR_MS, 0] as const;

/** In every round the clocks of a part of the nodes, and that of the operators' machine, jump; until told to stop. */
export function jumpClocks(cluster: Cluster, share: number): { stop(): void } {
  const { random } = cluster;
  let going = true;
  const jump = (): number => random.pick(JUMPS_MS) ?? 0;
  const round = (): void => {
    if (!going) return;
    for (const node of cluster.nodes) if (random.chance(share)) node.setClock(jump());
    cluster.operatorSkewMs = jump();
    cluster.after(cluster.intervalMs, round);
  };
  round();
  return { stop: () => void (going = false) };
}

/** A copy of a node's disk, identity included, on another machine, not yet started; the original runs on (attack B13). */
export function copyOf(cluster: Cluster, node: SimNode): SimNode {
  const copy = cluster.twin(node);
  copyDisk(node.disk, copy.disk);
  return copy;
}

function copyDisk(from: Readonly<DiskContent>, to: DiskContent): void {
  Object.assign(to, { hints: from.hints, incarnation: from.incarnation });
  to.configuration.write({ records: from.records, steps: from.steps, notes: from.notes });
  for (const module of from.checkpoints.keys()) {
    const [checkpoint, copies] = [from.checkpoint(module), new Copies<Checkpoint>()];
    if (checkpoint !== null) copies.write(checkpoint);
    to.checkpoints.set(module, copies);
  }
  for (const code of from.codes) to.codes.add(code);
}

/** Hands a part of all nodes to an attacker; each behaves as `behaviour` says. At least one, and never all rendezvous nodes. */
export function corrupt(cluster: Cluster, share: number, behaviour: () => Behaviour): void {
  const [spared] = cluster.random.sample(cluster.rendezvousNodes, 1);
  const candidates = cluster.nodes.filter((node) => node !== spared);
  const count = Math.max(1, Math.round(cluster.nodes.length * share));
  for (const node of cluster.random.sample(candidates, count)) cluster.corrupt(node, behaviour());
}
