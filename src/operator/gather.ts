/** Asks every node that can be found for its status: first those that are known, then everyone they know. */
import type { GossipError } from '../model/errors.ts';
import { toGossipError } from '../model/errors.ts';
import type { NodeId } from '../model/names.ts';
import type { NodeStatus } from '../model/status.ts';
import { mapBounded } from './bounded.ts';
import type { NodeAddress } from './client.ts';

/** A node that was asked, and what came of it. */
export interface Sighting {
  readonly node: NodeAddress;
  readonly answer: { readonly status: NodeStatus } | { readonly error: GossipError };
}

/** Requests under way at the same time. */
const WIDTH = 16;

export async function gather(seeds: readonly NodeAddress[], ask: (node: NodeAddress) => Promise<NodeStatus>): Promise<readonly Sighting[]> {
  const sightings = new Map<NodeId, Sighting>();
  for (let wave = distinct(seeds, sightings); wave.length > 0;) {
    const answers = await mapBounded(wave, WIDTH, (node) => sight(node, ask));
    for (const sighting of answers) sightings.set(sighting.node.id, sighting);
    wave = distinct(answers.flatMap(peersOf), sightings);
  }
  return [...sightings.values()];
}

/** The nodes that answered. */
export function reachable(sightings: readonly Sighting[]): readonly NodeStatus[] {
  return sightings.flatMap(({ answer }) => ('status' in answer ? [answer.status] : []));
}

async function sight(node: NodeAddress, ask: (node: NodeAddress) => Promise<NodeStatus>): Promise<Sighting> {
  try {
    const status = await ask(node);
    return { node: { id: node.id, address: node.address, name: status.name }, answer: { status } };
  } catch (thrown) {
    return { node, answer: { error: toGossipError(thrown) } };
  }
}

function peersOf({ answer }: Sighting): readonly NodeAddress[] {
  return 'status' in answer ? answer.status.peers : [];
}

function distinct(nodes: readonly NodeAddress[], known: ReadonlyMap<NodeId, Sighting>): readonly NodeAddress[] {
  const fresh = new Map<NodeId, NodeAddress>();
  for (const node of nodes) if (!known.has(node.id) && !fresh.has(node.id)) fresh.set(node.id, node);
  return [...fresh.values()];
}
