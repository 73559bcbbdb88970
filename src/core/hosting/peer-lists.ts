/** What a module is told of peers, and which lists of them are worth telling its host: each one costs it a wake. */
import type { Peer } from '../../model/names.ts';
import type { PeerChoice } from '../../sdk/peer-choice.ts';

/** Of the peers that the core knows, as many as fit into one frame. */
const MAX_PEERS = 4_096;
/** Where only the draw among many others is another one, every so many lists one is told. */
const DRAWS = 5;

export class PeerLists {
  #near = '';
  #others = '';
  #kept = 0;

  /** The list to tell; null for one that says nothing that the last told one did not. Its order says nothing, for modules draw from it. */
  next(choice: PeerChoice<Peer>): { readonly near: number; readonly doubted: number; readonly peers: readonly Peer[] } | null {
    const { near, doubted = [] } = choice;
    // Who is doubted counts at once, as who is near does.
    const nearText = doubted.length === 0 ? textOf(near) : `${textOf(near)}\n\n${textOf(doubted)}`;
    this.#kept += 1;
    if (nearText === this.#near && this.#kept < DRAWS) return null;
    const { others } = choice;
    const othersText = textOf(others);
    if (nearText === this.#near && othersText === this.#others) return null;
    this.#near = nearText;
    this.#others = othersText;
    this.#kept = 0;
    const peers = [...near, ...others].slice(0, MAX_PEERS - doubted.length);
    return { near: near.length, doubted: doubted.length, peers: [...peers, ...doubted].map(plainPeer) };
  }
}

/** Nothing of a peer but what a module may know. */
export function plainPeer({ id, address, name }: Peer): Peer {
  return { id, address, name };
}

function textOf(peers: readonly Peer[]): string {
  return peers
    .map(({ id, address, name }) => `${id} ${address} ${name}`)
    .toSorted()
    .join('\n');
}
