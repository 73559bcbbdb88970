/** What peers may make a node do by their hints alone: a token bucket for each peer and one for all (attacks B1, B2). */
import type { NodeId } from '../model/names.ts';
import { TokenBucket, TokenBuckets } from '../model/token-bucket.ts';

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
  readonly #all: TokenBucket;
  readonly #peers: TokenBuckets<NodeId>;

  constructor(intervalMs: number) {
    this.#all = new TokenBucket(GLOBAL_BURST, intervalMs / GLOBAL_PER_ROUND);
    this.#peers = new TokenBuckets(PEER_BURST, intervalMs, MAX_BUCKETS);
  }

  take(peer: NodeId, now: number): boolean {
    const own = this.#peers.of(peer, now);
    return own.left(now) >= 1 && this.#all.take(now) && own.take(now);
  }
}
