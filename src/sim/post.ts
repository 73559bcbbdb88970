/** Sends the protocol's messages to peers and takes theirs in, really encoded and decoded. */
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from '../gossip/wire.ts';
import type { ReceivedAnswer, ReceivedRequest, Verify, WireAnswer, WireRequest } from '../gossip/wire.ts';
import type { GossipAnswer, GossipRequest } from '../gossip/messages.ts';
import type { Failure } from '../gossip/protocol.ts';
import { toGossipError } from '../model/errors.ts';
import type { Peer } from '../model/names.ts';
import type { SimNetwork } from './letters.ts';

/** Longest that a peer may take to answer an exchange. */
const EXCHANGE_MS = 5_000;
/** Any status that is no answer of the protocol. */
const REFUSED = 400;

export interface PostOptions {
  readonly self: Peer;
  readonly network: SimNetwork;
  readonly verify: Verify;
}

/** What came of a message that was sent. */
type Sent = { readonly message: GossipAnswer } | { readonly failure: Failure };

export class Post {
  readonly #options: PostOptions;

  constructor(options: PostOptions) {
    this.#options = options;
  }

  send(to: Peer, message: GossipRequest, done: (sent: Sent) => void): void {
    const { self, network } = this.#options;
    network.request(self, to, { kind: 'message', wire: encodeRequest(message, self.address) }, EXCHANGE_MS, (outcome) => {
      if ('failure' in outcome) return done(outcome);
      if (outcome.answer.kind !== 'message') return undefined;
      return done(this.#readAnswer(message, outcome.answer.wire));
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

  #readAnswer(asked: GossipRequest, wire: WireAnswer): Sent {
    try {
      return { message: decodeAnswer(asked, received(wire), this.#options.verify) };
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

function failureOf(thrown: unknown): Failure {
  const { code, message } = toGossipError(thrown);
  return { code, message };
}
