/** A token bucket without a clock: whoever keeps time refills it. */
export class Budget {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;

  /** `burst`: the most that can be spent at once; at first it is full. */
  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
  }

  get exhausted(): boolean {
    return this.#left <= 0;
  }

  /** Spends `amount`, when that much is left. */
  take(amount: number): boolean {
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }

  /** Spends `amount` of what happened already; the budget may fall below zero. */
  spend(amount: number): void {
    this.#left -= amount;
  }

  refill(elapsedMs: number): void {
    this.#left = Math.min(this.#burst, this.#left + (this.#perSecond * elapsedMs) / 1_000);
  }
}
