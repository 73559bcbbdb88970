/** A line of the hints table, as the node keeps it. */
import type { Address, NodeId, Peer } from '../model/names.ts';
import type { Presence } from './absence.ts';
import type { Digest } from './digest.ts';
import type { Hint } from './protocol.ts';

/** A peer that always fails is still chosen at this weight against 1 of a good one. */
const LEAST_WEIGHT = 1 / 8;

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
  /** As of a hint. */
  outlived?: number;
  proven: boolean;
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
  const { failures, proven, goodbye, outlived } = entry;
  return { ...toPeer(entry), failures, proven, ...(goodbye && { left: goodbye.line }), ...(outlived && { outlived }) };
}
