/** Takes identified callers' requests to the handler, and its answers back. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusalOf } from '../../../api/refusal.ts';
import type { Refusal } from '../../../api/refusal.ts';
import { GossipError } from '../../../model/errors.ts';
import type { NodeId } from '../../../model/names.ts';
import { BodyMemory } from './body-memory.ts';
import type { Connection } from './connections.ts';
import type { ServerLimits } from '../limits.ts';
import type { PeerServerOptions, ServerChecks } from './options.ts';
import { MAX_TOLD, safeText } from '../../../model/safe-text.ts';
import { TokenBuckets } from '../../../model/token-bucket.ts';
import { parseHead, readBody, streamBody } from './request.ts';
import type { Head, PeerRequest } from './request.ts';
import { refusalResponse, writeResponse } from './response.ts';
import type { PeerResponse } from './response.ts';

/** An identified connection. */
export interface Caller {
  readonly connection: Connection;
  readonly id: NodeId;
  readonly remoteAddress: string;
  /** Its last answer is under way: requests that come all the same are not looked at. */
  closing: boolean;
}

/** A request but for its body. */
type Bodiless = Omit<PeerRequest, 'body' | 'stream'>;

/** Ids whose rate of requests is remembered. */
const MAX_RATED_IDS = 4_096;

export class RequestServer {
  readonly #options: PeerServerOptions;
  readonly #checks: ServerChecks;
  readonly #limits: ServerLimits;
  readonly #rates: { readonly members: TokenBuckets<NodeId>; readonly strangers: TokenBuckets<NodeId> };
  readonly #bodies: BodyMemory;
  #draining = false;

  constructor(options: PeerServerOptions, checks: ServerChecks, limits: ServerLimits) {
    this.#options = options;
    this.#checks = checks;
    this.#limits = limits;
    this.#bodies = new BodyMemory(limits);
    this.#rates = {
      members: new TokenBuckets(limits.requestBurst, 1_000 / limits.requestsPerSecond, MAX_RATED_IDS),
      strangers: new TokenBuckets(limits.strangerRequestBurst, 1_000 / limits.strangerRequestsPerSecond, MAX_RATED_IDS),
    };
  }

  /** From now on every answer is the last of its connection. */
  drain(): void {
    this.#draining = true;
  }

  /** Never rejects: what goes wrong is told to the peer, or ends its connection. */
  async serve(request: IncomingMessage, response: ServerResponse, caller: Caller | undefined): Promise<void> {
    if (!caller || caller.closing || caller.connection.requestsUnderWay >= this.#limits.maxRequestsPerConnection) {
      request.socket.destroy();
      return;
    }
    caller.connection.requestsUnderWay += 1;
    response.sendDate = false;
    response.on('error', () => undefined);
    try {
      await this.#send(request, response, caller, await this.#answer(request, response, caller));
    } catch (thrown) {
      await this.#refuse(thrown, request, response, caller);
    } finally {
      caller.connection.requestsUnderWay -= 1;
      caller.connection.idleSince = performance.now();
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<PeerResponse> {
    const head = parseHead(request, this.#checks.routes, this.#checks.head);
    const { name, route, parameters } = head.match;
    const rates = this.#options.isKnown?.(caller.id) ? this.#rates.members : this.#rates.strangers;
    if (!rates.take(caller.id, performance.now())) throw new GossipError('GOSSIP_E_RATE', 'too many requests');
    this.#options.authorize?.(caller.id, route, head.headers);
    const bodiless: Bodiless = {
      from: caller.id,
      remoteAddress: caller.remoteAddress,
      method: route.method,
      path: request.url ?? '',
      route: name,
      parameters,
      headers: head.headers,
      signal: signalOf(response),
      processing: () => void (response.writable && !response.headersSent && response.writeProcessing()),
    };
    return route.streamBody ? this.#answerStream(request, head, bodiless) : this.#answerWhole(request, head, bodiless);
  }

  #answerStream(request: IncomingMessage, { bodyBytes }: Head, bodiless: Bodiless): Promise<PeerResponse> {
    const stream = streamBody(request, bodyBytes, this.#limits);
    return this.#options.handler({ ...bodiless, body: new Uint8Array(), stream });
  }

  /** The memory for the body is reserved before it is read, until the handler is done with it. */
  async #answerWhole(request: IncomingMessage, { bodyBytes }: Head, bodiless: Bodiless): Promise<PeerResponse> {
    const release = this.#bodies.reserve(bodiless.from, bodyBytes);
    try {
      const body = await readBody(request, bodyBytes, this.#limits);
      return await this.#options.handler({ ...bodiless, body, stream: null });
    } finally {
      release();
    }
  }

  async #send(request: IncomingMessage, response: ServerResponse, caller: Caller, answer: PeerResponse): Promise<void> {
    // What comes after a body that was not read to its end is not a request (attack C10).
    if (!request.complete && !mayRunOut(request, answer)) caller.closing = true;
    if (caller.closing || this.#draining) response.shouldKeepAlive = false;
    await writeResponse(request, response, answer, this.#limits.drainMs);
  }

  async #refuse(thrown: unknown, request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void> {
    const refusal = refusalOf(thrown);
    this.#report(thrown, refusal, request, caller);
    // Half an answer cannot be taken back: the peer must see that it is broken.
    if (response.headersSent || response.destroyed) request.socket.destroy();
    else await this.#send(request, response, caller, refusalResponse(refusal)).catch(() => request.socket.destroy());
  }

  #report(thrown: unknown, refusal: Refusal, request: IncomingMessage, caller: Caller): void {
    const fields = { from: caller.id, path: safeText(request.url ?? '', MAX_TOLD), status: refusal.status, code: refusal.code };
    if (refusal.status === 500) this.#options.log?.error({ ...fields, err: thrown }, 'a request failed');
    else this.#options.log?.debug(fields, refusal.message);
  }
}

/** Most of gossip is shorter. */
const MAX_RUN_OUT_BYTES = 64 * 1024;

/** Whoever is to say hello first does so over the same connection: to hear that took him a handshake. Node takes the rest of his question off it. */
function mayRunOut(request: IncomingMessage, { status }: PeerResponse): boolean {
  return status === 401 && Number(request.headers['content-length']) <= MAX_RUN_OUT_BYTES;
}

/** Aborted when the peer goes away before it has its answer. */
function signalOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new GossipError('GOSSIP_E_UNREACHABLE', 'the peer went away'));
  });
  return gone.signal;
}
