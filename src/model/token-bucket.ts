/** Token buckets: how much may happen, at once and in the long run. They are told the time, of any clock that only runs forward, and keep none. */
import { BoundedMap } from './bounded.ts';

export class TokenBucket {
  readonly #burst: number;
  readonly #refillMs: number;
  #tokens: number;
  #filledAt: number;

  /** Starts full with `burst` tokens; one comes back every `refillMs`. */
  constructor(burst: number, refillMs: number, now = 0) {
    this.#burst = burst;
    this.#refillMs = refillMs;
    this.#tokens = burst;
    this.#filledAt = now;
  }

  /** How many tokens are there; below zero when more was spent. */
  left(now: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#filledAt) / this.#refillMs);
    this.#filledAt = Math.max(now, this.#filledAt);
    return this.#tokens;
  }

  /** Whether it may happen now; if so, it is counted, as so many where it weighs more: the rest is taken from later. */
  take(now: number, weight = 1): boolean {
    if (this.left(now) < 1) return false;
    this.#tokens -= weight;
    return true;
  }

  /** Counts what happened already. */
  spend(now: number, amount: number): void {
    this.#tokens = this.left(now) - amount;
  }
}

/** A bucket for each key, such as a node id. Bounded: the key seen longest ago is forgotten, and starts full when it returns. */
export class TokenBuckets<Key> {
  readonly #make: (now: number) => TokenBucket;
  readonly #buckets: BoundedMap<Key, TokenBucket>;

  constructor(burst: number, refillMs: number, maxKeys: number) {
    this.#make = (now) => new TokenBucket(burst, refillMs, now);
    this.#buckets = new BoundedMap(maxKeys);
  }

  get size(): number {
    return this.#buckets.size;
  }

  of(key: Key, now: number): TokenBucket {
    const bucket = this.#buckets.get(key) ?? this.#make(now);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  take(key: Key, now: number): boolean {
    return this.of(key, now).take(now);
  }
}
