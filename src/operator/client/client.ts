/** What operators' commands ask of nodes, over HTTPS that is pinned to each node's id. */
import { NUMBERS_HEADER } from '../../core/api/injection.ts';

import type { NumberScope } from '../../gossip/configuration.ts';
import type { Method } from 'got';
import { GossipError } from '../../model/errors.ts';
import type { Envelope } from '../../model/deployment.ts';
import type { Manifest } from '../../model/manifest.ts';
import { isContentHash } from '../../model/names.ts';
import type { Address, ContentHash, ModuleName, NodeId } from '../../model/names.ts';
import { safeText } from '../../model/safe-text.ts';
import { parseNodeStatus } from '../../model/status.ts';
import type { NodeStatus } from '../../model/status.ts';
import type { Json } from '../../sdk/json.ts';
import { verifyAdmission } from '../../trust/admission.ts';
import { canonicalBytes, parseJson } from '../../trust/canonical.ts';
import { manifestHash, parseManifest } from '../../trust/manifest.ts';
import { AnswerMemory } from './answer-memory.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import type { Seen } from '../completion/seen.ts';
import { CLIENT_LIMITS, JSON_LIMITS, MAX_HELLO_BYTES, MAX_STATUS_BYTES, MAX_WORDS_BYTES } from './client-limits.ts';
import type { ClientLimits } from './client-limits.ts';
import { connectionError, describe } from './connection-error.ts';
import { accepted, refusal } from './node-answer.ts';
import type { Answer } from './node-answer.ts';
import { idAt, PinnedAgent } from './pinned-agent.ts';
import { Transfer } from './transfer.ts';

/** A node as a command addresses it. */
export interface NodeAddress {
  readonly id: NodeId;
  readonly address: Address;
  /** For people; empty when unknown. */
  readonly name: string;
}

/** A node's answer to an announced deployment. */
export type Announced =
  | { readonly outcome: 'applied' | 'known' }
  /** `partial`: what the node kept of an upload that broke off, in bytes. */
  | { readonly missing: readonly ContentHash[]; readonly partial?: Readonly<Record<string, unknown>> };

export interface Sending {
  /** Goes on from this byte, in the place of an older upload of this operator; null sends all, and touches nothing of what is there. */
  readonly from: number | null;
  /** Told how many bytes of the blob were handed over, those before `from` included. */
  readonly onSent?: (bytes: number) => void;
}

/** What commands may ask of a node; tests put a node of their own in its place. */
export interface NodeDoor {
  status(node: NodeAddress): Promise<NodeStatus>;
  /** The records of the node's configuration, not yet verified. */
  configuration(node: NodeAddress): Promise<readonly unknown[]>;
  announce(node: NodeAddress, envelope: Envelope, manifest: Manifest | null, scope?: NumberScope): Promise<Announced>;
  /** Sends a blob, or what of it the node has not kept. */
  putBlob(node: NodeAddress, code: ContentHash, blob: ContentHash, bytes: Uint8Array, sending?: Sending): Promise<void>;
  /** The manifest of code that the node keeps; it hashes to `code`. */
  manifest(node: NodeAddress, code: ContentHash): Promise<Manifest>;
  /** A blob of that code, not yet checked; `onReceived` is told how much of it has come. */
  blob(node: NodeAddress, code: ContentHash, blob: ContentHash, onReceived?: (bytes: number) => void): Promise<Uint8Array>;
  inspect(node: NodeAddress, module: ModuleName): Promise<Json>;
  /** Finds out who listens at an address, and that it is a member of the cluster. */
  identify(address: Address): Promise<NodeAddress>;
}

interface Request {
  readonly method: Method;
  readonly path: string;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly timeoutMs?: number;
  readonly onSent?: (bytes: number) => void;
  readonly onReceived?: ((bytes: number) => void) | undefined;
  /** Longest answer: also what bounds its time, for one that goes on is waited for. Default 2 MiB. */
  readonly maxBytes?: number;
}

/** To an operator, for whom the advice to nodes is none. */
const STRANGER = "Where it is a node of another cluster, choose that one: 'gossip cluster list'. Else import this one again, with --join.";

export class OperatorClient implements NodeDoor {
  readonly #cluster: OperatorCluster;
  readonly #limits: ClientLimits;
  readonly #agents = new Map<string, PinnedAgent>();
  readonly #answers = new AnswerMemory();
  /** Members that were named by their addresses. */
  readonly identified: NodeAddress[] = [];
  /** Nodes that have shown that they are members, or are asked just now. */
  readonly #proofs = new Map<NodeId, Promise<string>>();

  /** Told what nodes answer; names are remembered for completion. */
  readonly #seen: Seen | null;

  constructor(cluster: OperatorCluster, limits: Partial<ClientLimits> = {}, seen: Seen | null = null) {
    this.#cluster = cluster;
    this.#seen = seen;
    this.#limits = { ...CLIENT_LIMITS, ...limits };
  }

  async status(node: NodeAddress): Promise<NodeStatus> {
    const asked: Request = { method: 'GET', path: '/v1/status', timeoutMs: this.#limits.statusMs, maxBytes: MAX_STATUS_BYTES };
    const status = parseNodeStatus(await this.#json(node, asked));
    this.#seen?.status(status);
    return status;
  }

  async configuration(node: NodeAddress): Promise<readonly unknown[]> {
    const answer = (await this.#json(node, { method: 'GET', path: '/v1/configuration', maxBytes: this.#limits.maxBytes })) as {
      records?: unknown;
    } | null;
    if (!Array.isArray(answer?.records)) throw new GossipError('GOSSIP_E_REQUEST', `${describe(node)} answered no configuration`);
    const envelopes = answer.records.map((record: { envelope?: unknown } | null) => record?.envelope);
    this.#seen?.records(envelopes);
    return envelopes;
  }

  async announce(node: NodeAddress, envelope: Envelope, manifest: Manifest | null, scope: NumberScope = 'cluster'): Promise<Announced> {
    await this.#proveMember(node);
    const body = canonicalBytes({ envelope, manifest });
    const headers = { [NUMBERS_HEADER]: scope };
    const answer = (await this.#json(node, { method: 'POST', path: '/v1/deployments', body, headers })) as Record<string, unknown> | null;
    const { missing, outcome, partial } = answer ?? {};
    if (Array.isArray(missing) && missing.every((hash) => typeof hash === 'string' && isContentHash(hash))) {
      return typeof partial === 'object' && partial !== null ? { missing, partial: partial as Record<string, unknown> } : { missing };
    }
    if (outcome === 'applied' || outcome === 'known') return { outcome };
    throw new GossipError('GOSSIP_E_REQUEST', `${describe(node)} gave no outcome`);
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
      method: 'PUT',
      path: `/v1/code/${code}/blobs/${blob}`,
      body: bytes.subarray(start),
      headers: isRange ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {},
      type: 'application/octet-stream',
      onSent: (sent) => onSent(start + sent),
    });
  }

  async manifest(node: NodeAddress, code: ContentHash): Promise<Manifest> {
    const manifest = parseManifest(await this.#request(node, { method: 'GET', path: `/v1/code/${code}/manifest` }));
    if (manifestHash(manifest) === code) return manifest;
    throw new GossipError('GOSSIP_E_CODE_MISMATCH', `${describe(node)} sent the manifest of other code`);
  }

  blob(node: NodeAddress, code: ContentHash, blob: ContentHash, onReceived?: (bytes: number) => void): Promise<Uint8Array> {
    return this.#request(node, { method: 'GET', path: `/v1/code/${code}/blobs/${blob}`, onReceived, maxBytes: this.#limits.maxBytes });
  }

  async inspect(node: NodeAddress, module: ModuleName): Promise<Json> {
    return (await this.#json(node, { method: 'GET', path: `/v1/modules/${module}/inspect` })) as Json;
  }

  async identify(address: Address): Promise<NodeAddress> {
    const { identity } = this.#cluster;
    const id = await idAt({ identity, address, connectMs: this.#limits.connectMs }).catch((thrown: unknown) => {
      throw connectionError(thrown, { address, name: '' });
    });
    const node = { id, address, name: await this.#askAdmission({ id, address, name: '' }) };
    this.identified.push(node);
    return node;
  }

  /** Closes every connection, so that the command can end. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
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
    const shown = (await this.#hello(node)) as { admission?: unknown; name?: unknown } | null;
    await this.#requireMember(node, shown?.admission);
    return typeof shown?.name === 'string' ? safeText(shown.name, 63) : '';
  }

  async #requireMember({ id, address, name }: NodeAddress, admission: unknown): Promise<void> {
    const { root } = this.#cluster;
    if (root.root.rendezvous.some((node) => node.id === id)) return;
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
    const asked = rendezvous.map((node) =>
      this.#ask(node, { method: 'GET', path: `/v1/admissions/${id}`, timeoutMs: this.#limits.statusMs }),
    );
    const answers = (await Promise.allSettled(asked)).flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.status] : []));
    return answers.includes(204) || !answers.includes(404);
  }

  async #json(node: NodeAddress, request: Request): Promise<unknown> {
    return parseJson(await this.#request(node, request), { ...JSON_LIMITS, maxBytes: this.#limits.maxBytes });
  }

  async #hello(node: NodeAddress): Promise<unknown> {
    const body = canonicalBytes({ admission: this.#cluster.admission, name: '', address: null });
    const answer = await this.#send(node, { method: 'POST', path: '/v1/hello', body, maxBytes: MAX_HELLO_BYTES });
    const refused = refusal(answer);
    if (refused?.code === 'GOSSIP_E_NOT_ADMITTED')
      throw new GossipError(refused.code, `${describe(node)}: ${refused.message}`, { advice: STRANGER });
    return parseJson(accepted(node, answer), { ...JSON_LIMITS, maxBytes: MAX_HELLO_BYTES });
  }

  async #request(node: NodeAddress, request: Request): Promise<Uint8Array> {
    return accepted(node, await this.#ask(node, request));
  }

  /** Shows the admission once when the node does not know this operator yet. */
  async #ask(node: NodeAddress, request: Request): Promise<Answer> {
    const answer = await this.#send(node, request);
    if (refusal(answer)?.code !== 'GOSSIP_E_NOT_ADMITTED') return answer;
    await this.#hello(node);
    return this.#send(node, request);
  }

  async #send(
    node: NodeAddress,
    { method, path, body, headers = {}, type = 'application/json', onSent, onReceived, ...rest }: Request,
  ): Promise<Answer> {
    const { default: got } = await import('got');
    const timeoutMs = rest.timeoutMs ?? this.#limits.requestMs;
    const maxBytes = Math.min(rest.maxBytes ?? MAX_WORDS_BYTES, this.#limits.maxBytes);
    const oversize = new AbortController();
    const answering = this.#answers.begin(() => oversize.abort());
    const late = new AbortController();
    const transfer = new Transfer({ silenceMs: timeoutMs, minBytesPerSecond: this.#limits.minBytesPerSecond }, () => late.abort());
    const asked = got(`https://${node.address}${path}`, {
      method,
      agent: { https: this.#agent(node) },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false,
      responseType: 'buffer',
      signal: AbortSignal.any([oversize.signal, late.signal]),
      ...(body === undefined
        ? {}
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

  #agent(node: NodeAddress): PinnedAgent {
    const key = `${node.id}@${node.address}`;
    const agent =
      this.#agents.get(key) ??
      new PinnedAgent({ identity: this.#cluster.identity, address: node.address, id: node.id, connectMs: this.#limits.connectMs });
    this.#agents.set(key, agent);
    return agent;
  }
}
