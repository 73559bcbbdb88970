/**
 * The connections to one peer at one address, and the calls that wait for one. A call is given to undici only on a connection that is there
 * and free: undici destroys a connection on which it finds a call that was given up meanwhile, and so throws the handshake away (law 10).
 * A connection that came too late for its call serves the next one. Large calls leave one place to small ones.
 */
import type { TLSSocket } from 'node:tls';
import { Client } from 'undici';
import type { GossipError } from '../../../model/errors.ts';
import { MOST_STRAIN } from '../../../sdk/limits.ts';
import { toGossipError } from '../../../model/errors.ts';
import type { ClientLimits } from '../limits.ts';
import type { Deadline } from './deadline.ts';
import type { Destination, Handshakes } from './handshakes.ts';

export interface PeerConnectionsParts {
  /** `id@address`. */
  readonly key: string;
  readonly origin: string;
  readonly limits: ClientLimits;
  readonly open: () => Promise<TLSSocket>;
  readonly handshakes: Pick<Handshakes, 'want'>;
  /** How much this node is strained, from 1. */
  readonly strain: () => number;
}

/** Why a call came to nothing whose connection had ended before a byte of it was sent. */
export const GONE = new Error('the connection has ended');

/** A server takes a connection that says nothing for five seconds for a slow-loris: one that nobody wants yet is kept for less. */
const UNUSED_MS = 3_000;

/** One for large calls, and one for small ones. */
const LEAST_CONNECTIONS = 2;

interface Waiter {
  readonly large: boolean;
  readonly deadline: Deadline;
  readonly taken: (connection: Kept) => void;
  readonly failed: (error: GossipError) => void;
}

export class PeerConnections implements Destination {
  readonly #parts: PeerConnectionsParts;
  /** Free ones; the one used last comes last, and goes first: the others lie idle until they end. */
  #idle: Kept[] = [];
  readonly #busy = new Map<Kept, Pick<Waiter, 'large'>>();
  #waiters: Waiter[] = [];
  #connecting = 0;
  #closing = false;

  constructor(parts: PeerConnectionsParts) {
    this.#parts = parts;
  }

  get key(): string {
    return this.#parts.key;
  }

  /** A free connection, until `release`. Rejects when the call is over before, or when none can be had. */
  take(deadline: Deadline, large: boolean): Promise<Kept> {
    const { promise, resolve, reject } = Promise.withResolvers<Kept>();
    const { signal } = deadline;
    const over = (): void => waiter.failed(toGossipError(signal.reason));
    const leave = (): void => {
      signal.removeEventListener('abort', over);
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      deadline.waiting = false;
      this.#tell();
    };
    const waiter: Waiter = {
      large,
      deadline,
      taken: (connection) => (leave(), resolve(connection)),
      failed: (error) => (leave(), reject(error)),
    };
    this.#waiters.push(waiter);
    signal.addEventListener('abort', over, { once: true });
    if (signal.aborted) over();
    else this.#serve();
    this.#tell();
    return promise;
  }

  release(connection: Kept): void {
    this.#busy.delete(connection);
    connection.rest();
    if (connection.alive) this.#idle.push(connection);
    this.#serve();
  }

  needs(): boolean {
    const open = this.#idle.length + this.#busy.size + this.#connecting;
    return open < this.#most && this.#next(this.#connecting) !== undefined;
  }

  open(): Promise<TLSSocket> {
    this.#connecting += 1;
    this.#tell();
    return this.#parts.open();
  }

  came(socket: TLSSocket): void {
    this.#connecting -= 1;
    const connection = new Kept(socket, this.#parts);
    this.#idle.push(connection);
    socket.once('close', () => {
      this.#idle = this.#idle.filter((other) => other !== connection);
    });
    this.#serve();
  }

  failed(error: GossipError): void {
    this.#connecting -= 1;
    this.#next(0)?.failed(error);
    if (!this.#others) for (const waiter of this.#waiters) waiter.failed(error);
    this.#tell();
  }

  /** Keeps nothing any more. Calls under way, and those that wait, still end well. */
  close(): void {
    this.#closing = true;
    this.#serve();
  }

  async destroy(why: GossipError): Promise<void> {
    this.#closing = true;
    for (const waiter of this.#waiters) waiter.failed(why);
    await Promise.all([...this.#idle, ...this.#busy.keys()].map((connection) => connection.destroy(why)));
  }

  /** Where answers take long as everybody is busy, calls wait for one another: another connection is more work, and sooner cold than needed. */
  get #most(): number {
    const { limits, strain } = this.#parts;
    return Math.min(limits.maxConnectionsPerPeer, Math.max(LEAST_CONNECTIONS, Math.floor(limits.maxConnectionsPerPeer / strain())));
  }

  /** Whether there are connections that a call may wait for. */
  get #others(): boolean {
    return this.#connecting + this.#busy.size > 0;
  }

  #serve(): void {
    this.#idle = this.#idle.filter(({ alive }) => alive);
    for (let waiter = this.#next(0); waiter && this.#idle.length > 0; waiter = this.#next(0)) {
      const connection = this.#idle.pop() as Kept;
      this.#busy.set(connection, waiter);
      connection.work();
      waiter.taken(connection);
    }
    this.#want();
    if (this.#closing && this.#waiters.length === 0) for (const connection of this.#idle.splice(0)) void connection.destroy(null);
  }

  /** More connections are asked for while calls wait; where none is to come, a call need not wait. */
  #want(): void {
    for (let waiter = this.#next(this.#connecting); waiter && this.needs(); waiter = this.#next(this.#connecting)) {
      const refusal = this.#parts.handshakes.want(this, waiter.deadline.endsAt);
      if (refusal === null || this.#others) return;
      waiter.failed(refusal);
    }
  }

  /** The one of the waiting calls that has `ahead` others before it; large ones count only as far as they may have connections. */
  #next(ahead: number): Waiter | undefined {
    const busy = [...this.#busy.values()].filter(({ large }) => large).length;
    let places = Math.max(1, this.#most - 1) - busy;
    return this.#waiters.filter(({ large }) => !large || places-- > 0)[ahead];
  }

  /** Tells the calls for which of them no connection has been begun. */
  #tell(): void {
    for (const [index, { deadline }] of this.#waiters.entries()) deadline.waiting = index >= this.#connecting;
  }
}

/** One connection, for one call at a time. */
export class Kept {
  readonly client: Client;
  readonly #socket: TLSSocket;
  readonly #idleMs: () => number;
  /** After that at the latest it looks whether it may end: strain that has passed keeps no connection. */
  readonly #lookMs: number;
  /** null: it works. */
  #idleSince: number | null = null;
  #end: NodeJS.Timeout;

  constructor(
    socket: TLSSocket,
    { origin, limits: { idleMs, maxHeaderBytes }, strain }: Pick<PeerConnectionsParts, 'origin' | 'limits' | 'strain'>,
  ) {
    this.#socket = socket;
    // On a strained node rounds are as many times longer. Were connections not, each exchange would cost a handshake, and strain more of it (law 10).
    this.#idleMs = () => idleMs * strain();
    this.#lookMs = idleMs;
    this.#end = setTimeout(() => socket.destroy(), UNUSED_MS);
    socket.once('close', () => clearTimeout(this.#end)).on('error', () => undefined);
    let given = false;
    this.client = new Client(origin, {
      connect: (_target, callback) => {
        clearTimeout(this.#end);
        this.#endIn(this.#idleMs());
        const there = !given && this.alive;
        given = true;
        // undici expects its answer later.
        queueMicrotask(() => (there ? callback(null, socket) : callback(GONE, null)));
      },
      pipelining: 1,
      allowH2: false,
      // Where the server names a shorter time, undici keeps to it.
      keepAliveTimeout: idleMs * MOST_STRAIN,
      keepAliveMaxTimeout: idleMs * MOST_STRAIN,
      maxHeaderSize: maxHeaderBytes,
      // Each call has a deadline of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  get alive(): boolean {
    return !this.#socket.destroyed;
  }

  work(): void {
    this.#idleSince = null;
  }

  rest(): void {
    this.#idleSince = performance.now();
  }

  /** One timer for many calls: it looks again when it would be time if nothing more came. */
  #endIn(ms: number): void {
    if (!this.alive) return;
    this.#end = setTimeout(
      () => {
        const now = performance.now();
        const leftMs = (this.#idleSince ?? now) + this.#idleMs() - now;
        if (leftMs > 0) this.#endIn(leftMs);
        else this.#socket.destroy();
      },
      Math.min(ms, this.#lookMs),
    ).unref();
  }

  async destroy(error: GossipError | null): Promise<void> {
    await this.client.destroy(error);
    // One that was never used is not undici's yet.
    this.#socket.destroy();
  }
}
