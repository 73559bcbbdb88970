/** The peers of this node, as the engine sees them: each message of the protocol is one HTTPS request. */
import type { GossipAnswer, GossipRequest } from '../../gossip/messages.ts';
import { decodeAnswer, encodeRequest } from '../../gossip/wire.ts';
import type { Trust } from '../../trust/trust.ts';
import type { NodeId, Peer } from '../../model/names.ts';
import { EXCHANGE_MS } from '../../runner/ports.ts';
import type { Done, Peers } from '../../runner/ports.ts';
import type { PeerCalls } from '../peers/peer-calls.ts';
import { settle } from './settle.ts';

export interface HttpsPeersOptions {
  readonly self: Peer;
  readonly incarnation: number;
  readonly calls: Pick<PeerCalls, 'request'>;
  readonly trust: Trust;
  /** Ends the connections with a node that was revoked; none is begun or taken, for the transport asks the notes itself. */
  readonly part?: (id: NodeId) => void;
  /** Longest that a peer may take to answer. */
  readonly timeoutMs?: number;
}

export class HttpsPeers implements Peers {
  readonly #options: HttpsPeersOptions;

  constructor(options: HttpsPeersOptions) {
    this.#options = options;
  }

  send(to: Peer, message: GossipRequest, done: Done<GossipAnswer>): void {
    void settle(this.#request(to, message), done);
  }

  part(id: NodeId): void {
    this.#options.part?.(id);
  }

  async #request(to: Peer, message: GossipRequest): Promise<GossipAnswer> {
    const { self, incarnation, calls, trust, timeoutMs = EXCHANGE_MS } = this.#options;
    const wire = encodeRequest(message, self.address, incarnation);
    return decodeAnswer(message, await calls.request(to, { ...wire, timeoutMs }), trust);
  }
}
