/** The peers of this node, as the engine sees them: each message of the protocol is one HTTPS request. */
import { HEADERS } from '../../api/headers.ts';
import type { GossipAnswer, GossipRequest } from '../../gossip/messages.ts';
import { decodeAnswer, encodeRequest } from '../../gossip/wire.ts';
import type { Trust } from '../../trust/trust.ts';
import type { NodeId, Peer } from '../../model/names.ts';
import { EXCHANGE_MS } from '../../runner/ports.ts';
import type { Done, Peers } from '../../runner/ports.ts';
import type { PeerCalls } from '../peers/peer-calls.ts';
import { settle } from './settle.ts';
import type { Traffic } from './traffic.ts';

export interface HttpsPeersOptions {
  readonly self: Peer;
  readonly incarnation: number;
  readonly calls: Pick<PeerCalls, 'request'>;
  readonly trust: Trust;
  /** Ends the connections with a node that was revoked; none is begun or taken, for the transport asks the notes itself. */
  readonly part?: (id: NodeId) => void;
  /** Counts what the core adds to messages; absent where nobody asks. */
  readonly traffic?: Traffic | undefined;
  /** Longest that a peer may take to answer. */
  readonly timeoutMs?: number;
}

export class HttpsPeers implements Peers {
  readonly #options: HttpsPeersOptions;

  constructor(options: HttpsPeersOptions) {
    this.#options = options;
  }

  send(to: Peer, message: GossipRequest, done: Done<GossipAnswer>): void {
    const { traffic } = this.#options;
    const counted = traffic && message.kind === 'configuration' ? counting(traffic.configurations, done) : done;
    void settle(this.#request(to, message), counted);
  }

  part(id: NodeId): void {
    this.#options.part?.(id);
  }

  async #request(to: Peer, message: GossipRequest): Promise<GossipAnswer> {
    const { self, incarnation, calls, trust, traffic, timeoutMs = EXCHANGE_MS } = this.#options;
    const wire = encodeRequest(message, self.address, incarnation);
    const spentMs = message.kind === 'exchange' ? (traffic?.left(message.body) ?? null) : null;
    const heard = await calls.request(to, { ...wire, timeoutMs });
    const answer = decodeAnswer(message, heard, trust);
    if (traffic && spentMs !== null && answer.kind === 'answer') {
      traffic.came(answer.body, spentMs);
      traffic.carried('asked', [wire.body, answer.body], [...Object.entries(wire.headers), [HEADERS.digest, answer.digest]]);
    }
    return answer;
  }
}

function counting<T>(counts: Traffic['configurations'], done: Done<T>): Done<T> {
  return (outcome) => {
    counts['value' in outcome ? 'answered' : 'failed'] += 1;
    done(outcome);
  };
}
