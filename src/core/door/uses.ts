/** Modules of this node that use others: they ask in turn and watch, by the same means as applications at the door. */
import type { ModuleView } from '../../gossip/protocol.ts';
import { GossipError } from '../../model/errors.ts';
import type { ModuleName, Peer } from '../../model/names.ts';
import { USE_BURST, USES_PER_SECOND } from '../../sdk/limits.ts';
import type { ModuleUses, WatchSink } from '../hosting/uses-port.ts';
import type { Publications } from './publications.ts';
import { Turns } from './turns.ts';
import { MEMBERSHIP } from './alive.ts';
import { preferring } from '../../sdk/peer-choice.ts';
import type { PeerChoice } from '../../sdk/peer-choice.ts';

export interface UsesAtDoorOptions {
  readonly publications: Publications;
  readonly views: () => readonly ModuleView[];
  readonly strain: () => number;
  readonly doubted: () => ReadonlySet<string>;
}

export class UsesAtDoor implements ModuleUses {
  readonly #options: UsesAtDoorOptions;
  /** Of each module by itself: one that floods holds up no other (law 4). */
  readonly #turns = new Map<ModuleName, Turns>();

  constructor(options: UsesAtDoorOptions) {
    this.#options = options;
  }

  preferring(module: ModuleName, choice: PeerChoice<Peer>): PeerChoice<Peer> {
    // Its own doubts would keep it from finding out that they are none.
    return module === MEMBERSHIP ? choice : preferring(choice, this.#options.doubted());
  }

  turn(module: ModuleName): Promise<void> {
    const turns = this.#turns.get(module) ?? new Turns({ perSecond: USES_PER_SECOND, burst: USE_BURST, strain: this.#options.strain });
    this.#turns.set(module, turns);
    return turns.take();
  }

  watch(module: ModuleName, topic: string, sink: WatchSink): () => void {
    checkWatchable(module, this.#options.views());
    return this.#options.publications.subscribe(module, topic, sink);
  }
}

/** Whoever watches what never comes waits for ever. */
export function checkWatchable(module: ModuleName, views: readonly ModuleView[]): void {
  const view = views.find(({ name }) => name === module);
  if (view === undefined) throw new GossipError('GOSSIP_E_MODULE_UNKNOWN', `no module '${module}' is deployed here`);
  if (view.state !== 'stopped') return;
  throw new GossipError('GOSSIP_E_MODULE_ABSENT', `${module} does not run here: ${view.why?.message ?? 'it was removed'}`);
}
