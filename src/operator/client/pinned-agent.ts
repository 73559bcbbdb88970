/** Connections of operators' commands: those of nodes, each pinned to a node's id before the first HTTP byte, in the form that `got` takes. */
import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import { connectPeer } from '../../core/transport/client/connect.ts';
import type { ConnectOptions, PeerCheck } from '../../core/transport/client/connect.ts';
import { requirePeer } from '../../core/transport/tls.ts';
import type { Peer } from '../../model/names.ts';

/** An agent for exactly one node. */
export class PinnedAgent extends Agent {
  readonly #options: ConnectOptions;
  readonly #check: PeerCheck;

  constructor(options: ConnectOptions, check: PeerCheck = requirePeer) {
    super({ keepAlive: true, maxSockets: 4 });
    this.#options = options;
    this.#check = check;
  }

  /** Hands the socket over when it is pinned; until then no byte of HTTP can be written to it. */
  override createConnection(_: unknown, created: (error: Error | null, stream?: Duplex) => void): undefined {
    connectPeer(this.#options, this.#check).then(
      (stream) => created(null, stream),
      (error: Error) => created(error),
    );
  }
}

/** The agents of a command, one for each node and address. */
export class PinnedAgents {
  readonly #way: Omit<ConnectOptions, 'peer'>;
  readonly #agents = new Map<string, PinnedAgent>();

  constructor(way: Omit<ConnectOptions, 'peer'>) {
    this.#way = way;
  }

  of(node: Pick<Peer, 'id' | 'address'>): PinnedAgent {
    const key = `${node.id}@${node.address}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const agent = new PinnedAgent({ ...this.#way, peer: node });
    this.#agents.set(key, agent);
    return agent;
  }

  destroy(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }
}
