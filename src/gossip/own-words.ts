/** What nodes sign with their own keys and everybody passes on: farewells and returns, and tips of rendezvous nodes. */
import type { NodeId, Peer } from '../model/names.ts';
import type { ActiveView } from './active-view.ts';
import type { Digest } from './digest.ts';
import { Farewells } from './farewells.ts';
import type { FreshnessView } from './freshness.ts';
import type { Hints } from './hints.ts';
import type { Spoken } from './messages.ts';
import type { Ports } from './ports.ts';
import type { GossipNodeOptions, Hint } from './protocol.ts';
import { Tips } from './tips.ts';

export interface OwnWordsParts {
  readonly ports: Ports;
  readonly hints: Hints;
  readonly view: ActiveView;
  readonly configuration: { readonly digest: Digest };
  readonly options: Pick<GossipNodeOptions, 'self' | 'words' | 'trust' | 'rendezvous'>;
  /** An exchange that brings nothing but what each of them brings. */
  readonly tell: (peer: Peer) => void;
}

export class OwnWords {
  readonly #farewells: Farewells;
  readonly #tips: Tips;

  constructor({ options: { self, words, trust, rendezvous }, configuration, ...shared }: OwnWordsParts) {
    const held = () => ({ digest: configuration.digest, rootVersion: trust?.root.root.version ?? 1 });
    this.#farewells = new Farewells({ ...shared, words });
    this.#tips = new Tips({ ...shared, words, self: self.id, rendezvous: () => trust?.root.root.rendezvous ?? rendezvous, held });
  }

  /** What was on disk. */
  resume(kept: readonly Hint[]): void {
    this.#farewells.resume(kept);
    this.#tips.resume(kept);
  }

  start(): void {
    this.#farewells.start();
    this.#tips.start();
  }

  /** This node says goodbye. */
  leave(): void {
    this.#farewells.leave();
  }

  freshness(now: number): FreshnessView {
    return this.#tips.view(now);
  }

  /** What a message to that peer tells; `whole`: one that is there to compare everything. */
  told(whole: boolean, to: NodeId): Spoken {
    return { ...this.#farewells.told(whole, to), tips: this.#tips.told() };
  }

  take(spoken: Spoken, from: NodeId): void {
    this.#farewells.take(spoken, from);
    this.#tips.take(spoken.tips);
  }
}
