/** Opens the door of a node: what it serves, what it tells, and what happens where its socket cannot be made. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { APP_SOCKET, APP_TOKEN } from '../../api/apps.ts';
import type { PeerEvent } from '../../api/node-events.ts';
import type { GossipNode } from '../../gossip/node.ts';
import type { Note } from '../../gossip/protocol.ts';
import { GossipError } from '../../model/errors.ts';
import type { Address, ModuleName, NodeId } from '../../model/names.ts';
import type { PublishedEvent } from '../../sdk/content.ts';
import type { JsonObject } from '../../sdk/json.ts';
import { systemClock } from '../adapters/clock.ts';
import { parseListen } from '../transport/server/listen.ts';
import type { TransportLog } from '../transport/server/options.ts';
import type { EventHandlers } from '../event-handlers/handlers.ts';
import { HeldAlive, MEMBERSHIP } from './alive.ts';
import type { AskModule } from './alive.ts';
import { Door } from './door.ts';
import { doorLimits } from './limits.ts';
import { nodeEvent } from '../log/node-events.ts';
import { NODE_STREAM, Publications } from './publications.ts';
import { originOf } from './origin.ts';
import type { ModuleService } from './service.ts';
import { GROUP_MODE, OWN_MODE } from './socket.ts';
import { doorToken } from './token.ts';
import { UsesAtDoor } from './uses.ts';

export interface DoorWishes {
  /** `none`, or a path; absent: beside the node's data. */
  readonly socket?: string | undefined;
  readonly mode?: number | undefined;
  readonly group?: string | undefined;
  /** A loopback address and port, for whoever cannot open the socket. */
  readonly listen?: string | undefined;
}

export interface DoorParts {
  readonly dataDir: string;
  readonly service: ModuleService;
  readonly strain: () => number;
  readonly log: TransportLog;
}

/** Where applications find the node. */
export interface DoorPlaces {
  readonly socket: string | null;
  readonly address: Address | null;
}

/** What a node tells at its door, whether that is open or not, and to the programs that are started for events. */
export class DoorBell {
  readonly publications: Publications;
  readonly handlers: EventHandlers;
  #alive: HeldAlive | null = null;

  /** Of which node, in which start of its core. */
  constructor(id: NodeId, incarnation: number, handlers: EventHandlers) {
    this.handlers = handlers;
    this.publications = new Publications({ originOf: (stream) => originOf(id, incarnation, stream), limits: doorLimits() });
  }

  publish(module: ModuleName, event: PublishedEvent): void {
    this.publications.publish(module, event);
    this.handlers.publish(module, event);
    if (module === MEMBERSHIP) this.#alive?.heard(event);
  }

  /** How modules ask and watch each other: beside the door, by the same means. */
  uses(core: () => { readonly node: Pick<GossipNode, 'moduleViews' | 'strain'>; readonly request: AskModule }): UsesAtDoor {
    const { publications } = this;
    const alive = new HeldAlive((module, content) => core().request(module, content));
    this.#alive = alive;
    return new UsesAtDoor({
      publications,
      views: () => core().node.moduleViews(systemClock.forward()),
      strain: () => core().node.strain,
      doubted: () => alive.doubted,
    });
  }

  /** Something of the node itself. */
  tell(event: JsonObject): void {
    this.publications.publish(NODE_STREAM, { topic: '', text: JSON.stringify(event) });
  }

  /** How the node finds its peers. */
  peer(event: PeerEvent): void {
    if (this.publications.isWatched(NODE_STREAM)) this.tell(event);
  }

  noted(note: Note): void {
    this.handlers.noted(note);
    this.#alive?.noted(note);
    const told = this.publications.isWatched(NODE_STREAM) ? nodeEvent(note) : null;
    if (told !== null) this.tell(told);
    if (note.event === 'module-state' && note.state === 'stopped') this.publications.close(note.module, 'the module was removed');
  }
}

export interface OpenDoor extends DoorPlaces {
  close(graceMs: number): Promise<void>;
}

/** A socket beside the data whose path is too long is no reason for a node not to run: it says so, and runs without. One that was asked for is. */
export async function openDoor(wishes: DoorWishes, parts: DoorParts): Promise<OpenDoor> {
  const { dataDir, service, strain, log } = parts;
  const path = wishes.socket === 'none' ? null : (wishes.socket ?? join(dataDir, APP_SOCKET));
  if (path === null && (wishes.mode !== undefined || wishes.group !== undefined)) {
    throw new GossipError('GOSSIP_E_APP_SOCKET', 'where there is no socket (none), nobody can be let in to it by a mode or a group', {
      advice: 'Leave out --app-socket-mode and --app-socket-group, or give --app-socket a path.',
    });
  }
  const mode = wishes.mode ?? (wishes.group === undefined ? OWN_MODE : GROUP_MODE);
  const tcp = wishes.listen === undefined ? null : { ...parseListen(wishes.listen), token: await doorToken(join(dataDir, APP_TOKEN)) };
  const open = (at: string | null) =>
    Door.open({
      service,
      turns: service.turns,
      lines: service.lines,
      socket: at === null ? null : { path: at, mode, group: wishes.group },
      tcp,
      strain,
      log,
    });
  const isAskedFor = [wishes.socket, wishes.mode, wishes.group].some((wish) => wish !== undefined);
  let socket = path;
  const { door, address } = await open(socket).catch((error: unknown) => {
    if (isAskedFor || !(error instanceof GossipError) || error.code !== 'GOSSIP_E_APP_SOCKET') throw error;
    log.warn({ code: error.code }, `applications cannot use this node: ${error.message}`);
    socket = null;
    return open(null);
  });
  return {
    socket,
    address,
    close: async (graceMs) => {
      const answered = service.close();
      await Promise.all([door.close(graceMs), Promise.race([answered, pause(graceMs, undefined, { ref: false })])]);
    },
  };
}
