/** Calls to peers: introduces this node first where that is needed, and believes no one who has not shown an admission. */
import type { Peer } from '../../model/names.ts';
import { GossipError, isErrorCode } from '../../model/errors.ts';
import { parseJson } from '../../trust/canonical.ts';
import type { Acceptance } from '../admission/acceptance.ts';
import type { PeerClient } from '../transport/client/client.ts';
import type { Introduction, Introductions } from '../admission/hello.ts';
import { parseIntroduction } from '../admission/hello.ts';
import type { Reachability } from './reachability.ts';

export interface PeerCall {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** From the call to the head of its answer; default: `timeoutMs`, which then counts from the call. */
  readonly headMs?: number;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}
export interface PeerAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

const HELLO_BYTES = 32 * 1024;

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
  async request(peer: Peer, call: PeerCall): Promise<PeerAnswer> {
    if (!this.#introductions.members.has(peer.id)) await this.greet(peer, call.headMs ?? call.timeoutMs);
    const answer = await this.#ask(peer, call);
    if (answer.status !== 401) return answer;
    await this.greet(peer, call.headMs ?? call.timeoutMs);
    return this.#ask(peer, call);
  }

  async #ask(peer: Peer, call: PeerCall): Promise<PeerAnswer> {
    const answer = await this.#reachability.watch(peer.id, this.#client.request(peer, call));
    // Whoever answers with its key at its address has proved itself.
    this.#introductions.members.proved(peer.id);
    if (answer.status !== 401) this.#acceptance.letIn();
    this.#acceptance.said(peer.id, answer.headers.get('gossip-callable'));
    return answer;
  }

  /** As `request`, with the body as a stream: for code. */
  async stream(
    peer: Peer,
    call: Omit<PeerCall, 'timeoutMs'> & { headMs: number; minBytesPerSecond: number; totalMs: number; signal?: AbortSignal },
  ) {
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
    const body = new TextEncoder().encode(JSON.stringify(this.#introductions.own()));
    const hello = { method: 'POST', path: '/v1/hello', body, timeoutMs, maxBytes: HELLO_BYTES };
    const answer = await this.#reachability.watch(peer.id, this.#client.request(peer, hello));
    if (answer.status !== 200) {
      const refused = refusal(answer, peer);
      this.#acceptance.refused(peer, refused);
      throw refused;
    }
    this.#acceptance.letIn();
    const shown: Introduction = parseIntroduction(answer.body);
    await this.#introductions.members.admit(peer.id, shown.admission);
    return shown.name;
  }
}

/** The coded error in a peer's refusal. */
export function refusal(answer: PeerAnswer, peer: Peer): GossipError {
  const said = parseRefusal(answer.body);
  return new GossipError(said.code, `${peer.name || peer.address} refused: ${said.message || `status ${answer.status}`}`);
}

function parseRefusal(body: Uint8Array): { code: ConstructorParameters<typeof GossipError>[0]; message: string } {
  try {
    const value = parseJson(body, { maxBytes: 16 * 1024, maxDepth: 4 }) as { code?: unknown; message?: unknown } | null;
    const code = typeof value?.code === 'string' && isErrorCode(value.code) ? value.code : 'GOSSIP_E_REQUEST';
    return { code, message: typeof value?.message === 'string' ? value.message.slice(0, 300) : '' };
  } catch {
    return { code: 'GOSSIP_E_REQUEST', message: '' };
  }
}
