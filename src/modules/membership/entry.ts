/** One member, as the table keeps it. */
import type { Peer } from '../../sdk/index.ts';
import type { Claim, MemberState } from './claims.ts';

export interface Member extends Claim {
  /** When the state began, by this node's clock; for display only. */
  readonly since: number;
  /** It spoke to this node itself, not only through others. */
  readonly proven: boolean;
  /** False: it calls, but does not answer where it says that it listens. */
  readonly callable?: false;
}

export interface Entry extends Peer {
  name: string;
  address: string;
  incarnation: number;
  state: MemberState;
  since: number;
  proven: boolean;
  /** Who else said that it failed in this incarnation. */
  doubters: Set<string>;
  /** Those of them that found nobody listening at its port. */
  refusedOthers: Set<string>;
  /** This node's own last attempt found nobody listening at its port. */
  refused: boolean;
  /** Somebody passed on that it failed; it is to be tried, and nothing else follows from that. */
  rumoured: boolean;
  /** Somebody said that it left; believed once it cannot be reached. */
  saidToHaveLeft: boolean;
  /** Its port was closed, but the last attempt was not answered: it is made once more. */
  triedAgain: boolean;
  /** When this node began to suspect it, on the clock of suspicions. */
  suspectedAt: number;
  /** It answered when this node called it; absent while that was not tried, false when it went on calling itself after that had failed. */
  callable?: boolean;
  /** Calls to it failed, and none succeeded since. */
  failedSince?: boolean;
  /** Round in which it last called this node. */
  calledAt?: number;
  /** Messages that carried it since it last changed: the news travels first. */
  told: number;
}

/** Messages that carry a piece of news; after that it is told now and then. */
export const ENOUGH = 24;
/** Members that a message names although nothing is new of them. */
export const REFRESHED = 6;

/** A member that nobody can call calls those that watch it at least so often, and a few more are forgiven. */
const ROUNDS_BETWEEN_CALLS = 12;

export function unsuspected(): Pick<
  Entry,
  'doubters' | 'refusedOthers' | 'refused' | 'rumoured' | 'saidToHaveLeft' | 'triedAgain' | 'suspectedAt'
> {
  return {
    doubters: new Set(),
    refusedOthers: new Set(),
    refused: false,
    rumoured: false,
    saidToHaveLeft: false,
    triedAgain: false,
    suspectedAt: 0,
  };
}

export function memberOf({ id, name, address, incarnation, state, since, proven, callable }: Entry): Member {
  return { id, name, address, incarnation, state, since, proven, ...(callable === false && { callable }) };
}

export function isDoubted({ doubters, rumoured }: Entry): boolean {
  return rumoured || doubters.size > 0;
}

export function calledLately({ calledAt }: Entry, round: number): boolean {
  return calledAt !== undefined && round - calledAt <= ROUNDS_BETWEEN_CALLS;
}

/** This node and enough others found nobody listening at its port. */
export function isGone({ refused, refusedOthers }: Entry, needed: number): boolean {
  return refused && refusedOthers.size >= needed;
}

/**
 * Whether a suspicion ends with this last attempt, which failed. One that nobody answered proves less than a port at which nobody listens: where that was seen before it is made once more, for on a busy
 * machine even that is told late, and then the suspicion takes the time of a silence.
 */
export function endsSuspicion(entry: Entry, refused: boolean, needed: number): boolean {
  const hasty = isGone(entry, needed) && !refused;
  entry.triedAgain = hasty && !entry.triedAgain;
  if (!entry.triedAgain) entry.refused = refused;
  return !hasty;
}
