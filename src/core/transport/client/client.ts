/** Calls peers over pinned HTTPS: connections are kept, bounded in number, and never used for anybody but the peer meant. */
import type { SecureContext, TLSSocket } from 'node:tls';
import type { Client, Dispatcher } from 'undici';
import { GossipError } from '../../../model/errors.ts';
import type { Address, NodeId } from '../../../model/names.ts';
import { checkPeerAddress } from '../address.ts';
import type { AddressPolicy } from '../address.ts';
import { abandon, collect, headOf, isAnnouncedTooLarge, tooLarge } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call, Callee, RequestCall, StreamCall } from './call.ts';
import { callError, revoked, stopping } from './call-error.ts';
import { connectPeer, idAt, unreachable } from './connect.ts';
import { BoundedMap } from '../../../model/bounded.ts';
import type { PeerCheck } from './connect.ts';
import { BackOff } from './back-off.ts';
import { Deadline, once } from './deadline.ts';
import { HandshakeBound } from './handshake-bound.ts';
import { Handshakes } from './handshakes.ts';
import type { HandshakeCounts } from './handshakes.ts';
import { GONE, PeerConnections } from './peer-connections.ts';
import { LostConnections } from './lost.ts';
import { isPlainHeader, isPlainPath } from '../head-grammar.ts';
import { CLIENT_LIMITS } from '../limits.ts';
import type { ClientLimits } from '../limits.ts';
import { paced } from '../paced.ts';
import type { Pace } from '../paced.ts';
import { requirePeer, secureContext } from '../tls.ts';
import type { TlsIdentity } from '../tls.ts';
import { WayOut } from './way-out.ts';
import type { ToldWays } from './way-out.ts';
import { askWhole } from './whole-answer.ts';
import type { Plain } from './whole-answer.ts';

export interface PeerClientOptions extends ToldWays {
  readonly identity: TlsIdentity;
  readonly limits?: Partial<ClientLimits>;
  /** Where peers may be called (attack B9). Default: loopback too. A node that listens elsewhere passes `{ allowLoopback: false }`. */
  readonly addresses?: AddressPolicy;
  /** A kept connection to this peer ended, and neither side meant it: perhaps its process is gone. Once for all connections that end together. */
  readonly onLost?: (id: NodeId) => void;
  /** Whom this node does not speak with, whatever is asked of it (attack B15). Default: nobody. */
  readonly isBarred?: (id: NodeId) => boolean;
  /** How much this node is strained, from 1: it begins so many times fewer connections. Default: not at all. */
  readonly strain?: () => number;
  /** Numbers in [0, 1), so that nodes do not try again in chorus. */
  readonly random?: () => number;
}

/** Larger requests leave a connection to the smaller ones. */
const SMALL_BYTES = 64 * 1024;

interface Dispatched<Given> {
  readonly answer: Given;
  readonly release: () => void;
}

export class PeerClient {
  readonly #limits: ClientLimits;
  readonly #context: SecureContext;
  /** Of connections that are made from now on. */
  readonly wayOut: WayOut;
  readonly #addresses: AddressPolicy;
  readonly #check: PeerCheck;
  readonly #lost: LostConnections;
  readonly #isBarred: (id: NodeId) => boolean;
  /** By peer; the one used longest ago comes first. */
  readonly #peers: BoundedMap<string, PeerConnections>;
  readonly #handshakes: Handshakes;
  readonly #strain: () => number;
  #kept = 0;
  #declined = 0;
  #closed = false;

  /** `check` is always `requirePeer`; an attack's test composes a client without it, to show what it is for. */
  constructor(options: PeerClientOptions, check: PeerCheck = requirePeer) {
    this.#limits = Object.freeze({ ...CLIENT_LIMITS, ...options.limits });
    // Calls under way on it still end well.
    this.#peers = new BoundedMap(this.#limits.maxPeers, (connections) => connections.close());
    this.#context = secureContext(options.identity);
    this.wayOut = new WayOut(options);
    this.#addresses = options.addresses ?? { allowLoopback: true };
    this.#check = check;
    this.#isBarred = options.isBarred ?? (() => false);
    this.#strain = options.strain ?? (() => 1);
    this.#lost = new LostConnections(options.onLost ?? (() => {}));
    this.#handshakes = new Handshakes({
      bound: new HandshakeBound(this.#limits, performance.now()),
      backOff: new BackOff(options.random ?? Math.random),
      maxWaiting: this.#limits.maxWaitingHandshakes,
      strain: this.#strain,
    });
  }

  /** The answer, of whatever status, whole. Rejects with a GossipError when there is none. */
  async request(peer: Callee, call: RequestCall): Promise<Answer<Uint8Array>> {
    const deadline = new Deadline(call.headMs ?? call.timeoutMs, peer.address, call.signal, this.#limits.lateAnswerMs);
    const whole = this.#whole(peer, call, deadline);
    try {
      return await deadline.whileInTime(whole);
    } catch (thrown) {
      // That it does not come late either is no news.
      if (deadline.signal.aborted) void whole.then(call.onLate, () => undefined);
      throw this.#count(callError(thrown, peer));
    }
  }

  /** Goes on for a while after the call is over: to give up on an answer costs its connection, and the next call a handshake (law 10). */
  async #whole(peer: Callee, call: RequestCall, deadline: Deadline): Promise<Answer<Uint8Array>> {
    let done = (): void => {};
    try {
      const { maxBytes, minBytesPerSecond } = call;
      const large = (call.body?.byteLength ?? 0) > SMALL_BYTES;
      const onHead = (): void => {
        if (call.headMs !== undefined) deadline.restart(call.timeoutMs);
      };
      if (minBytesPerSecond === undefined) {
        const ask = (client: Client, plain: Plain) => askWhole(client, plain, { peer, maxBytes, signal: deadline.givenUp, onHead });
        const { answer, release } = await this.#dispatch(peer, call, deadline, large, ask);
        done = release;
        return answer;
      }
      const { answer, release } = await this.#dispatch(peer, call, deadline, large, streamed(deadline));
      done = release;
      onHead();
      const { body, ...head } = this.#asItComes(answer, { maxBytes, minBytesPerSecond }, peer);
      return { ...head, body: await collect(body) };
    } finally {
      done();
      deadline.clear();
    }
  }

  /** The answer, of whatever status, as it comes. Whoever stops reading ends the call; a slow or late peer ends it too. */
  async stream(peer: Callee, call: StreamCall): Promise<Answer<AsyncIterable<Uint8Array>>> {
    const deadline = new Deadline(call.headMs, peer.address, call.signal);
    try {
      const { answer, release } = await this.#dispatch(
        peer,
        call,
        deadline,
        true,
        streamed(
          deadline,
          once(call.onProcessing, (ms) => deadline.restart(ms)),
        ),
      );
      deadline.restart(call.totalMs);
      answer.body.once('close', () => {
        release();
        deadline.clear();
      });
      return this.#asItComes(answer, call, peer);
    } catch (thrown) {
      deadline.clear();
      throw this.#count(callError(thrown, peer));
    }
  }

  /** Ends all calls to this node and the connections with it, at once. */
  async part(id: NodeId): Promise<void> {
    const parted = [...this.#peers].filter(([key]) => key.startsWith(`${id}@`));
    for (const [key] of parted) this.#peers.delete(key);
    await Promise.all(parted.map(([, connections]) => connections.destroy(revoked(id))));
  }

  /** Ends all calls and connections. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#handshakes.close();
    const peers = [...this.#peers.values()];
    this.#peers.clear();
    await Promise.all(peers.map((connections) => connections.destroy(stopping())));
  }

  /** Connections that are open. */
  get kept(): number {
    return this.#kept;
  }

  /** Connections that are being made, or wait for that. `declined`: calls that this node had no connection for, since its start. */
  get connecting(): HandshakeCounts & { readonly declined: number } {
    return { ...this.#handshakes.counts, declined: this.#declined };
  }

  #keep(id: NodeId, socket: TLSSocket): void {
    this.#kept += 1;
    socket.once('close', () => (this.#kept -= 1));
    this.#lost.watch(id, socket);
  }

  /** Who shows a certificate at an address, for calls to a node that is known by its address alone. Nothing is believed of it yet. */
  async identify(address: Address): Promise<NodeId> {
    checkPeerAddress(address, this.#addresses);
    const way = { context: this.#context, proxies: this.wayOut.proxiesFor(address), connectMs: this.#limits.connectMs };
    return this.#handshakes
      .count(() => idAt(address, way))
      .catch((thrown: unknown) => {
        throw unreachable(address, thrown);
      });
  }

  /** On a connection of its own until `release`; another one where it has ended before anything was sent on it. */
  async #dispatch<Given>(
    peer: Callee,
    call: Call,
    deadline: Deadline,
    large: boolean,
    ask: (client: Client, call: Plain) => Promise<Given>,
  ): Promise<Dispatched<Given>> {
    const { method, path, headers = {}, body } = call;
    const plain = isPlainPath(path) && Object.entries(headers).every(([name, value]) => isPlainHeader(name, value));
    if (!plain) throw new GossipError('GOSSIP_E_REQUEST', `a path or header for ${peer.address} is not plain text`);
    for (;;) {
      const connections = this.#connectionsTo(peer);
      const connection = await connections.take(deadline, large);
      const release = () => connections.release(connection);
      try {
        return { answer: await ask(connection.client, { method, path, headers, body: body ?? null }), release };
      } catch (thrown) {
        release();
        if (thrown !== GONE) throw thrown;
      }
    }
  }

  #count(error: GossipError): GossipError {
    if (error.code === 'GOSSIP_E_BUSY') this.#declined += 1;
    return error;
  }

  #asItComes(answer: Dispatcher.ResponseData, call: Omit<Pace, 'windowMs'>, peer: Callee): Answer<AsyncIterable<Uint8Array>> {
    try {
      if (isAnnouncedTooLarge(answer.headers, call.maxBytes)) throw tooLarge(peer, call.maxBytes);
      return { ...headOf(answer.statusCode, answer.headers, peer), body: this.#read(answer, call, peer) };
    } catch (thrown) {
      abandon(answer);
      throw thrown;
    }
  }

  async *#read(answer: Dispatcher.ResponseData, call: Omit<Pace, 'windowMs'>, peer: Callee): AsyncGenerator<Uint8Array, void, undefined> {
    const pace = { ...call, windowMs: this.#limits.rateWindowMs };
    try {
      yield* paced(answer.body, pace, () => abandon(answer));
    } catch (thrown) {
      throw callError(thrown, peer);
    }
  }

  #connectionsTo(peer: Callee): PeerConnections {
    if (this.#closed) throw stopping();
    if (this.#isBarred(peer.id)) throw revoked(peer.id);
    const key = `${peer.id}@${checkPeerAddress(peer.address, this.#addresses)}`;
    const connections = this.#peers.get(key) ?? this.#connect(peer);
    this.#peers.set(key, connections);
    return connections;
  }

  #connect(peer: Callee): PeerConnections {
    const way = () => ({ context: this.#context, peer, proxies: this.wayOut.proxiesFor(peer.address), connectMs: this.#limits.connectMs });
    return new PeerConnections({
      key: `${peer.id}@${peer.address}`,
      origin: `https://${peer.address}`,
      limits: this.#limits,
      handshakes: this.#handshakes,
      strain: this.#strain,
      open: async () => {
        const socket = await connectPeer(way(), this.#check).catch((thrown: unknown) => {
          throw unreachable(peer.address, thrown);
        });
        this.#keep(peer.id, socket);
        return socket;
      },
    });
  }
}

/** A call whose answer is taken as it comes. */
function streamed(deadline: Deadline, onInfo = (): void => {}): (client: Client, call: Plain) => Promise<Dispatcher.ResponseData> {
  return (client, call) => client.request({ ...call, signal: deadline.givenUp, onInfo });
}
