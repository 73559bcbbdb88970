/**
 * Notices a copied data directory (attack B13): two runs of one node, each of which says where it listens. A node that
 * moves leaves its old address for good; two runs come back to theirs again and again. A node that was restarted has a higher
 * incarnation than it ever had, so that its address may be an old one. Nobody else can set this off, for an address counts here
 * only when the node itself claimed it.
 */
import { BoundedMap } from '../model/bounded.ts';
import type { Address, NodeId, Peer } from '../model/names.ts';
import { CLONE_RETURNS } from './timing.ts';

/** Nodes watched: those that spoke last. */
const MAX_WATCHED = 1_024;
/** Clones told of at once. */
const MAX_TOLD = 64;
/** Addresses remembered of each. */
const MAX_ADDRESSES = 4;

/** A node that seems to run more than once. */
export interface Clone {
  readonly id: NodeId;
  readonly name: string;
  /** Where it says it listens, in turn; sorted, so that all who notice say the same. */
  readonly addresses: readonly Address[];
}

interface Watched {
  name: string;
  /** The latest claim last. */
  addresses: readonly Address[];
  /** When it last came back to an address that it had left; the newest few, oldest first. */
  returns: readonly number[];
  /** The highest that it told; null while it told none. */
  incarnation: number | null;
}

export class Clones {
  readonly #windowMs: number;
  readonly #watched = new BoundedMap<NodeId, Watched>(MAX_WATCHED);

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** A node says where it listens and, unless it is of an older version, which of its starts this is. The clone, when that tells it for the first time. */
  said(peer: Peer, incarnation: number | null, now: number): Clone | null {
    const known = this.#watched.get(peer.id) ?? { name: '', addresses: [], returns: [], incarnation: null };
    const before = this.#isAlarming(known, now);
    const moved = known.addresses.at(-1) !== peer.address;
    const restarted = incarnation !== null && known.incarnation !== null && incarnation > known.incarnation;
    const returned = moved && !restarted && known.addresses.includes(peer.address);
    const watched: Watched = {
      name: peer.name || known.name,
      addresses: moved ? [...known.addresses.filter((each) => each !== peer.address), peer.address].slice(-MAX_ADDRESSES) : known.addresses,
      returns: returned ? [...known.returns, now].slice(-CLONE_RETURNS) : known.returns,
      incarnation: Math.max(incarnation ?? 0, known.incarnation ?? 0) || null,
    };
    this.#watched.set(peer.id, watched);
    return !before && this.#isAlarming(watched, now) ? cloneOf(peer.id, watched) : null;
  }

  /** Those that came back often enough, and lately. */
  list(now: number): Clone[] {
    return [...this.#watched].flatMap(([id, watched]) => (this.#isAlarming(watched, now) ? cloneOf(id, watched) : [])).slice(0, MAX_TOLD);
  }

  #isAlarming({ returns }: Watched, now: number): boolean {
    const [oldest = 0, newest = 0] = [returns[0], returns.at(-1)];
    return returns.length === CLONE_RETURNS && newest - oldest <= this.#windowMs && now - newest <= this.#windowMs;
  }
}

function cloneOf(id: NodeId, { name, addresses }: Watched): Clone {
  return { id, name, addresses: [...addresses].sort() };
}
