/** Sends the protocol's messages to peers and takes theirs in, really encoded and decoded. */
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from '../../gossip/wire.ts';
import type { ReceivedAnswer, ReceivedRequest, Verify, WireAnswer, WireRequest } from '../../gossip/wire.ts';
import type { GossipAnswer, GossipRequest } from '../../gossip/messages.ts';
import type { Failure } from '../../gossip/protocol.ts';
import { failureOf } from '../../model/errors.ts';
import type { Peer } from '../../model/names.ts';
import type { Done, Outcome, Peers } from '../../runner/ports.ts';
import type { SimNetwork } from '../world/letters.ts';

/** Longest that a peer may take to answer an exchange. */
const EXCHANGE_MS = 5_000;
/** Any status that is no answer of the protocol. */
const REFUSED = 400;

export interface SimulatedPeersOptions {
  readonly self: Peer;
  readonly network: SimNetwork;
  readonly verify: Verify;
  /** Runs what came from outside, unless the node is down. */
  readonly enter: (run: () => void) => void;
}

export class SimulatedPeers implements Peers {
  readonly #options: SimulatedPeersOptions;

  constructor(options: SimulatedPeersOptions) {
    this.#options = options;
  }

  send(to: Peer, message: GossipRequest, done: Done<GossipAnswer>): void {
    const { self, network, enter } = this.#options;
    network.request(self, to, { kind: 'message', wire: encodeRequest(message, self.address) }, EXCHANGE_MS, (outcome) => {
      if ('failure' in outcome) return enter(() => done(outcome));
      const { answer } = outcome;
      return answer.kind === 'message' ? enter(() => done(this.#readAnswer(message, answer.wire))) : undefined;
    });
  }

  /** Hands a peer's message on to `ask`, or refuses what cannot be read or verified. */
  receive(
    wire: WireRequest,
    ask: (message: GossipRequest, respond: (answer: GossipAnswer) => void) => void,
    respond: (wire: WireAnswer) => void,
  ): void {
    const message = this.#readRequest(wire);
    if ('failure' in message) respond({ status: REFUSED, headers: {}, body: new TextEncoder().encode(JSON.stringify(message.failure)) });
    else ask(message, (answer) => respond(encodeAnswer(answer)));
  }

  #readAnswer(asked: GossipRequest, wire: WireAnswer): Outcome<GossipAnswer> {
    try {
      return { value: decodeAnswer(asked, received(wire), this.#options.verify) };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  }

  #readRequest(wire: WireRequest): GossipRequest | { readonly failure: Failure } {
    try {
      return decodeRequest(received(wire), this.#options.verify);
    } catch (error) {
      return { failure: failureOf(error) };
    }
  }
}

function received(wire: WireRequest): ReceivedRequest;
function received(wire: WireAnswer): ReceivedAnswer;
function received<Wire extends WireRequest | WireAnswer>(wire: Wire): object {
  return { ...wire, headers: new Map(Object.entries(wire.headers)) };
}
