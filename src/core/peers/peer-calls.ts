/** Calls to peers: introduces this node first where that is needed, and believes no one who has not shown an admission. */
import { jsonBody } from '../../api/body.ts';
import { HEADERS } from '../../api/headers.ts';
import { parseIntroduction } from '../../api/hello.ts';
import { asksForHello, parseRefusal, parseRevoked } from '../../api/refusal.ts';
import { callTo } from '../../api/routes.ts';
import type { Peer } from '../../model/names.ts';
import { GossipError } from '../../model/errors.ts';
import type { Acceptance } from '../admission/acceptance.ts';
import type { Introductions } from '../admission/members.ts';
import type { Answer } from '../transport/client/answer.ts';
import type { RequestCall, StreamCall } from '../transport/client/call.ts';
import type { PeerClient } from '../transport/client/client.ts';
import type { Reachability } from './reachability.ts';

export type PeerAnswer = Answer<Uint8Array>;

export class PeerCalls {
  readonly #client: PeerClient;
  readonly #introductions: Introductions;
  readonly #reachability: Reachability;
  readonly #acceptance: Acceptance;
  /** Hellos under way, so that many calls to one new peer say hello once; a false address holds up only those who believe it. */
  readonly #greeting = new Map<string, Promise<string>>();

  constructor(client: PeerClient, introductions: Introductions, reachability: Reachability, acceptance: Acceptance) {
    this.#client = client;
    this.#introductions = introductions;
    this.#reachability = reachability;
    this.#acceptance = acceptance;
  }

  /** Sends `call` to `peer`. Rejects with a GossipError when there is no answer; an answer of any status is returned. */
  async request(peer: Peer, call: RequestCall): Promise<PeerAnswer> {
    if (!this.#introductions.members.has(peer.id)) await this.greet(peer, call.headMs ?? call.timeoutMs);
    const answer = await this.#ask(peer, call);
    if (!asksForHello(answer)) return answer;
    await this.greet(peer, call.headMs ?? call.timeoutMs);
    return this.#ask(peer, call);
  }

  async #ask(peer: Peer, call: RequestCall): Promise<PeerAnswer> {
    const answer = await this.#reachability.watch(peer.id, this.#client.request(peer, call));
    // Whoever answers with its key at its address has proved itself.
    this.#introductions.members.proved(peer.id);
    if (parseRevoked(answer) !== null) this.#acceptance.refused(peer, refusal(answer, peer));
    else if (!asksForHello(answer)) this.#acceptance.letIn();
    this.#acceptance.said(peer.id, answer.headers.get(HEADERS.callable));
    return answer;
  }

  /** As `request`, with the body as a stream: for code. */
  async stream(peer: Peer, call: StreamCall): Promise<Answer<AsyncIterable<Uint8Array>>> {
    if (!this.#introductions.members.has(peer.id)) await this.greet(peer, call.headMs);
    return this.#reachability.watch(peer.id, this.#client.stream(peer, call));
  }

  /** Shows this node's admission to `peer` and checks the peer's; answers the peer's own name for itself. */
  greet(peer: Peer, timeoutMs: number): Promise<string> {
    const where = `${peer.id}@${peer.address}`;
    const underWay = this.#greeting.get(where);
    if (underWay) return underWay;
    const greeting = this.#hello(peer, timeoutMs).finally(() => this.#greeting.delete(where));
    this.#greeting.set(where, greeting);
    return greeting;
  }

  async #hello(peer: Peer, timeoutMs: number): Promise<string> {
    const hello = { ...callTo('hello'), body: jsonBody(this.#introductions.own()), timeoutMs };
    const answer = await this.#reachability.watch(peer.id, this.#client.request(peer, hello));
    if (answer.status !== 200) {
      const refused = refusal(answer, peer);
      this.#acceptance.refused(peer, refused);
      throw refused;
    }
    this.#acceptance.letIn();
    const shown = parseIntroduction(answer.body);
    await this.#introductions.members.admit(peer.id, shown.admission);
    return shown.name;
  }
}

/** The coded error in a peer's refusal. */
export function refusal(answer: PeerAnswer, peer: Peer): GossipError {
  const { code, message } = parseRefusal(answer);
  return new GossipError(code, `${peer.name || peer.address} refused: ${message}`);
}
