/** What a node keeps of a peer, and tells of it. */
import type { Peer } from '../model/names.ts';

/** A line of the hints table. Times by the node's own forward clock are not kept: they would mean nothing after a restart. */
export interface Hint extends Peer {
  /** Exchanges that failed since the last that succeeded. */
  readonly failures: number;
  /** Whether an exchange with it ever succeeded. */
  readonly proven: boolean;
  /** Its farewell, where it has left. */
  readonly left?: string;
  /** Its word that it is there again, where it has said that. */
  readonly back?: string;
  /** Of a rendezvous node: its newest tip. */
  readonly tip?: string;
  /** Its latest start that is over, as far as that is known: a farewell of that one says nothing any more. */
  readonly outlived?: number;
}

/** A line of the hints table, and what the peer itself did since the start of the core. */
export interface Sighting extends Hint {
  /** When it last called, and the digest that it showed. */
  readonly heard?: { readonly agoMs: number; readonly digest: string };
  /** It calls, but does not answer where it says that it listens. */
  readonly uncallable?: boolean;
  /** How long it has neither called nor answered, where calls to it fail. */
  readonly silentMs?: number;
}
