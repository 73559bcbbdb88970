/**
 * Notices a copied data directory (attack B13): two runs of one node, each of which says where it listens. A node that
 * moves leaves its old address for good; two runs come back to theirs again and again. Nobody else can set this off, for
 * an address counts here only when the node itself claimed it.
 */
import type { Address, NodeId, Peer } from '../model/names.ts';
import { CLONE_RETURNS } from './timing.ts';

/** Nodes watched: those that moved last. */
const MAX_WATCHED = 64;
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
}

export class Clones {
  readonly #windowMs: number;
  readonly #watched = new Map<NodeId, Watched>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** A node that claimed `left` before now claims the address of `peer`. The clone, when that tells it for the first time. */
  moved(peer: Peer, left: Address, now: number): Clone | null {
    const known = this.#watched.get(peer.id) ?? { name: '', addresses: [], returns: [] };
    const before = this.#isAlarming(known, now);
    const returned = known.addresses.includes(peer.address);
    const watched: Watched = {
      name: peer.name || known.name,
      addresses: [...known.addresses.filter((each) => each !== left && each !== peer.address), left, peer.address].slice(-MAX_ADDRESSES),
      returns: returned ? [...known.returns, now].slice(-CLONE_RETURNS) : known.returns,
    };
    this.#remember(peer.id, watched);
    return !before && this.#isAlarming(watched, now) ? cloneOf(peer.id, watched) : null;
  }

  /** Those that came back often enough, and lately. */
  list(now: number): Clone[] {
    return [...this.#watched].flatMap(([id, watched]) => (this.#isAlarming(watched, now) ? cloneOf(id, watched) : []));
  }

  #isAlarming({ returns }: Watched, now: number): boolean {
    const [oldest = 0, newest = 0] = [returns[0], returns.at(-1)];
    return returns.length === CLONE_RETURNS && newest - oldest <= this.#windowMs && now - newest <= this.#windowMs;
  }

  #remember(id: NodeId, watched: Watched): void {
    this.#watched.delete(id);
    this.#watched.set(id, watched);
    if (this.#watched.size > MAX_WATCHED) this.#watched.delete(this.#watched.keys().next().value as NodeId);
  }
}

function cloneOf(id: NodeId, { name, addresses }: Watched): Clone {
  return { id, name, addresses: [...addresses].sort() };
}
