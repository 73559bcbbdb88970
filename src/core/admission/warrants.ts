/** Who may do as an operator does, shown with each request; a warrant that was found to be good is not checked again. */
import { HEADERS } from '../../api/headers.ts';
import { BoundedMap } from '../../model/bounded.ts';
import { GossipError } from '../../model/errors.ts';
import type { NodeId } from '../../model/names.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { Trust } from '../../trust/trust.ts';
import { verifyWarrant } from '../../trust/warrant.ts';

/** Operators' commands that may ask one after the other without another check. */
const MAX_KNOWN = 64;

export class Warrants {
  readonly #trust: Pick<Trust, 'root'>;
  /** By their text: whom each is for, under this root. */
  #known = new BoundedMap<string, NodeId>(MAX_KNOWN);
  #under: TrustedRoot;

  constructor(trust: Pick<Trust, 'root'>) {
    this.#trust = trust;
    this.#under = trust.root;
  }

  /** Throws where nothing shows that `from` is an operator. */
  require(from: NodeId, headers: ReadonlyMap<string, string>): void {
    const text = headers.get(HEADERS.warrant);
    if (text === undefined)
      throw new GossipError('GOSSIP_E_SIGNATURE', 'only operators may ask this, by a warrant that a deploy key signed');
    const { root } = this.#trust;
    if (root !== this.#under) this.#known = new BoundedMap(MAX_KNOWN);
    this.#under = root;
    if (this.#known.get(text) === from) return;
    verifyWarrant(text, from, root);
    this.#known.set(text, from);
  }
}
