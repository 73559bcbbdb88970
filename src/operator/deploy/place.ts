/** Which cluster a command is about to change, and how large it is: printed before anything else. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LAB_FILE } from '../../lab/lab-file.ts';
import type { NodeAddress, NodeApi } from '../client/client.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';

export interface Place {
  readonly cluster: string;
  readonly clusterId: string;
  /** Whether it is a lab of this machine. */
  readonly lab: boolean;
  /** Nodes that the entrance knows to be members, itself included; without those that have said goodbye. */
  readonly nodes: number;
  readonly entrance: string;
  /** One gossip round of the entrance, in milliseconds. */
  readonly intervalMs: number;
}

/** Of a node that does not say. */
const DEFAULT_ROUND_MS = 1_000;

export async function placeOf(cluster: OperatorCluster, api: Pick<NodeApi, 'status'>, entrance: NodeAddress): Promise<Place> {
  const { peers, intervalMs = DEFAULT_ROUND_MS } = await api.status(entrance, { patient: true });
  const members = peers.filter(({ proven, heard, left }) => left === undefined && (proven || heard !== undefined));
  const isLab = existsSync(join(dirname(cluster.directory), LAB_FILE));
  return {
    cluster: cluster.name,
    clusterId: cluster.root.cluster,
    lab: isLab,
    nodes: members.length + 1,
    entrance: entrance.name || entrance.address,
    intervalMs,
  };
}

/** `Cluster 'prod' (3f0a1b2c3d4e); rendezvous1 knows 12 nodes` */
export function placeText(place: Place): string {
  const { cluster, clusterId, lab } = place;
  return `${lab ? 'Lab' : 'Cluster'} '${cluster}' (${clusterId.slice(0, 12)}); ${entranceKnows(place)}`;
}

/** `rendezvous1 knows 12 nodes` */
export function entranceKnows({ nodes, entrance }: Place): string {
  return `${entrance} knows ${nodes === 1 ? 'no other node' : `${nodes} nodes`}`;
}
