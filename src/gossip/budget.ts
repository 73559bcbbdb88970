/** What peers may make a node do by their hints alone: a token bucket for each peer and one for all (attacks B1, B2). */
import type { NodeId } from '../model/names.ts';

/** A bucket that fills at a constant rate. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #refillMs: number;
  #tokens: number;
  #filledAt: number;

  /** One token comes back every `refillMs`, up to `capacity`. */
  constructor(capacity: number, refillMs: number, now: number) {
    this.#capacity = capacity;
    this.#refillMs = refillMs;
    this.#tokens = capacity;
    this.#filledAt = now;
  }

  /** Whether a token is there. */
  ready(now: number): boolean {
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#filledAt) / this.#refillMs);
    this.#filledAt = now;
    return this.#tokens >= 1;
  }

  take(now: number): boolean {
    if (!this.ready(now)) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** Decides whether a hint of this peer may start a configuration exchange now. */
export interface Budget {
  take(peer: NodeId, now: number): boolean;
}

const PEER_BURST = 4;
const GLOBAL_BURST = 32;
/** In one round a peer can cause one exchange, all peers together eight. */
const GLOBAL_PER_ROUND = 8;
/** Buckets remembered. Forgetting one that is not full would refill it, so the global bucket bounds what strangers win. */
const MAX_BUCKETS = 1_024;

export class FairBudget implements Budget {
  readonly #intervalMs: number;
  readonly #all: TokenBucket;
  readonly #peers = new Map<NodeId, TokenBucket>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
    this.#all = new TokenBucket(GLOBAL_BURST, intervalMs / GLOBAL_PER_ROUND, 0);
  }

  take(peer: NodeId, now: number): boolean {
    const own = this.#peers.get(peer) ?? new TokenBucket(PEER_BURST, this.#intervalMs, now);
    this.#peers.delete(peer);
    this.#peers.set(peer, own);
    for (const oldest of this.#peers.keys()) if (this.#peers.size > MAX_BUCKETS) this.#peers.delete(oldest);
    return own.ready(now) && this.#all.take(now) && own.take(now);
  }
}
