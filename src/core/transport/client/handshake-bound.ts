/**
 * How many connections a node begins, at a time and in each second (law 10). A handshake takes 2 to 3 ms of processor on both sides together;
 * a node that begins more than are finished in time makes only work that is thrown away. Pure: it is told the time.
 */
import { TokenBucket } from '../../../model/token-bucket.ts';
import type { ClientLimits } from '../limits.ts';

export type HandshakeLimits = Pick<ClientLimits, 'maxHandshakes' | 'handshakesPerSecond' | 'handshakeBurst'>;

export class HandshakeBound {
  readonly #limits: HandshakeLimits;
  readonly #bucket: TokenBucket;
  #underWay = 0;

  constructor(limits: HandshakeLimits, now: number) {
    this.#limits = limits;
    this.#bucket = new TokenBucket(limits.handshakeBurst, 1_000 / limits.handshakesPerSecond, now);
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** Whether one may begin now; if so, it is counted until `ended`. A node under `strain` begins so many times fewer. */
  begin(now: number, strain: number): boolean {
    if (this.isFull(strain) || !this.#bucket.take(now, strain)) return false;
    this.#underWay += 1;
    return true;
  }

  /** Whether one must end before another begins. */
  isFull(strain: number): boolean {
    return this.#underWay >= Math.max(1, this.#limits.maxHandshakes / strain);
  }

  ended(): void {
    this.#underWay -= 1;
  }

  /** How long the one behind `ahead` others waits for its turn at least. */
  waitMs(ahead: number, now: number, strain: number): number {
    const lacking = ahead * strain + 1 - this.#bucket.left(now);
    return Math.max(0, (lacking * 1_000) / this.#limits.handshakesPerSecond);
  }
}
