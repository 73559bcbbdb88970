/**
 * Whose connection is begun next: few at a time, the others in a bounded queue, and none to a peer that is left alone for now (law 10).
 * What cannot begin in time is declined at once. What has begun goes on to its own deadline, whatever becomes of the calls that wanted it.
 */
import type { TLSSocket } from 'node:tls';
import { GossipError, toGossipError } from '../../../model/errors.ts';
import type { BackOff } from './back-off.ts';
import type { HandshakeBound } from './handshake-bound.ts';

/** One peer at one address. */
export interface Destination {
  readonly key: string;
  /** Whether more calls wait than connections are being made for. */
  needs(): boolean;
  /** Begins a connection; `came` or `failed` hears of it. Rejects with a GossipError. */
  open(): Promise<TLSSocket>;
  came(socket: TLSSocket): void;
  failed(error: GossipError): void;
}

export interface HandshakesParts {
  readonly bound: HandshakeBound;
  readonly backOff: BackOff;
  readonly maxWaiting: number;
  /** How much this node is strained, from 1. */
  readonly strain: () => number;
}

/** `waiting`: peers to which one is to be begun. `leftAlone`: peers, for now. `done`, `failed`: since the start. */
export interface HandshakeCounts {
  readonly underWay: number;
  readonly waiting: number;
  readonly leftAlone: number;
  readonly done: number;
  readonly failed: number;
}

/** A machine, or what is between, that is too busy or silent. A refused connection costs nothing, and another node at the address has answered. */
const TO_NOTHING: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH']);

export class Handshakes {
  readonly #parts: HandshakesParts;
  #queue: Destination[] = [];
  #timer: NodeJS.Timeout | undefined;
  #done = 0;
  #failed = 0;

  constructor(parts: HandshakesParts) {
    this.#parts = parts;
  }

  get counts(): HandshakeCounts {
    const { bound, backOff } = this.#parts;
    this.#queue = this.#queue.filter((destination) => destination.needs());
    return {
      underWay: bound.underWay,
      waiting: this.#queue.length,
      leftAlone: backOff.size(performance.now()),
      done: this.#done,
      failed: this.#failed,
    };
  }

  /** A call that ends at `endsAt` needs a connection. Null: it is begun in its turn, if it is needed then; else why not. */
  want(destination: Destination, endsAt: number): GossipError | null {
    if (this.#queue.includes(destination)) return null;
    const why = this.#refusal(destination, endsAt);
    if (why !== null) return busy(why);
    this.#queue.push(destination);
    this.#next();
    return null;
  }

  /** For a handshake of another kind. */
  async count<T>(handshake: () => Promise<T>): Promise<T> {
    const { bound, strain } = this.#parts;
    if (!bound.begin(performance.now(), strain())) throw busy('too many are under way');
    return handshake()
      .then(
        (value) => {
          this.#done += 1;
          return value;
        },
        (thrown: unknown) => {
          this.#failed += 1;
          throw thrown;
        },
      )
      .finally(() => this.#ended());
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#queue = [];
  }

  #refusal({ key }: Destination, endsAt: number): string | null {
    const { bound, backOff, maxWaiting, strain } = this.#parts;
    const now = performance.now();
    const leftMs = backOff.leftMs(key, now);
    if (leftMs > 0) return `the last one came to nothing, and the next is tried in ${Math.ceil(leftMs)} ms`;
    const ahead = this.#queue.length;
    const waitMs = bound.waitMs(ahead, now, strain());
    if (ahead >= maxWaiting || (waitMs > 0 && now + waitMs > endsAt)) return `${ahead} others wait for one`;
    return null;
  }

  #next(): void {
    const { bound, strain } = this.#parts;
    clearTimeout(this.#timer);
    this.#queue = this.#queue.filter((destination) => this.#mayBegin(destination));
    for (let first = this.#queue[0]; first; first = this.#queue[0]) {
      const now = performance.now();
      const mayBegin = this.#mayBegin(first);
      if (mayBegin && !bound.begin(now, strain())) {
        // Where it is full, the end of one that is under way comes here.
        if (!bound.isFull(strain())) this.#timer = setTimeout(() => this.#next(), Math.ceil(bound.waitMs(0, now, 1)));
        return;
      }
      this.#queue.shift();
      if (!mayBegin) continue;
      void this.#begin(first);
      // Others come first before its next one.
      if (first.needs()) this.#queue.push(first);
    }
  }

  /** Another one to the same peer may have come to nothing meanwhile. */
  #mayBegin(destination: Destination): boolean {
    return destination.needs() && this.#parts.backOff.leftMs(destination.key, performance.now()) === 0;
  }

  async #begin(destination: Destination): Promise<void> {
    const { backOff } = this.#parts;
    const outcome = await destination.open().catch(toGossipError);
    if (!(outcome instanceof GossipError)) {
      this.#done += 1;
      backOff.succeeded(destination.key);
      destination.came(outcome);
    } else {
      this.#failed += 1;
      if (cameToNothing(outcome)) backOff.failed(destination.key, performance.now());
      destination.failed(outcome);
    }
    this.#ended();
  }

  #ended(): void {
    this.#parts.bound.ended();
    this.#next();
  }
}

function cameToNothing({ code, cause }: GossipError): boolean {
  return code === 'GOSSIP_E_TIMEOUT' || TO_NOTHING.has((cause as NodeJS.ErrnoException | undefined)?.code);
}

function busy(why: string): GossipError {
  return new GossipError('GOSSIP_E_BUSY', `no connection is begun: ${why}`);
}
