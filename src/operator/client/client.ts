/** What operators' commands ask of nodes, over HTTPS that is pinned to each node's id. */
import { contentRange } from '../../api/blob-range.ts';
import { encodeAnnouncement, parseAnnounced, parseRecords, parseSteps, scopeHeaders } from '../../api/deployments.ts';
import type { Announced, NumberScope } from '../../api/deployments.ts';
import { HEADERS } from '../../api/headers.ts';
import { parseIntroduction } from '../../api/hello.ts';
import type { Introduction } from '../../api/hello.ts';
import { parseShown } from '../../api/inspect.ts';
import { asksForHello } from '../../api/refusal.ts';
import { parseStateAnswer } from '../../api/state.ts';
import type { TakenState } from '../../api/state.ts';
import type { LogLine, LogQuestion } from '../../api/logs.ts';
import { callTo } from '../../api/routes.ts';
import type { RouteCall } from '../../api/routes.ts';
import { parseNodeStatus } from '../../api/status.ts';
import type { NodeStatus } from '../../api/status.ts';
import { idAt } from '../../core/transport/client/connect.ts';
import type { ConnectOptions } from '../../core/transport/client/connect.ts';
import { secureContext } from '../../core/transport/tls.ts';
import { GossipError } from '../../model/errors.ts';
import type { Envelope } from '../../model/deployment.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { Address, ContentHash, ModuleName, NodeId } from '../../model/names.ts';
import type { Json } from '../../sdk/json.ts';
import { verifyAdmission } from '../../trust/admission.ts';
import { canonicalBytes } from '../../trust/canonical.ts';
import { manifestHash, parseManifest } from '../../trust/manifest.ts';
import { AnswerMemory } from './answer-memory.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import type { Seen } from '../completion/seen.ts';
import { CLIENT_LIMITS, PATIENCE } from './client-limits.ts';
import type { ClientLimits } from './client-limits.ts';
import { connectionError, describe } from './connection-error.ts';
import { ModuleCaller } from './module-caller.ts';
import { accepted, understood } from './node-answer.ts';
import type { Answer } from './node-answer.ts';
import { readNotes } from './note-calls.ts';
import type { NoteBook } from '../../gossip/note-book.ts';
import { PinnedAgent, PinnedAgents } from './pinned-agent.ts';
import { logLines } from './log-lines.ts';
import type { RootFollowing } from './root-following.ts';
import { requireNoted } from './noted-member.ts';
import type { NodeAddress, NodeApi } from './node-api.ts';
import { Transfer } from './transfer.ts';
import type { Sending } from './transfer.ts';

export type { NodeAddress, NodeApi } from './node-api.ts';

interface Request extends RouteCall {
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly timeoutMs?: number;
  readonly onSent?: (bytes: number) => void;
  readonly onReceived?: ((bytes: number) => void) | undefined;
}

const STRANGER = "Where it is a node of another cluster, choose that one: 'gossip cluster list'. Else import this one again, with --join.";

export class OperatorClient implements NodeApi {
  readonly #cluster: OperatorCluster;
  readonly #limits: ClientLimits;
  readonly #way: Omit<ConnectOptions, 'peer'>;
  readonly #agents: PinnedAgents;
  readonly #answers = new AnswerMemory();
  readonly identified: NodeAddress[] = [];
  /** Nodes that have shown that they are members, or are asked just now. */
  readonly #proofs = new Map<NodeId, Promise<string>>();
  readonly #seen: Seen | null;
  readonly #follower: RootFollowing | undefined;

  constructor(cluster: OperatorCluster, limits: Partial<ClientLimits> = {}, seen: Seen | null = null, follower?: RootFollowing) {
    this.#follower = follower;
    this.#cluster = cluster;
    this.#seen = seen;
    this.#limits = { ...CLIENT_LIMITS, ...limits };
    const { connectMs } = this.#limits;
    // Whoever is there and late has much to do: to give up on it costs both another handshake.
    this.#way = { context: secureContext(cluster.identity), proxies: null, connectMs, handshakeMs: connectMs * PATIENCE };
    this.#agents = new PinnedAgents(this.#way);
  }

  async status(node: NodeAddress, { patient = false }: { readonly patient?: boolean } = {}): Promise<NodeStatus> {
    const question = { ...callTo('status'), timeoutMs: this.#limits.statusMs * (patient ? PATIENCE : 1) };
    const status = await this.#read(node, question, parseNodeStatus);
    this.#seen?.status(status);
    await this.#follower?.told(node, status, (call) => this.ask(node, { ...call, timeoutMs: this.#limits.statusMs }, parseSteps));
    return status;
  }

  moduleStatus(node: NodeAddress, module: ModuleName): Promise<NodeStatus> {
    // Asked again and again, of nodes that may have much to do just then: to give up on an answer would cost a handshake.
    return this.#read(node, callTo('module-status', { module }), parseNodeStatus);
  }

  async configuration(node: NodeAddress): Promise<readonly unknown[]> {
    const envelopes = await this.#read(node, callTo('configuration'), parseRecords);
    this.#seen?.records(envelopes);
    return envelopes;
  }

  async ask<Value>(node: NodeAddress, request: Request, parse: (body: Uint8Array) => Value): Promise<Value> {
    await this.#proveMember(node);
    return this.#read(node, request, parse);
  }

  async announce(node: NodeAddress, envelope: Envelope, manifest: Manifest | null, scope: NumberScope = 'cluster'): Promise<Announced> {
    await this.#proveMember(node);
    const asked = { ...callTo('deployment'), body: encodeAnnouncement(envelope, manifest), headers: scopeHeaders(scope) };
    return this.#read(node, asked, parseAnnounced);
  }

  async putBlob(
    node: NodeAddress,
    code: ContentHash,
    blob: ContentHash,
    bytes: Uint8Array,
    { from, onSent = () => undefined }: Sending = { from: null },
  ): Promise<void> {
    await this.#proveMember(node);
    const start = from ?? 0;
    // Nothing has no range; and without one nodes take a blob as they always did.
    const isRange = from !== null && start < bytes.length;
    await this.#request(node, {
      ...callTo('put-blob', { hash: code, sha256: blob }),
      body: bytes.subarray(start),
      headers: isRange ? { 'content-range': contentRange({ from: start, to: bytes.length - 1, size: bytes.length }) } : {},
      type: 'application/octet-stream',
      onSent: (sent) => onSent(start + sent),
    });
  }

  async manifest(node: NodeAddress, code: ContentHash): Promise<Manifest> {
    const manifest = await this.#read(node, callTo('manifest', { hash: code }), parseManifest);
    if (manifestHash(manifest) === code) return manifest;
    throw new GossipError('GOSSIP_E_CODE_MISMATCH', `${describe(node)} sent the manifest of other code`);
  }

  blob(node: NodeAddress, code: ContentHash, blob: ContentHash, onReceived?: (bytes: number) => void): Promise<Uint8Array> {
    return this.#request(node, { ...callTo('blob', { hash: code, sha256: blob }), onReceived });
  }

  notes(node: NodeAddress): Promise<NoteBook> {
    return readNotes(this, node, this.#cluster.root);
  }

  inspect(node: NodeAddress, module: ModuleName): Promise<Json> {
    return this.#read(node, callTo('inspect', { module }), (body) => parseShown(module, body));
  }

  /** The state of a module's running instance, for whoever has this warrant. `onReceived` is told how much of it has come. */
  async state(node: NodeAddress, module: ModuleName, warrant: string, onReceived?: (bytes: number) => void): Promise<TakenState> {
    await this.#proveMember(node);
    const asked = { ...callTo('state', { module }), headers: { [HEADERS.warrant]: warrant }, onReceived };
    return this.#read(node, asked, parseStateAnswer);
  }

  /** What comes of its logs, for whoever has this warrant: until the node has told all, or for ever where they are followed. */
  logs(node: NodeAddress, warrant: string, question: LogQuestion, signal?: AbortSignal): AsyncGenerator<LogLine> {
    return logLines({ node, agent: this.#agents.of(node), warrant, question, signal, hello: () => this.#hello(node) });
  }

  /** A way to what the modules of a node take, for whoever has this warrant. */
  modules(node: NodeAddress, warrant: string): ModuleCaller {
    const agent = (): PinnedAgent => new PinnedAgent({ ...this.#way, peer: node });
    return new ModuleCaller({ node, warrant, agent, introduce: (again) => (again ? this.#hello(node) : this.#proveMember(node)) });
  }

  async identify(address: Address): Promise<NodeAddress> {
    const id = await idAt(address, this.#way).catch((thrown: unknown) => {
      throw connectionError(thrown, { address, name: '' });
    });
    const node = { id, address, name: await this.#askAdmission({ id, address, name: '' }) };
    this.identified.push(node);
    return node;
  }

  /** Closes every connection, so that the command can end. */
  close(): void {
    this.#agents.destroy();
  }

  /** Names come by hearsay: a node shows that it is a member before record, settings or code is sent to it (attack B18). */
  #proveMember(node: NodeAddress): Promise<unknown> {
    const proof = this.#proofs.get(node.id) ?? this.#askAdmission(node);
    this.#proofs.set(node.id, proof);
    // What failed for a moment is asked again.
    proof.catch(() => this.#proofs.delete(node.id));
    return proof;
  }

  /** Has the node show its admission; gives the name that it tells. */
  async #askAdmission(node: NodeAddress): Promise<string> {
    const shown = await this.#hello(node);
    await this.#requireMember(node, shown);
    return shown.name;
  }

  async #requireMember(asked: NodeAddress, { admission, note }: Introduction): Promise<void> {
    const { id, address, name } = asked;
    const { root } = this.#cluster;
    if (root.root.rendezvous.some((node) => node.id === id)) return;
    if (admission === null) return requireNoted(note, asked, root);
    const { node, expires } = verifyAdmission(admission, root, { now: null });
    if (node !== id) throw new GossipError('GOSSIP_E_IDENTITY', `the node at ${address} shows the admission of another node`);
    if (expires === null || expires > Date.now() || (await this.#isKnownAsAdmitted(id))) return;
    throw new GossipError('GOSSIP_E_TOKEN_EXPIRED', `${describe({ name, address })} never joined while its token was valid`, {
      advice: "Give it a fresh token ('gossip cluster join-token'), or name another node.",
    });
  }

  /** An expired token does not expel those who joined with it: rendezvous nodes know them. Where none of these answers, the admission counts (law 8). */
  async #isKnownAsAdmitted(id: NodeId): Promise<boolean> {
    const { rendezvous } = this.#cluster.root.root;
    const asked = rendezvous.map((node) => this.#ask(node, { ...callTo('admission', { id }), timeoutMs: this.#limits.statusMs }));
    const answers = (await Promise.allSettled(asked)).flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.status] : []));
    return answers.includes(204) || !answers.includes(404);
  }

  async #read<Value>(node: NodeAddress, request: Request, parse: (body: Uint8Array) => Value): Promise<Value> {
    return understood(node, await this.#request(node, request), parse);
  }

  async #hello(node: NodeAddress): Promise<Introduction> {
    const body = canonicalBytes({ admission: this.#cluster.admission, name: '', address: null });
    const answer = await this.#send(node, { ...callTo('hello'), body });
    return understood(node, accepted(node, answer, asksForHello(answer) ? STRANGER : undefined), parseIntroduction);
  }

  async #request(node: NodeAddress, request: Request): Promise<Uint8Array> {
    return accepted(node, await this.#ask(node, request));
  }

  /** Shows the admission once when the node does not know this operator yet. */
  async #ask(node: NodeAddress, request: Request): Promise<Answer> {
    const answer = await this.#send(node, request);
    if (!asksForHello(answer)) return answer;
    await this.#hello(node);
    return this.#send(node, request);
  }

  async #send(
    node: NodeAddress,
    {
      method,
      path,
      maxBytes,
      body,
      headers = {},
      type = 'application/json',
      timeoutMs = this.#limits.requestMs,
      onSent,
      onReceived,
    }: Request,
  ): Promise<Answer> {
    const { default: got } = await import('got');
    const oversize = new AbortController();
    const answering = this.#answers.begin(() => oversize.abort());
    const late = new AbortController();
    const transfer = new Transfer({ silenceMs: timeoutMs, minBytesPerSecond: this.#limits.minBytesPerSecond }, () => late.abort());
    const asked = got(`https://${node.address}${path}`, {
      method,
      agent: { https: this.#agents.of(node) },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false,
      responseType: 'buffer',
      signal: AbortSignal.any([oversize.signal, late.signal]),
      ...(body === undefined
        ? { headers }
        : { body: transfer.sending(body, onSent), headers: { ...headers, 'content-type': type, 'content-length': String(body.length) } }),
    });
    void asked.on('downloadProgress', ({ transferred }) => {
      if (transferred > maxBytes) oversize.abort();
      this.#answers.received(answering, transferred);
      if (transferred > 0) {
        transfer.received(transferred);
        onReceived?.(transferred);
      }
    });
    try {
      const { statusCode, body: bytes } = await asked;
      return { status: statusCode, body: bytes };
    } catch (thrown) {
      if (oversize.signal.aborted) throw new GossipError('GOSSIP_E_TOO_LARGE', `${describe(node)} answers without end`);
      if (late.signal.aborted) throw connectionError(Object.assign(new Error('late'), { code: 'ETIMEDOUT' }), node);
      throw connectionError(thrown, node);
    } finally {
      transfer.end();
      this.#answers.end(answering);
    }
  }
}
