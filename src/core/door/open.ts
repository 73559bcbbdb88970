/** Opens the door of a node: what it serves, what it tells, and what happens where its socket cannot be made. */
import { join } from 'node:path';
import { APP_SOCKET, APP_TOKEN } from '../../api/apps.ts';
import type { ModuleView, Note } from '../../gossip/protocol.ts';
import { GossipError } from '../../model/errors.ts';
import type { Address, ModuleName, NodeId, Peer } from '../../model/names.ts';
import type { PublishedEvent } from '../../sdk/content.ts';
import type { Content } from '../../model/content.ts';
import type { JsonObject } from '../../sdk/json.ts';
import { parseListen } from '../transport/server/listen.ts';
import type { TransportLog } from '../transport/server/options.ts';
import { Door } from './door.ts';
import type { DoorService } from './serve.ts';
import { doorLimits } from './limits.ts';
import { nodeEvent } from './node-events.ts';
import { NODE_STREAM, Publications } from './publications.ts';
import { originOf } from './origin.ts';
import { PeerEvents } from './peer-events.ts';
import { GROUP_MODE, OWN_MODE } from './socket.ts';
import { doorToken } from './token.ts';

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
  readonly request: (module: ModuleName, content: Content) => Promise<Content>;
  readonly views: () => readonly ModuleView[];
  /** The peers that the node keeps connections with. */
  readonly peers: () => readonly Peer[];
  readonly strain: () => number;
  readonly log: TransportLog;
}

/** Where applications find the node. */
export interface DoorPlaces {
  readonly socket: string | null;
  readonly address: Address | null;
}

/** What a node tells at its door, whether that is open or not. */
export class DoorBell {
  readonly publications: Publications;

  /** Of which node, in which start of its core. */
  constructor(id: NodeId, incarnation: number) {
    this.publications = new Publications({ originOf: (stream) => originOf(id, incarnation, stream), limits: doorLimits() });
  }

  publish(module: ModuleName, event: PublishedEvent): void {
    this.publications.publish(module, event);
  }

  /** Something of the node itself. */
  tell(event: JsonObject): void {
    this.publications.publish(NODE_STREAM, { topic: '', text: JSON.stringify(event) });
  }

  noted(note: Note): void {
    const told = this.publications.isWatched(NODE_STREAM) ? nodeEvent(note) : null;
    if (told !== null) this.tell(told);
    if (note.event === 'module-state' && note.state === 'stopped') this.publications.close(note.module, 'the module was removed');
  }
}

export interface OpenDoor extends DoorPlaces {
  close(graceMs: number): Promise<void>;
}

/** A socket beside the data whose path is too long is no reason for a node not to run: it says so, and runs without. One that was asked for is. */
export async function openDoor(wishes: DoorWishes, bell: DoorBell, parts: DoorParts): Promise<OpenDoor> {
  const { dataDir, strain, log } = parts;
  const path = wishes.socket === 'none' ? null : (wishes.socket ?? join(dataDir, APP_SOCKET));
  if (path === null && (wishes.mode !== undefined || wishes.group !== undefined)) {
    throw new GossipError('GOSSIP_E_APP_SOCKET', 'where there is no socket (none), nobody can be let in to it by a mode or a group', {
      advice: 'Leave out --app-socket-mode and --app-socket-group, or give --app-socket a path.',
    });
  }
  const mode = wishes.mode ?? (wishes.group === undefined ? OWN_MODE : GROUP_MODE);
  const tcp = wishes.listen === undefined ? null : { ...parseListen(wishes.listen), token: await doorToken(join(dataDir, APP_TOKEN)) };
  const peers = new PeerEvents({
    peers: parts.peers,
    isWatched: () => bell.publications.isWatched(NODE_STREAM),
    tell: (event) => bell.tell(event),
  });
  const service: DoorService = {
    request: parts.request,
    watch: (route, request, response) => {
      if (route.name === 'events') {
        bell.publications.watch(NODE_STREAM, '', request, response);
        return peers.begin();
      }
      checkWatchable(route.module, parts.views());
      return bell.publications.watch(route.module, route.topic, request, response);
    },
  };
  const open = (at: string | null) =>
    Door.open({ service, socket: at === null ? null : { path: at, mode, group: wishes.group }, tcp, strain, log });
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
      peers.end();
      bell.publications.end();
      await door.close(graceMs);
    },
  };
}

/** Whoever watches what never comes waits for ever. */
function checkWatchable(module: ModuleName, views: readonly ModuleView[]): void {
  const view = views.find(({ name }) => name === module);
  if (view === undefined) throw new GossipError('GOSSIP_E_MODULE_UNKNOWN', `no module '${module}' is deployed here`);
  if (view.state !== 'stopped') return;
  throw new GossipError('GOSSIP_E_MODULE_ABSENT', `${module} does not run here: ${view.why?.message ?? 'it was removed'}`);
}
