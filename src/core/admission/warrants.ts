/** Who may do as an operator does, shown with each request; a warrant that was found to be good is not checked again. */
import { HEADERS } from '../../api/headers.ts';
import { BoundedMap } from '../../model/bounded.ts';
import { GossipError } from '../../model/errors.ts';
import type { NodeId } from '../../model/names.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { Trust } from '../../trust/trust.ts';
import { verifyWarrant } from '../../trust/warrant.ts';
import type { Need } from '../../trust/warrant.ts';

/** Operators' commands that may ask one after the other without another check. */
const MAX_KNOWN = 64;

export class Warrants {
  readonly #trust: Pick<Trust, 'root'>;
  /** By what they are good for and their text: whom each is for, under this root. */
  #known = new BoundedMap<string, NodeId>(MAX_KNOWN);
  #under: TrustedRoot;

  constructor(trust: Pick<Trust, 'root'>) {
    this.#trust = trust;
    this.#under = trust.root;
  }

  /** Throws where nothing shows that `from` is an operator who may do what is needed. */
  require(from: NodeId, headers: ReadonlyMap<string, string>, need: Need): void {
    const text = headers.get(HEADERS.warrant);
    if (text === undefined)
      throw new GossipError('GOSSIP_E_SIGNATURE', `only operators may ask this, by a warrant of a key that may ${need}`);
    const { root } = this.#trust;
    if (root !== this.#under) this.#known = new BoundedMap(MAX_KNOWN);
    this.#under = root;
    const known = `${need} ${text}`;
    if (this.#known.get(known) === from) return;
    this.#verify(text, from, root, need);
    this.#known.set(known, from);
  }

  /** Whoever is refused should know which role is wanting; what he signed was no record. */
  #verify(text: string, from: NodeId, root: TrustedRoot, need: Need): void {
    try {
      verifyWarrant(text, from, root, need);
    } catch (cause) {
      if (!(cause instanceof GossipError) || cause.code !== 'GOSSIP_E_SIGNATURE') throw cause;
      throw new GossipError('GOSSIP_E_SIGNATURE', `the warrant is of no key that may ${need} by version ${root.root.version} of the root`, {
        cause,
      });
    }
  }
}
