/** How fast pieces come to a node, and what it makes of that: how many it asks for at a time, and how long it waits. */
import { MAX_PIECES_AT_ONCE } from '../model/pieces.ts';

/** How long a source may be silent: so many times as long as answers take, within bounds. */
const PATIENCE_TIMES = 4;
const LONGEST_PATIENCE_MS = 4_000;
/** An answer is to take between these: it carries more pieces, or fewer. Small ones are passed on soonest, and each costs a round trip. */
const QUICK_MS = 50;
const LONG_MS = 250;
/** Where answers take longer, the link is so slow that several at a time only hold up each other. */
const SLOW_MS = 1_000;
/** A piece that has been on its way for so many times the usual time is late. */
const LATE_TIMES = 2;
/** Of an answer in the mean: that of some ten. */
const WEIGHT = 0.1;

export class PiecePace {
  readonly #leastPatienceMs: number;
  #usualMs: number;
  /** Pieces of a request. */
  batch = 1;

  constructor(patienceMs: number) {
    this.#leastPatienceMs = patienceMs;
    this.#usualMs = patienceMs / PATIENCE_TIMES;
  }

  get patienceMs(): number {
    return Math.min(LONGEST_PATIENCE_MS, Math.max(this.#leastPatienceMs, PATIENCE_TIMES * this.#usualMs));
  }

  get isSlow(): boolean {
    return this.#usualMs > SLOW_MS;
  }

  isLate(ms: number): boolean {
    return ms > LATE_TIMES * this.#usualMs;
  }

  /** An answer with so many pieces took so long. */
  took(ms: number, pieces: number): void {
    this.#usualMs += WEIGHT * (ms - this.#usualMs);
    if (ms < QUICK_MS && pieces === this.batch) this.batch = Math.min(MAX_PIECES_AT_ONCE, 2 * this.batch);
    if (ms > LONG_MS) this.tooMuch();
  }

  /** It did not come in time. */
  tooMuch(): void {
    this.batch = Math.max(1, Math.floor(this.batch / 2));
  }
}
