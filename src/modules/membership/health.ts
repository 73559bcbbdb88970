/** How far this node trusts itself (Lifeguard's local health): a slow or cut-off observer takes longer to accuse others. */
const WORST = 8;

export class LocalHealth {
  #score = 0;

  /** 1 when all is well; suspicions last this many times longer. */
  get factor(): number {
    return 1 + this.#score;
  }

  better(): void {
    this.#score = Math.max(0, this.#score - 1);
  }

  worse(): void {
    this.#score = Math.min(WORST, this.#score + 1);
  }
}
