/** The HTTPS server of a node: knows every caller by its key, and bounds what connections may cost. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { GossipError } from '../../../model/errors.ts';
import type { Address, NodeId } from '../../../model/names.ts';
import { callerAddress } from '../address.ts';
import { formatAddress } from '../../../model/address.ts';
import { ConnectionTable } from './connections.ts';
import type { Connection } from './connections.ts';
import { guardEvent } from './guard-event.ts';
import { sayFarewell, sayLast, sayRefused } from './last-word.ts';
import { SERVER_LIMITS } from '../limits.ts';
import type { ServerLimits } from '../limits.ts';
import { CHECKS } from './options.ts';
import type { PeerServerOptions, ServerChecks } from './options.ts';
import { MAX_TOLD, safeText } from '../../../model/safe-text.ts';
import { portError } from './port-error.ts';
import { RequestServer } from './serve.ts';
import type { Caller } from './serve.ts';
import { secureOptions } from '../tls.ts';

export type { PeerServerOptions } from './options.ts';
export type { PeerRequest } from './request.ts';
export type { PeerResponse } from './response.ts';

/** `open`: connections, with the `handshakes` under way. `identified`, `turnedAway`: since the start. */
export interface ServerCounts {
  readonly open: number;
  readonly handshakes: number;
  readonly identified: number;
  readonly turnedAway: number;
}

/** How often Node looks for late headers. */
const MAX_CHECK_MS = 1_000;

export class PeerServer {
  readonly #checks: ServerChecks;
  #running: Running | null = null;

  constructor(checks: ServerChecks = CHECKS) {
    this.#checks = checks;
  }

  /** Serves until `close`. Rejects with GOSSIP_E_PORT when the port cannot be had. */
  async listen(options: PeerServerOptions): Promise<{ readonly address: Address }> {
    if (this.#running) throw new GossipError('GOSSIP_E_INTERNAL', 'this server listens already');
    const running = new Running(options, this.#checks);
    const address = await running.listen();
    this.#running = running;
    return { address };
  }

  get counts(): ServerCounts {
    return this.#running?.counts ?? { open: 0, handshakes: 0, identified: 0, turnedAway: 0 };
  }

  /** Ends every connection that this node made, in whatever it was just doing. */
  part(id: NodeId): void {
    this.#running?.part(id);
  }

  /** Takes no new connections, lets requests under way end for up to `graceMs`, then cuts what is left. */
  async close(options: { readonly graceMs: number }): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await running?.close(options.graceMs);
  }
}

const STOPPING = new GossipError('GOSSIP_E_STOPPING', 'the node is stopping');
const GAVE_WAY = new GossipError('GOSSIP_E_BUSY', 'this connection gave way to others');

class Running {
  readonly #options: PeerServerOptions;
  readonly #checks: ServerChecks;
  readonly #server: Server;
  readonly #requests: RequestServer;
  readonly #table: ConnectionTable;
  /** Accepted connections by their two ends: Node shows a connection to us as a raw socket first, as a TLS socket later. */
  readonly #accepted = new Map<string, Connection>();
  readonly #callers = new WeakMap<Socket, Caller>();
  /** What identified connections speak over. */
  readonly #speaking = new WeakMap<Connection, TLSSocket>();
  #stopping = false;
  #identified = 0;
  #turnedAway = 0;

  constructor(options: PeerServerOptions, checks: ServerChecks) {
    const limits = Object.freeze({ ...SERVER_LIMITS, ...options.limits });
    this.#options = options;
    this.#checks = checks;
    this.#table = new ConnectionTable(limits, options.isKnown ?? (() => false), performance.now());
    this.#requests = new RequestServer(options, checks, limits);
    this.#server = makeServer(options, limits);
    this.#attach();
  }

  #attach(): void {
    guardEvent(this.#server, 'connection', (socket) => this.#accept(socket as Socket));
    guardEvent(this.#server, 'secureConnection', (socket) => this.#identify(socket as TLSSocket));
    const serve = (request: IncomingMessage, response: ServerResponse) =>
      void this.#requests.serve(request, response, this.#callers.get(request.socket));
    this.#server.on('request', serve);
    this.#server.on('checkContinue', serve);
    this.#server.on('checkExpectation', serve);
    this.#server.on('connect', (_request, socket) => this.#endBroken(socket as Socket, undefined));
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#endBroken(socket as Socket, error.code));
  }

  get counts(): ServerCounts {
    return { ...this.#table.counts, identified: this.#identified, turnedAway: this.#turnedAway };
  }

  listen(): Promise<Address> {
    const { host, port, log } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<Address>();
    const fail = (cause: Error) => reject(portError(host, port, cause));
    this.#server.once('error', fail);
    this.#server.listen({ host, port, backlog: 1_024 }, () => {
      this.#server.off('error', fail);
      this.#server.on('error', (error) => log?.error({ error: safeText(error.message, MAX_TOLD) }, 'accepting connections failed'));
      const bound = this.#server.address() as AddressInfo;
      resolve(formatAddress(bound.address, bound.port));
    });
    return promise;
  }

  part(id: NodeId): void {
    for (const connection of this.#table) if (connection.id === id) this.#speaking.get(connection)?.destroy();
  }

  async close(graceMs: number): Promise<void> {
    this.#requests.drain();
    this.#stopping = true;
    // Before Node ends the idle ones itself, without a word.
    for (const connection of this.#table) {
      if (connection.requestsUnderWay === 0) connection.end();
    }
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const cut = setTimeout(() => {
      for (const connection of this.#table) connection.end();
    }, graceMs);
    await closed.finally(() => clearTimeout(cut));
  }

  /** Before the handshake: may this address have one? */
  #accept(socket: Socket): boolean {
    const { remoteAddress } = socket;
    // Without an address, the peer is gone already.
    const connection =
      remoteAddress === undefined
        ? null
        : this.#table.open(callerAddress(remoteAddress), () => this.#end(socket), performance.now(), this.#options.strain?.());
    if (!connection) return this.#turnAway(socket, 'too many connections');
    const ends = endsOf(socket);
    this.#accepted.set(ends, connection);
    socket.once('close', () => {
      this.#accepted.delete(ends);
      this.#table.close(connection);
    });
    return true;
  }

  /** After the handshake, before the first HTTP byte: who is it, and is there room for it? */
  #identify(socket: TLSSocket): boolean {
    const connection = this.#accepted.get(endsOf(socket));
    if (!connection) return this.#turnAway(socket, 'it is gone');
    const id = this.#checks.identify(socket);
    if (id === null) return this.#turnAway(socket, 'it shows no identity');
    const refusal = this.#options.refusal?.(id) ?? null;
    if (refusal !== null) return this.#refuse(socket, refusal);
    if (!this.#table.identify(connection, id, performance.now())) return this.#turnAway(socket, 'too many connections');
    this.#identified += 1;
    this.#speaking.set(connection, socket);
    this.#callers.set(socket, { connection, id, remoteAddress: callerAddress(socket.remoteAddress ?? ''), closing: false });
    return true;
  }

  /** On purpose: whoever kept an idle connection hears so. */
  #end(accepted: Socket): void {
    const connection = this.#accepted.get(endsOf(accepted));
    const speaking = connection?.requestsUnderWay === 0 ? this.#speaking.get(connection) : undefined;
    if (!speaking?.writable) accepted.destroy();
    else sayFarewell(speaking, this.#stopping ? STOPPING : GAVE_WAY);
  }

  /** Attack B15: HTTP never sees the connection. */
  #refuse(socket: TLSSocket, refusal: Uint8Array): false {
    this.#turnedAway += 1;
    sayRefused(socket, refusal);
    return false;
  }

  #turnAway(socket: Socket, why: string): false {
    this.#turnedAway += 1;
    this.#options.log?.debug({ remoteAddress: socket.remoteAddress, why }, 'connection turned away');
    socket.destroy();
    return false;
  }

  /** What is no request: broken, too long, or late. Connections that never were identified are told nothing. */
  #endBroken(socket: Socket, code: string | undefined): void {
    const caller = this.#callers.get(socket);
    // Its last answer is under way, and what still comes is thrown away: to close now would take the answer back.
    if (caller?.closing && code?.startsWith('HPE_')) return;
    // A second answer on top of one that is under way would be a forged one (attack C10).
    const mayAnswer = caller && !caller.closing && caller.connection.requestsUnderWay === 0 && socket.writable && code !== 'ECONNRESET';
    if (!mayAnswer) {
      socket.destroy();
      return;
    }
    caller.closing = true;
    sayLast(socket, code);
  }
}

function makeServer(options: PeerServerOptions, limits: ServerLimits): Server {
  return createServer({
    ...secureOptions(options.identity),
    requestCert: true,
    // Certificates are self-signed: who they are is decided by `identify`, before HTTP sees the connection.
    rejectUnauthorized: false,
    handshakeTimeout: limits.handshakeMs,
    headersTimeout: limits.headerMs,
    // Deadlines of bodies are per route: see readBody and streamBody.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(MAX_CHECK_MS, Math.ceil(limits.headerMs / 5)),
    keepAliveTimeout: limits.keepAliveMs,
    // Node's parser refuses at the size given, not above it.
    maxHeaderSize: limits.maxHeaderBytes + 1,
    insecureHTTPParser: false,
    // Node would answer without a code; see checkHead.
    requireHostHeader: false,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  });
}

function endsOf(socket: Socket): string {
  return `${socket.remoteAddress}|${socket.remotePort}|${socket.localAddress}|${socket.localPort}`;
}
