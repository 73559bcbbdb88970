/** What may happen at once beside the rounds: a bucket of tokens that rounds fill. Where it is empty, news and doubts wait for the rounds. */
export class Allowance {
  readonly #most: number;
  readonly #perRound: number;
  #tokens: number;

  /** Begins with what one round brings, for a node that starts has company: perhaps all others start too. */
  constructor(most: number, perRound: number) {
    this.#most = most;
    this.#perRound = perRound;
    this.#tokens = perRound;
  }

  /** `least`: it brings one token, and no more are kept. */
  nextRound(least = false): void {
    this.#tokens = least ? 1 : Math.min(this.#most, this.#tokens + this.#perRound);
  }

  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
