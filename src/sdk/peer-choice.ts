/** Whom a module may draw as peers: first those that its node speaks with anyway, over warm connections, then others. */
import type { Peer } from './module.ts';
import { sample } from './sample.ts';

export interface PeerChoice<P extends Peer = Peer> {
  /** The node's active view. */
  readonly near: readonly P[];
  /** Others that it knows. */
  readonly others: readonly P[];
}

export const NOBODY: PeerChoice<never> = { near: [], others: [] };

/** At most `count` distinct ones, in random order. */
export function drawPeers({ near, others }: PeerChoice, count: number, random: () => number): Peer[] {
  const drawn = sample(near, count, random);
  return [...drawn, ...sample(others, count - drawn.length, random)];
}
