/** Calls of a module in WebAssembly that wait for `answer` or `refuse`, which may come while the call lasts or later. */
import type { Said } from '../content.ts';
import { MAX_OPEN_CALLS, MAX_OPEN_REQUESTS } from '../limits.ts';

export type Outcome = { readonly said: Said } | { readonly refused: Error };

/** A core has no more of them open, and gives up what is not answered in time; only then are there more here. */
const MAX_OPEN = MAX_OPEN_CALLS + MAX_OPEN_REQUESTS;
const MAX_NUMBER = 2 ** 31 - 1;

export class Calls {
  readonly #open = new Map<number, (outcome: Outcome) => void>();
  #last = 0;

  /** The number of a new call. */
  begin(settle: (outcome: Outcome) => void): number {
    const [oldest] = this.#open.keys();
    if (oldest !== undefined && this.#open.size >= MAX_OPEN) this.settle(oldest, { refused: new Error('it was never answered') });
    this.#last = this.#last === MAX_NUMBER ? 1 : this.#last + 1;
    this.#open.set(this.#last, settle);
    return this.#last;
  }

  /** Of a call that nobody waits for, or that was answered before, nothing is kept. */
  settle(call: number, outcome: Outcome): void {
    const settle = this.#open.get(call);
    this.#open.delete(call);
    settle?.(outcome);
  }

  forget(call: number): void {
    this.#open.delete(call);
  }
}
