/** Which lists of peers are worth telling a host: each one costs it a wake. */
import type { Peer } from '../../model/names.ts';
import type { PeerChoice } from '../../sdk/peer-choice.ts';

/** Where only the draw among many others is another one, every so many lists one is told. */
const DRAWS = 5;

export class PeerLists {
  #near = '';
  #others = '';
  #kept = 0;

  /** Asked once for each new list: whether it says something that the last told one did not. Their order says nothing, for modules draw from them. */
  isNews({ near, others }: PeerChoice<Peer>): boolean {
    const [nearText, othersText] = [textOf(near), textOf(others)];
    this.#kept += 1;
    if (nearText === this.#near && (othersText === this.#others || this.#kept < DRAWS)) return false;
    this.#near = nearText;
    this.#others = othersText;
    this.#kept = 0;
    return true;
  }
}

function textOf(peers: readonly Peer[]): string {
  return peers
    .map(({ id, address, name }) => `${id} ${address} ${name}`)
    .toSorted()
    .join('\n');
}
