/** Calls peers over pinned HTTPS: connections are kept, bounded in number, and never used for anybody but the peer meant. */
import type { SecureContext, TLSSocket } from 'node:tls';
import { setImmediate } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { GossipError } from '../../../model/errors.ts';
import type { Address, NodeId } from '../../../model/names.ts';
import { checkPeerAddress } from '../address.ts';
import type { AddressPolicy } from '../address.ts';
import { callError } from './call-error.ts';
import { idAt, peerConnector, unreachable } from './connect.ts';
import { BoundedMap } from '../../../model/bounded.ts';
import type { PeerCheck } from './connect.ts';
import type { Direct } from './direct.ts';
import { LostConnections } from './lost.ts';
import { isPlainHeader, isPlainPath } from '../head-grammar.ts';
import { CLIENT_LIMITS } from '../limits.ts';
import type { ClientLimits } from '../limits.ts';
import { paced } from '../paced.ts';
import { parseProxy } from './proxy.ts';
import type { Proxy } from './proxy.ts';
import { requirePeer, secureContext } from '../tls.ts';
import type { TlsIdentity } from '../tls.ts';

export interface Callee {
  readonly id: NodeId;
  readonly address: Address;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Longest answer. */
  readonly maxBytes: number;
  /** Ends the call when aborted. */
  readonly signal?: AbortSignal;
}

export interface RequestCall extends Call {
  /** From the call to the head of its answer, connecting included. Default: `timeoutMs` is all there is. */
  readonly headMs?: number;
  /** From the head, or from the call where `headMs` is not given, to the last byte of the answer. */
  readonly timeoutMs: number;
}

export interface StreamCall extends Call {
  /** From the call to the head of its answer, connecting included. */
  readonly headMs: number;
  /** Slowest answer, measured over each `rateWindowMs` (attack A7). */
  readonly minBytesPerSecond: number;
  /** From the head of the answer to its last byte; also when nobody reads it. */
  readonly totalMs: number;
}

export interface Answer<Body> {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Body;
}

export interface PeerClientOptions {
  readonly identity: TlsIdentity;
  /** `http://host:port`: everything goes out through this CONNECT proxy. */
  readonly proxy?: string | undefined;
  /** What is called without the proxy. Default: nothing. */
  readonly direct?: Direct | undefined;
  readonly limits?: Partial<ClientLimits>;
  /** Where peers may be called (attack B9). Default: loopback too. A node that listens elsewhere passes `{ allowLoopback: false }`. */
  readonly addresses?: AddressPolicy;
  /** A kept connection to this peer ended, and neither side meant it: perhaps its process is gone. Once for all connections that end together. */
  readonly onLost?: (id: NodeId) => void;
}

export class PeerClient {
  readonly #limits: ClientLimits;
  readonly #context: SecureContext;
  readonly #proxy: Proxy | null;
  readonly #direct: Direct;
  readonly #addresses: AddressPolicy;
  readonly #check: PeerCheck;
  readonly #lost: LostConnections;
  /** By peer; the one used longest ago comes first. */
  readonly #pools: BoundedMap<string, Pool>;
  #kept = 0;
  #closed = false;

  /** `check` is always `requirePeer`; an attack's test composes a client without it, to show what it is for. */
  constructor(options: PeerClientOptions, check: PeerCheck = requirePeer) {
    this.#limits = Object.freeze({ ...CLIENT_LIMITS, ...options.limits });
    // Calls under way on it still end well.
    this.#pools = new BoundedMap(this.#limits.maxPeers, (pool) => void pool.close().catch(() => undefined));
    this.#context = secureContext(options.identity);
    this.#proxy = options.proxy === undefined ? null : parseProxy(options.proxy);
    this.#direct = options.direct ?? (() => false);
    this.#addresses = options.addresses ?? { allowLoopback: true };
    this.#check = check;
    this.#lost = new LostConnections(options.onLost ?? (() => {}));
  }

  /** The answer, of whatever status, whole. Rejects with a GossipError when there is none. */
  async request(peer: Callee, call: RequestCall): Promise<Answer<Uint8Array>> {
    const deadline = new Deadline(call.headMs ?? call.timeoutMs, peer, call.signal);
    try {
      const answer = await this.#dispatch(peer, call, deadline.signal);
      if (call.headMs !== undefined) deadline.restart(call.timeoutMs);
      refuseAnnounced(answer, call.maxBytes, peer);
      const head = headOf(answer, peer);
      const body = await collect(answer.body, call.maxBytes, peer);
      // One turn for undici to see that the connection is free: a call right after this one would open a second.
      await setImmediate();
      return { ...head, body };
    } catch (thrown) {
      throw callError(thrown, peer);
    } finally {
      deadline.clear();
    }
  }

  /** The answer, of whatever status, as it comes. Whoever stops reading ends the call; a slow or late peer ends it too. */
  async stream(peer: Callee, call: StreamCall): Promise<Answer<AsyncIterable<Uint8Array>>> {
    const deadline = new Deadline(call.headMs, peer, call.signal);
    try {
      const answer = await this.#dispatch(peer, call, deadline.signal);
      deadline.restart(call.totalMs);
      answer.body.once('close', () => deadline.clear());
      refuseAnnounced(answer, call.maxBytes, peer);
      return { ...headOf(answer, peer), body: this.#read(answer, call, peer) };
    } catch (thrown) {
      deadline.clear();
      throw callError(thrown, peer);
    }
  }

  /** Ends all calls and connections. */
  async close(): Promise<void> {
    this.#closed = true;
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy(stopping())));
  }

  /** Connections that are open. */
  get kept(): number {
    return this.#kept;
  }

  #keep(id: NodeId, socket: TLSSocket): void {
    this.#kept += 1;
    socket.once('close', () => (this.#kept -= 1));
    this.#lost.watch(id, socket);
  }

  /** Who shows a certificate at an address, for calls to a node that is known by its address alone. Nothing is believed of it yet. */
  async identify(address: Address): Promise<NodeId> {
    checkPeerAddress(address, this.#addresses);
    const way = { context: this.#context, proxy: this.#proxyFor(address), connectMs: this.#limits.connectMs };
    return idAt(address, way).catch((thrown: unknown) => {
      throw unreachable(address, thrown);
    });
  }

  #proxyFor(address: Address): Proxy | null {
    return this.#direct(address) ? null : this.#proxy;
  }

  #dispatch(peer: Callee, call: Call, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { method, path, headers = {}, body } = call;
    const plain = isPlainPath(path) && Object.entries(headers).every(([name, value]) => isPlainHeader(name, value));
    if (!plain) throw new GossipError('GOSSIP_E_REQUEST', `a path or header for ${peer.address} is not plain text`);
    return this.#poolOf(peer).request({ method, path, headers, body: body ?? null, signal });
  }

  async *#read(answer: Dispatcher.ResponseData, call: StreamCall, peer: Callee): AsyncGenerator<Uint8Array, void, undefined> {
    const { minBytesPerSecond, maxBytes } = call;
    const pace = { minBytesPerSecond, maxBytes, windowMs: this.#limits.rateWindowMs };
    try {
      yield* paced(answer.body, pace, () => abandon(answer));
    } catch (thrown) {
      throw callError(thrown, peer);
    }
  }

  #poolOf(peer: Callee): Pool {
    if (this.#closed) throw stopping();
    const key = `${peer.id}@${checkPeerAddress(peer.address, this.#addresses)}`;
    const pool = this.#pools.get(key) ?? this.#makePool(peer);
    this.#pools.set(key, pool);
    return pool;
  }

  #makePool(peer: Callee): Pool {
    const { maxConnectionsPerPeer, connectMs, idleMs, maxHeaderBytes } = this.#limits;
    const way = { context: this.#context, peer, proxy: this.#proxyFor(peer.address), connectMs };
    return new Pool(`https://${peer.address}`, {
      connect: peerConnector(way, this.#check, (socket) => this.#keep(peer.id, socket)),
      connections: maxConnectionsPerPeer,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: idleMs,
      keepAliveMaxTimeout: idleMs,
      maxHeaderSize: maxHeaderBytes,
      // Each call has a deadline of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }
}

/** Aborts a call that takes too long, or that the caller no longer wants. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #peer: Callee;
  readonly #caller: AbortSignal | undefined;
  #late: NodeJS.Timeout;
  readonly #onCaller = () => this.#controller.abort(new GossipError('GOSSIP_E_TIMEOUT', 'the call was given up'));

  constructor(ms: number, peer: Callee, caller: AbortSignal | undefined) {
    this.#peer = peer;
    this.#late = this.#lateAfter(ms);
    this.#caller = caller;
    if (caller?.aborted) this.#onCaller();
    caller?.addEventListener('abort', this.#onCaller, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins anew, for the next part of the call. */
  restart(ms: number): void {
    clearTimeout(this.#late);
    this.#late = this.#lateAfter(ms);
  }

  #lateAfter(ms: number): NodeJS.Timeout {
    const error = () => new GossipError('GOSSIP_E_TIMEOUT', `${this.#peer.address} did not answer in ${ms} ms`);
    return setTimeout(() => this.#controller.abort(error()), ms);
  }

  clear(): void {
    clearTimeout(this.#late);
    this.#caller?.removeEventListener('abort', this.#onCaller);
  }
}

function headOf(answer: Dispatcher.ResponseData, peer: Callee): { status: number; headers: ReadonlyMap<string, string> } {
  const entries = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
  if (entries.every(([name, value]) => isPlainHeader(name, value))) return { status: answer.statusCode, headers: new Map(entries) };
  abandon(answer);
  throw new GossipError('GOSSIP_E_REQUEST', `${peer.address} answered with a header that is not plain text`);
}

async function collect(body: AsyncIterable<Uint8Array>, maxBytes: number, peer: Callee): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.byteLength;
    // Leaving the loop destroys the body: nothing more is read (attack A6).
    if (bytes > maxBytes) throw tooLarge(peer, maxBytes);
    parts.push(part);
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, bytes);
}

/** Refuses what says beforehand that it is too large. */
function refuseAnnounced(answer: Dispatcher.ResponseData, maxBytes: number, peer: Callee): void {
  if (Number(answer.headers['content-length'] ?? 0) <= maxBytes) return;
  abandon(answer);
  throw tooLarge(peer, maxBytes);
}

function abandon(answer: Dispatcher.ResponseData): void {
  answer.body.on('error', () => undefined);
  answer.body.destroy();
}

function tooLarge(peer: Callee, maxBytes: number): GossipError {
  return new GossipError('GOSSIP_E_TOO_LARGE', `${peer.address} answered more than ${maxBytes} bytes`);
}

function stopping(): GossipError {
  return new GossipError('GOSSIP_E_STOPPING', 'the node is stopping');
}
