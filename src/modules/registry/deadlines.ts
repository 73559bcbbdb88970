/** When keys expire, so that nothing has to be looked through as long as none does. */
export class Deadlines {
  readonly #at = new Map<string, number>();
  #soonest = Infinity;

  get(key: string): number | undefined {
    return this.#at.get(key);
  }

  set(key: string, deadlineMs: number): void {
    this.#at.set(key, deadlineMs);
    this.#soonest = Math.min(this.#soonest, deadlineMs);
  }

  delete(key: string): void {
    this.#at.delete(key);
  }

  /** The keys whose time has come. */
  due(nowMs: number): string[] {
    if (nowMs < this.#soonest) return [];
    const due: string[] = [];
    this.#soonest = Infinity;
    for (const [key, deadlineMs] of this.#at) {
      if (deadlineMs <= nowMs) due.push(key);
      else this.#soonest = Math.min(this.#soonest, deadlineMs);
    }
    return due;
  }
}
