/** Sends the protocol's messages to peers and takes theirs in, really encoded and decoded. */
import { refusalBody } from '../../api/refusal.ts';
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest, incarnationOf } from '../../gossip/wire.ts';
import type { WireAnswer, WireRequest } from '../../gossip/wire.ts';
import type { Trust } from '../../trust/trust.ts';
import type { GossipAnswer, GossipRequest } from '../../gossip/messages.ts';
import type { Failure } from '../../gossip/protocol.ts';
import { failureOf } from '../../model/errors.ts';
import type { Peer } from '../../model/names.ts';
import { EXCHANGE_MS } from '../../runner/ports.ts';
import type { Done, Outcome, Peers } from '../../runner/ports.ts';
import { COSTS } from '../world/costs.ts';
import type { Outcome as NetworkOutcome } from '../world/network.ts';
import { received } from '../world/letters.ts';
import type { Reply, SimNetwork } from '../world/letters.ts';

/** Any status that is no answer of the protocol. */
const REFUSED = 400;
const NO_MESSAGE: Failure = { code: 'GOSSIP_E_REQUEST', message: 'the peer answered something else' };

export interface SimulatedPeersOptions {
  readonly self: Peer;
  /** Which of its starts this is; absent: it does not say. */
  readonly incarnation?: number;
  readonly network: SimNetwork;
  readonly trust: Trust;
  /** Runs what costs so much, unless the node is down. */
  readonly enter: (run: () => void, costMs: number) => void;
}

export class SimulatedPeers implements Peers {
  readonly #options: SimulatedPeersOptions;

  constructor(options: SimulatedPeersOptions) {
    this.#options = options;
  }

  send(to: Peer, message: GossipRequest, done: Done<GossipAnswer>): void {
    const { self, incarnation, network, enter } = this.#options;
    const answered = (outcome: NetworkOutcome<Reply>): void =>
      enter(() => done('failure' in outcome ? outcome : this.#readAnswer(message, outcome.answer)), COSTS.answerMs);
    const letter = { kind: 'message', wire: encodeRequest(message, self.address, incarnation) } as const;
    enter(() => network.request(self, to, letter, EXCHANGE_MS, answered), COSTS.callMs);
  }

  /** A simulated connection is one request: what is under way ends by itself, and is not heard. */
  part(): void {}

  /** Puts a peer's message to `ask`, and answers what comes of it. */
  receive(
    wire: WireRequest,
    ask: (message: GossipRequest, done: Done<GossipAnswer>, incarnation: number | null) => void,
    respond: (wire: WireAnswer) => void,
  ): void {
    const message = this.#readRequest(wire);
    if ('failure' in message) respond(refusal(message.failure));
    else {
      const done: Done<GossipAnswer> = (outcome) => respond('value' in outcome ? encodeAnswer(outcome.value) : refusal(outcome.failure));
      ask(message, done, incarnationOf(received(wire).headers));
    }
  }

  #readAnswer(asked: GossipRequest, reply: Reply): Outcome<GossipAnswer> {
    if (reply.kind !== 'message') return { failure: NO_MESSAGE };
    try {
      return { value: decodeAnswer(asked, received(reply.wire), this.#options.trust) };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  }

  #readRequest(wire: WireRequest): GossipRequest | { readonly failure: Failure } {
    try {
      return decodeRequest(received(wire), this.#options.trust);
    } catch (error) {
      return { failure: failureOf(error) };
    }
  }
}

function refusal(failure: Failure): WireAnswer {
  return { status: REFUSED, headers: {}, body: refusalBody(failure) };
}
