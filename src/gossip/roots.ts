/**
 * How a new version of the root comes to every node: the digest tells of it with whatever is exchanged, whoever is ahead gives the steps that are lacking, and
 * whoever takes some tells a few others at once (attack A11). Nothing else is believed of what a peer says of its root.
 */
import type { NodeId, Peer } from '../model/names.ts';
import type { Trust } from '../trust/trust.ts';
import type { ActiveView } from './active-view.ts';
import type { Configuration } from './configuration.ts';
import { SENT_STEPS } from './cut.ts';
import { stepsAfter } from '../trust/next-root.ts';
import type { Hints } from './hints.ts';
import type { RootTold } from './messages.ts';
import type { Ports } from './ports.ts';
import { RUMOR_AT_ONCE } from './timing.ts';

export interface RootsParts {
  readonly ports: Ports;
  /** Absent where the root cannot change: nothing is told of it. */
  readonly trust: Trust | undefined;
  readonly configuration: Configuration;
  readonly hints: Hints;
  readonly view: ActiveView;
  /** The root has changed. */
  readonly changed: () => void;
  /** Tells a peer of the versions after `version`. */
  readonly tell: (peer: Peer, version: number) => void;
}

export class Roots {
  readonly #parts: RootsParts;

  constructor(parts: RootsParts) {
    this.#parts = parts;
    this.#follow();
  }

  /** The version that is held here; 1 where nothing says so. */
  get version(): number {
    return this.#parts.trust?.root.root.version ?? 1;
  }

  /**
   * What a message tells, with steps for a receiver that holds `version`; null: that is not known. Nothing where the first version is held: every node
   * knows of that one, and nodes of version 0.1 refuse what they do not know.
   */
  told(version: number | null): RootTold | undefined {
    const { trust } = this.#parts;
    if (trust === undefined || this.version === 1) return undefined;
    const { root, hash } = trust.root;
    return { version: root.version, hash, steps: version === null ? [] : stepsAfter(trust.root, version, SENT_STEPS) };
  }

  /** Takes in what a peer told; durable before anything else follows from it (law 5). How many versions further that led. */
  take(told: RootTold | undefined, from: NodeId): number {
    const { trust, ports, view, tell } = this.#parts;
    const before = this.version;
    if (told?.reached === undefined || !trust?.adopt(told.reached)) return 0;
    this.#follow();
    this.#parts.changed();
    ports.emit({ type: 'persist-configuration' });
    ports.emit({ type: 'note', note: { event: 'root-accepted', version: this.version, epoch: trust.root.root.epoch, from } });
    // Who is still behind its teller asks on, and has no news for anybody yet.
    if (told.version <= this.version) for (const peer of view.sample(RUMOR_AT_ONCE, ({ id }) => id !== from)) tell(peer, before);
    return this.version - before;
  }

  #follow(): void {
    const { trust, configuration, hints } = this.#parts;
    if (trust === undefined) return;
    configuration.follow(trust.root);
    hints.followRoot(trust.root.root.rendezvous);
  }
}
