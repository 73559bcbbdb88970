/** Whom a module may draw as peers: first those that its node speaks with anyway, over warm connections, then others. */
import type { Peer } from './module.ts';
import { sample } from './sample.ts';

export interface PeerChoice<P extends Peer = Peer> {
  /** The node's active view. */
  readonly near: readonly P[];
  /** Others that it knows. */
  readonly others: readonly P[];
  /** Those that are not held alive: drawn where nobody else is left. */
  readonly doubted?: readonly P[];
}

export const NOBODY: PeerChoice<never> = { near: [], others: [] };

/** At most `count` distinct ones, in random order. */
export function drawPeers({ near, others, doubted = [] }: PeerChoice, count: number, random: () => number): Peer[] {
  const drawn: Peer[] = [];
  for (const group of [near, others, doubted]) drawn.push(...sample(group, count - drawn.length, random));
  return drawn;
}

/** The same peers, those last that are doubted. */
export function preferring<P extends Peer>({ near, others }: PeerChoice<P>, doubted: ReadonlySet<string>): PeerChoice<P> {
  if (doubted.size === 0) return { near, others };
  const isGood = ({ id }: Peer): boolean => !doubted.has(id);
  return { near: near.filter(isGood), others: others.filter(isGood), doubted: [...near, ...others].filter((peer) => !isGood(peer)) };
}

/** The one of that id. */
export function findPeer({ near, others, doubted = [] }: PeerChoice, id: unknown): Peer | undefined {
  for (const group of [near, others, doubted]) {
    const found = group.find((peer) => peer.id === id);
    if (found !== undefined) return found;
  }
  return undefined;
}
