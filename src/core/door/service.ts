/** What whoever may ask the modules of this node gets, by whatever way he comes: the door for applications, or an operator's command from afar. */
import type { ServerResponse } from 'node:http';
import type { ModuleView } from '../../gossip/protocol.ts';
import type { Content } from '../../model/content.ts';
import { GossipError } from '../../model/errors.ts';
import type { ModuleName, Peer } from '../../model/names.ts';
import type { JsonObject } from '../../sdk/json.ts';
import { doorLimits } from './limits.ts';
import { PeerEvents } from './peer-events.ts';
import { NODE_STREAM } from './publications.ts';
import type { Publications } from './publications.ts';
import type { DoorService, WatchRoute } from './serve.ts';
import { linesOf } from './lines.ts';
import type { Lines } from './lines.ts';
import { turnsOf } from './turns.ts';
import type { Turns } from './turns.ts';
import { checkWatchable } from './uses.ts';

/** The part of the core that it needs. */
interface Asked {
  readonly request: (module: ModuleName, content: Content) => Promise<Content>;
  readonly node: {
    moduleViews(now: number): readonly ModuleView[];
    peers(): { readonly near: readonly Peer[] };
    readonly strain: number;
  };
}

/** Where those that watch hear of it. */
interface Bell {
  readonly publications: Publications;
  /** Something of the node itself. */
  readonly tell: (event: JsonObject) => void;
}

export class ModuleService implements DoorService {
  /** All that ask take these in common. */
  readonly turns: Turns;
  /** And stand in these. */
  readonly lines: Lines;
  readonly #bell: Bell;
  readonly #core: Asked;
  readonly #now: () => number;
  readonly #peers: PeerEvents;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  /** `now`: milliseconds of a clock that only runs forward. */
  constructor(bell: Bell, core: Asked, now: () => number) {
    this.#bell = bell;
    this.#core = core;
    this.#now = now;
    const limits = doorLimits();
    this.turns = turnsOf(limits, () => core.node.strain);
    this.lines = linesOf(limits);
    this.#peers = new PeerEvents({
      peers: () => core.node.peers().near,
      isWatched: () => bell.publications.isWatched(NODE_STREAM),
      tell: (event) => bell.tell(event),
    });
  }

  /** Nothing new may begin; what the door has taken already still goes to its module. */
  get isClosed(): boolean {
    return this.#closed;
  }

  request(module: ModuleName, content: Content): Promise<Content> {
    const asked = this.#core.request(module, content);
    this.#underWay.add(asked);
    return asked.finally(() => this.#underWay.delete(asked));
  }

  watch(route: WatchRoute, request: Parameters<DoorService['watch']>[1], response: ServerResponse): void {
    if (this.#closed) throw new GossipError('GOSSIP_E_STOPPING', 'the node is stopping');
    if (route.name === 'events') {
      this.#bell.publications.watch(NODE_STREAM, '', request, response);
      this.#peers.begin();
      return;
    }
    checkWatchable(route.module, this.#core.node.moduleViews(this.#now()));
    this.#bell.publications.watch(route.module, route.topic, request, response);
  }

  /** Ends all streams; resolves when the requests that modules have now are answered. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#peers.end();
    this.#bell.publications.end();
    await Promise.allSettled(this.#underWay);
  }
}
