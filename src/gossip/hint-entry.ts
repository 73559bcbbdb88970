/** A line of the hints table, as the node keeps it. */
import type { Address, NodeId, Peer } from '../model/names.ts';
import type { Presence } from './absence.ts';
import type { Digest } from './digest.ts';
import type { Hint, Sighting } from './protocol.ts';

/** A peer that always fails is still chosen at this weight against 1 of a good one. */
const LEAST_WEIGHT = 1 / 8;

/** After this many failures an address from hearsay replaces the one that does not work. */
export const FAILURES_TO_DOUBT = 3;
/** So often in a row must a node call after calls to it have failed: who wakes from a freeze or restarts does so once. */
const CALLS_TO_BE_ALIVE = 2;

/** What becomes of an entry's failures when it is reached, or is elsewhere. */
export const REACHED = { failures: 0, failedSince: false, calledBack: 0 } as const;

export interface Entry extends Presence {
  readonly id: NodeId;
  address: Address;
  name: string;
  failures: number;
  livedAt: number;
  tryAt?: number;
  goodbye?: NonNullable<Presence['goodbye']>;
  /** Its word that it is there again. */
  cameBack?: { readonly incarnation: number; readonly line: string };
  /** The latest start of which a farewell was believed here. */
  believed?: number;
  /** As of a hint. */
  outlived?: number;
  tip?: string;
  proven: boolean;
  /** Another node has had an answer at this address, by its account. */
  vouchedFor?: Address;
  /** The node itself named this address. */
  own: boolean;
  /** When it last called here, and the digest that it showed. */
  heard?: { readonly at: number; readonly digest: Digest };
  /** A call to it has failed since it last called here. */
  failedSince?: boolean;
  /** How often it called after calls to it had failed, since one last succeeded. */
  calledBack?: number;
}

/** How often a peer is chosen, against 1 of a good one. */
export function weight({ failures }: Pick<Hint, 'failures'>): number {
  return Math.max(LEAST_WEIGHT, 1 / (1 + failures));
}

export function toPeer({ id, address, name }: Entry): Peer {
  return { id, address, name };
}

export function toHint(entry: Entry): Hint {
  const { failures, proven, goodbye, cameBack, outlived, tip } = entry;
  const words = { ...(goodbye && { left: goodbye.line }), ...(cameBack && { back: cameBack.line }), ...(tip && { tip }) };
  return { ...toPeer(entry), failures, proven, ...words, ...(outlived && { outlived }) };
}

/** Whether it answers at its own address; null when that was not tried, or not often enough. */
export function callable({ failures, calledBack = 0, proven }: Entry): boolean | null {
  if (failures >= FAILURES_TO_DOUBT && calledBack >= CALLS_TO_BE_ALIVE) return false;
  return proven && failures === 0 ? true : null;
}

/** As a status tells it. `recentMs`: whoever called so lately is alive. */
export function sightingOf(entry: Entry, now: number, recentMs: number): Sighting {
  const { heard, failures, livedAt, own } = entry;
  const { back: _back, ...hint } = toHint(entry);
  const told = { ...hint, ...(failures > 0 && { silentMs: Math.max(0, Math.round(now - livedAt)) }) };
  if (heard === undefined) return told;
  const uncallable = own && now - heard.at <= recentMs && callable(entry) === false;
  return {
    ...told,
    heard: { agoMs: Math.max(0, Math.round(now - heard.at)), digest: heard.digest },
    ...(uncallable && { uncallable }),
  };
}

/** What is drawn, until there are `count` of different nodes, or none is left that is new. */
export function distinct<Drawn extends { readonly id: NodeId }>(
  count: number,
  draw: (isNew: (candidate: { readonly id: NodeId }) => boolean) => Drawn | undefined,
): Drawn[] {
  const chosen = new Map<NodeId, Drawn>();
  while (chosen.size < count) {
    const drawn = draw(({ id }) => !chosen.has(id));
    if (drawn === undefined) break;
    chosen.set(drawn.id, drawn);
  }
  return [...chosen.values()];
}
