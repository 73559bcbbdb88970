/** Connects to a peer and makes sure that it is the one meant, before undici gets the socket and HTTP begins. */
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SecureContext, TLSSocket } from 'node:tls';
import { GossipError } from '../../../model/errors.ts';
import type { Address, NodeId } from '../../../model/names.ts';
import { splitAddress } from '../../../model/address.ts';
import type { HostAndPort } from '../../../model/address.ts';
import { FOREIGN_TLS_ADVICE, foreignTls } from './foreign-tls.ts';
import type { ProxyTurns } from './proxies.ts';
import { peerIdOf } from '../tls.ts';

export interface ConnectOptions {
  readonly context: SecureContext;
  readonly peer: { readonly id: NodeId; readonly address: Address };
  readonly proxies: Pick<ProxyTurns, 'open'> | null;
  readonly connectMs: number;
  /** From the connection, which the peer's kernel takes for it, to the end of the handshake. Default: `connectMs` is all there is. */
  readonly handshakeMs?: number;
}

/** Throws unless the server at the other end of `socket` is `expected`. */
export type PeerCheck = (socket: TLSSocket, expected: NodeId) => void;

/** The id that the node at an address shows. Nothing is believed of it yet. */
export async function idAt(address: Address, options: Omit<ConnectOptions, 'peer'>): Promise<NodeId> {
  let shown: NodeId | null = null;
  const look: PeerCheck = (socket) => {
    shown = peerIdOf(socket);
  };
  const socket = await connectPeer({ ...options, peer: { id: '' as NodeId, address } }, look);
  socket.destroy();
  if (shown !== null) return shown;
  throw new GossipError('GOSSIP_E_IDENTITY', `${address} shows no identity`);
}

/** A connection whose other end has passed `check`. Rejects with what went wrong as it is: each side has its own words for it. */
export async function connectPeer(options: ConnectOptions, check: PeerCheck): Promise<TLSSocket> {
  const { peer, proxies, connectMs, handshakeMs } = options;
  const tooLate = new AbortController();
  const giveUp = (ms: number): void => tooLate.abort(new GossipError('GOSSIP_E_TIMEOUT', `${peer.address} did not connect in ${ms} ms`));
  let stopWaiting = waitAtMost(connectMs, giveUp);
  const connected = (): void => {
    if (handshakeMs === undefined) return;
    stopWaiting();
    stopWaiting = waitAtMost(handshakeMs, giveUp);
  };
  try {
    const way = proxies ? { socket: await proxies.open(peer.address, tooLate.signal, connectMs) } : splitAddress(peer.address);
    return await handshake(way, { ...options, connected }, check, tooLate.signal);
  } finally {
    stopWaiting();
  }
}

/**
 * Calls `over` after `ms`, unless the answer of the kernel lies there unread: a process that waits for its turn on a full machine has its
 * timers run out before it reads anything. Gives what ends the wait.
 */
function waitAtMost(ms: number, over: (ms: number) => void): () => void {
  let look: NodeJS.Immediate | undefined;
  const late = setTimeout(() => {
    look = setImmediate(over, ms);
  }, ms);
  return () => {
    clearTimeout(late);
    clearImmediate(look);
  };
}

/** No session is offered, so that the server shows its certificate every time; no HTTP byte is sent before `check`. */
function handshake(
  way: { socket: Socket } | HostAndPort,
  { context, peer, connected }: ConnectOptions & { readonly connected: () => void },
  check: PeerCheck,
  tooLate: AbortSignal,
): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connectTls({ ...way, secureContext: context, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  const fail = (error: unknown) => {
    socket.destroy();
    reject(error);
  };
  const abort = () => fail(socket.connecting ? silentAddress(tooLate.reason) : tooLate.reason);
  tooLate.addEventListener('abort', abort, { once: true });
  if (socket.connecting) socket.once('connect', connected);
  else connected();
  socket.once('error', fail);
  socket.once('close', () => fail(Object.assign(new Error('closed during the handshake'), { code: 'ECONNRESET' })));
  socket.once('secureConnect', () => {
    tooLate.removeEventListener('abort', abort);
    try {
      check(socket, peer.id);
    } catch (error) {
      fail(error);
      return;
    }
    socket.setNoDelay(true).setKeepAlive(true, 30_000);
    resolve(socket);
  });
  return promise;
}

/** As the kernel says it of an address where nobody is: a machine with too much to do takes the connection, and is late with the rest. */
function silentAddress({ code, message }: GossipError): GossipError {
  return new GossipError(code, message, {
    cause: Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT', syscall: 'connect' }),
  });
}

/** In a node's words. */
export function unreachable(address: Address, thrown: unknown): GossipError {
  if (thrown instanceof GossipError) return thrown;
  const cause = thrown as Error;
  const refused = (cause as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  if (refused) return new GossipError('GOSSIP_E_NOT_LISTENING', `nobody listens at ${address}`, { cause });
  const foreign = foreignTls(cause);
  return new GossipError('GOSSIP_E_UNREACHABLE', `${address} cannot be reached: ${foreign ?? cause.message}`, {
    cause,
    ...(foreign !== null && { advice: FOREIGN_TLS_ADVICE }),
  });
}
