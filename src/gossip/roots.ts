/**
 * How a new version of the root comes to every node: the digest tells of it with whatever is exchanged, whoever is ahead gives the steps that are lacking, and
 * whoever takes some tells a few others at once (attack A11). Nothing else is believed of what a peer says of its root.
 */
import type { NodeId, Peer } from '../model/names.ts';
import type { TrustedRoot } from '../trust/root.ts';
import type { Trust } from '../trust/trust.ts';
import { rootTwiceAlarm } from './alarms.ts';
import type { ActiveView } from './active-view.ts';
import type { Configuration } from './configuration.ts';
import { SENT_STEPS } from './cut.ts';
import { epochOf, stepsAfter } from '../trust/next-root.ts';
import type { Hints } from './hints.ts';
import type { RootTold } from './messages.ts';
import type { Modules } from './modules.ts';
import type { Ports } from './ports.ts';
import type { Failure } from './protocol.ts';
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
  readonly modules: Pick<Modules, 'endUnwanted'>;
}

export class Roots {
  readonly #parts: RootsParts;
  #rival: TrustedRoot | null = null;

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

  /** The same for whoever told of its own root: where that is another one of the same version, with the step that proves it. */
  toldTo(theirs: RootTold | undefined): RootTold | undefined {
    const { trust } = this.#parts;
    const isApart = theirs !== undefined && theirs.version === this.version && theirs.hash !== trust?.root.hash;
    return this.told(isApart ? this.version - 1 : (theirs?.version ?? 1));
  }

  /** What a person must know of the root: that another one of its version was signed as well. */
  get alarms(): readonly Failure[] {
    const { trust } = this.#parts;
    if (trust === undefined || this.#rival?.root.version !== this.version) return [];
    return [rootTwiceAlarm(this.version, [trust.root.hash, this.#rival.hash])];
  }

  /** Whether the holder of that version can hold no record of the present trust epoch: it must be given them with the steps. */
  isOfEpochBefore(version: number): boolean {
    const { trust } = this.#parts;
    return trust !== undefined && (epochOf(trust.root, version) ?? trust.root.root.epoch) < trust.root.root.epoch;
  }

  /** Takes in what a peer told; durable before anything else follows from it (law 5). How many versions further that led. */
  take(told: RootTold | undefined, from: NodeId): number {
    const { trust, ports, modules } = this.#parts;
    const before = this.version;
    this.#compare(told?.rival);
    if (told?.reached === undefined || !trust?.adopt(told.reached)) return 0;
    this.#follow();
    this.#parts.changed();
    ports.emit({ type: 'persist-configuration' });
    ports.emit({ type: 'note', note: { event: 'root-accepted', version: this.version, epoch: trust.root.root.epoch, from } });
    if (this.isOfEpochBefore(before)) modules.endUnwanted();
    return this.version - before;
  }

  /** Tells a few others at once of the versions that were just taken, with the records that came with them. */
  spread(further: number, told: RootTold | undefined, from: NodeId): void {
    const { view, tell } = this.#parts;
    // Who is still behind its teller asks on, and has no news for anybody yet.
    if (further === 0 || (told !== undefined && told.version > this.version)) return;
    for (const peer of view.sample(RUMOR_AT_ONCE, ({ id }) => id !== from)) tell(peer, this.version - further);
  }

  #compare(rival: TrustedRoot | undefined): void {
    if (rival === undefined || this.alarms.length > 0) return;
    this.#rival = rival;
    for (const alarm of this.alarms) this.#parts.ports.emit({ type: 'note', note: { event: 'alarm', alarm } });
  }

  #follow(): void {
    const { trust, configuration, hints } = this.#parts;
    if (trust === undefined) return;
    configuration.follow(trust.root);
    hints.followRoot(trust.root.root.rendezvous);
  }
}
