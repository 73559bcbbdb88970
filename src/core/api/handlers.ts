/** What each route of a node does: bytes in, one call, bytes out. The server lets only members through, except to `hello`. */
import { parseList } from '../../api/bundle.ts';
import { parseContentRange, parseRange } from '../../api/blob-range.ts';
import { scopeOf } from '../../api/deployments.ts';
import { parseWait } from '../../api/prefer.ts';
import { HEADERS } from '../../api/headers.ts';
import { parseLogQuestion } from '../../api/logs.ts';
import { parsePieceQuestion } from '../../api/pieces.ts';
import { parseIntroduction, peerOf } from '../../api/hello.ts';
import type { Introduction } from '../../api/hello.ts';
import { decodeRequest, encodeAnswer, incarnationOf } from '../../gossip/wire.ts';
import type { WireAnswer } from '../../gossip/wire.ts';
import { BoundedMap } from '../../model/bounded.ts';
import { isAddress, isContentHash, isNodeId, parseModuleName } from '../../model/names.ts';
import type { ContentHash, ModuleName, NodeId, Peer } from '../../model/names.ts';
import { GossipError } from '../../model/errors.ts';
import type { NodeStatus } from '../../api/status.ts';
import type { Receiver } from '../../runner/serving.ts';
import type { Trust } from '../../trust/trust.ts';
import type { Willing } from '../../runner/incoming-code.ts';
import type { LogServer } from './log-serve.ts';
import type { CodeServer } from './code-serve.ts';
import type { Traffic } from '../adapters/traffic.ts';
import type { Core } from '../core.ts';
import type { Introductions } from '../admission/members.ts';
import type { Injection } from './injection.ts';
import type { OperatorCalls } from './operator-calls.ts';
import type { StateServer } from './state-serve.ts';
import type { RefusalLog } from '../admission/refusal-log.ts';
import { jsonResponse } from '../transport/server/response.ts';
import type { PeerRequest, PeerResponse } from '../transport/server/server.ts';

export interface HandlersOptions {
  readonly core: Core;
  readonly introductions: Introductions;
  readonly injection: Injection;
  readonly code: CodeServer;
  readonly operators: OperatorCalls;
  readonly states: StateServer;
  readonly trust: Trust;
  /** With `only` what a rollout needs to know of that module. */
  readonly status: (only?: ModuleName) => NodeStatus;
  readonly refusals: RefusalLog;
  readonly logs: LogServer;
  /** Counts what the core adds to messages; absent where nobody asks. */
  readonly traffic?: Traffic | undefined;
}

export class Handlers {
  readonly #options: HandlersOptions;
  /** What callers said of themselves in `hello`: referral and hints use it. */
  readonly #callers = new BoundedMap<NodeId, Peer>(1_024);

  constructor(options: HandlersOptions) {
    this.#options = options;
  }

  async handle(request: PeerRequest): Promise<PeerResponse> {
    switch (request.route) {
      case 'hello':
        return this.#hello(request);
      case 'exchange':
      case 'exchange-configuration':
        return this.#exchange(request);
      case 'bundle':
        return this.#options.code.bundle(contentHash(request, 'hash'), this.#receiver(request), willing(request));
      case 'files':
        return this.#options.code.files(contentHash(request, 'hash'), parseList(request.body), this.#receiver(request));
      case 'pieces':
        return this.#options.code.pieces(contentHash(request, 'hash'), parsePieceQuestion(request.body), this.#receiver(request));
      case 'manifest':
        return this.#options.code.manifest(contentHash(request, 'hash'), request.from, willing(request));
      case 'blob':
        return this.#blob(request);
      case 'deployment':
        return this.#deployment(request);
      case 'put-blob':
        return this.#putBlob(request);
      case 'status':
        return jsonResponse(200, this.#options.status());
      case 'module-status':
        return jsonResponse(200, this.#options.status(moduleOf(request)));
      case 'configuration':
        return this.#configuration();
      case 'logs':
        return this.#options.logs.answer(parseLogQuestion(request.body), request);
      case 'inspect':
        return this.#inspect(request);
      case 'state':
        return this.#options.states.answer(request);
      case 'admission':
        return this.#admission(request);
      case 'request':
        return this.#options.operators.request(request);
      case 'watch':
      case 'events':
        return this.#options.operators.watch(request);
    }
  }

  async #hello(request: PeerRequest): Promise<PeerResponse> {
    const { introductions } = this.#options;
    const shown = await this.#admitted(request);
    const peer = peerOf(request.from, shown);
    if (peer) this.#callers.set(peer.id, peer);
    return jsonResponse(200, introductions.own());
  }

  async #admitted(request: PeerRequest): Promise<Introduction> {
    try {
      const shown = parseIntroduction(request.body);
      await this.#options.introductions.members.admit(request.from, shown.admission);
      return shown;
    } catch (error) {
      this.#options.refusals.tell(request.from, error);
      throw error;
    }
  }

  async #exchange(request: PeerRequest): Promise<PeerResponse> {
    const { core, trust, traffic } = this.#options;
    const message = decodeRequest(request, trust);
    if (message.kind === 'exchange') traffic?.came(message.body);
    const from = this.#sender(request);
    const said = await core.ask(from, message, incarnationOf(request.headers));
    const answer = encodeAnswer(said);
    if (traffic && message.kind === 'exchange' && said.kind === 'answer') {
      traffic.done('answered', said.body);
      traffic.carried('answered', [message.body, said.body], headersOf(request, answer));
    }
    const callable = message.kind === 'configuration' && 'address' in from ? core.node.callable(from) : null;
    return callable === null ? answer : { ...answer, headers: { ...answer.headers, [HEADERS.callable]: callable ? 'yes' : 'no' } };
  }

  /** The sender is who its certificate says (attack B14); where it listens is its own claim, a hint. */
  #sender(request: PeerRequest): Peer | { readonly id: NodeId } {
    const claimed = request.headers.get(HEADERS.address);
    if (claimed === undefined || !isAddress(claimed)) return { id: request.from };
    return { id: request.from, address: claimed, name: this.#callers.get(request.from)?.name ?? '' };
  }

  #blob(request: PeerRequest): Promise<PeerResponse> {
    const from = parseRange(request.headers.get('range'));
    return this.#options.code.blob(contentHash(request, 'hash'), contentHash(request, 'sha256'), from, this.#receiver(request));
  }

  #receiver({ from }: PeerRequest): Receiver {
    return this.#callers.get(from) ?? { id: from };
  }

  async #deployment(request: PeerRequest): Promise<PeerResponse> {
    const announced = await this.#options.injection.announce(request.body, request.from, scopeOf(request.headers));
    return jsonResponse('missing' in announced ? 202 : 201, announced);
  }

  async #putBlob(request: PeerRequest): Promise<PeerResponse> {
    if (!request.stream) throw new GossipError('GOSSIP_E_INTERNAL', 'blobs arrive as streams');
    const range = parseContentRange(request.headers);
    await this.#options.injection.take(contentHash(request, 'hash'), contentHash(request, 'sha256'), request.stream, request.from, range);
    return { status: 204 };
  }

  #configuration(): PeerResponse {
    const records = this.#options.core.node.records().map(({ envelope, hash }) => ({ envelope, hash }));
    const { first, steps } = this.#options.trust;
    return jsonResponse(200, { root: first.envelope, steps, records });
  }

  async #inspect(request: PeerRequest): Promise<PeerResponse> {
    return jsonResponse(200, await this.#options.core.inspect(moduleOf(request)));
  }

  /** Tells a member whether this node knows an id as admitted. */
  #admission(request: PeerRequest): PeerResponse {
    const id = request.parameters.get('id') ?? '';
    if (isNodeId(id) && this.#options.introductions.members.has(id)) return { status: 204 };
    throw new GossipError('GOSSIP_E_NOT_FOUND', 'no such member is known here');
  }
}

/** Those of the protocol, on the way here and back. */
function headersOf(request: PeerRequest, answer: WireAnswer): (readonly [string, string])[] {
  const own: readonly string[] = [HEADERS.deployment, HEADERS.digest, HEADERS.address];
  return [...[...request.headers].filter(([name]) => own.includes(name)), ...Object.entries(answer.headers)];
}

function willing({ headers, processing }: PeerRequest): Willing {
  return { forMs: parseWait(headers.get('prefer')), waits: processing };
}

function moduleOf(request: PeerRequest): ModuleName {
  return parseModuleName(request.parameters.get('module') ?? '');
}

function contentHash(request: PeerRequest, parameter: string): ContentHash {
  const text = request.parameters.get(parameter) ?? '';
  if (isContentHash(text)) return text;
  throw new GossipError('GOSSIP_E_NOT_FOUND', 'no such code');
}
