/** Time and chance without a machine: a clock that moves only when told, and numbers from one seed. */

interface Due {
  readonly at: number;
  readonly run: () => void;
}

/** How many promise steps the code under test may take before the clock moves on; ample for ordinary `await` chains. */
const PROMISE_STEPS = 64;

export class VirtualTime {
  /** Milliseconds since the beginning. */
  now = 0;
  /** Sorted by time; what was scheduled first for a time runs first. */
  #queue: Due[] = [];

  /** Runs `run` after `delayMs` and returns a function that prevents it. */
  after(delayMs: number, run: () => void): () => void {
    const due = { at: this.now + Math.max(0, delayMs), run };
    this.#queue.splice(this.#place(due.at), 0, due);
    return () => {
      const index = this.#queue.indexOf(due);
      if (index >= 0) this.#queue.splice(index, 1);
    };
  }

  /** Moves the clock and runs everything that falls due, in order, with the promises that follow from it. */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    await this.settle();
    for (let due = this.#queue[0]; due !== undefined && due.at <= end; due = this.#queue[0]) {
      this.#queue.shift();
      // What runs may have let time pass itself.
      this.now = Math.max(this.now, due.at);
      due.run();
      await this.settle();
    }
    this.now = Math.max(this.now, end);
  }

  /** Lets pending promises go as far as they can without time passing. */
  async settle(): Promise<void> {
    for (let step = 0; step < PROMISE_STEPS; step++) await Promise.resolve();
  }

  #place(at: number): number {
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#queue[middle]?.at ?? Infinity) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
