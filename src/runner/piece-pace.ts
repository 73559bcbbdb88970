/** How fast pieces come to a node, and what it makes of that: of how many peers it asks for them, for how many at a time, and how long it waits. */
import { MAX_PIECES_AT_ONCE } from '../model/pieces.ts';

/** How long a source may be silent: so many times as long as answers take, within bounds. */
const PATIENCE_TIMES = 4;
const LONGEST_PATIENCE_MS = 10_000;
const MOST_BACK_OFF = 8;
/** An answer is to take between these: it carries more pieces, or fewer. Small ones are passed on soonest, and each costs a round trip. */
const QUICK_MS = 50;
const LONG_MS = 250;
/** Where answers take longer, the link is so slow that several at a time only hold up each other, and all else that passes it. */
const SLOW_MS = 1_000;
/** Peers that are asked at the same time. The fewest: the link is not idle between two answers, and one that is silent does not end all. */
export const MOST_PARTNERS = 12;
const FIRST_PARTNERS = 4;
const FEWEST_PARTNERS = 2;
/** A piece that has been on its way for so many times the usual time is late. */
const LATE_TIMES = 2;
/** Of an answer in the mean: that of some ten. */
const WEIGHT = 0.1;

export class PiecePace {
  readonly #leastPatienceMs: number;
  #usualMs: number;
  #cutAt = -Infinity;
  /** So many times longer a source may be silent since answers did not come in time, until one does: what is late on a slow link must not meet ever more of its kind. */
  #backOff = 1;
  /** Pieces of a request. */
  batch = 1;
  /** Peers that are asked at the same time: one more for each answer that is soon there, one fewer for each that takes long, half of them where none comes. */
  partners = FIRST_PARTNERS;

  constructor(patienceMs: number) {
    this.#leastPatienceMs = patienceMs;
    this.#usualMs = patienceMs / PATIENCE_TIMES;
  }

  get patienceMs(): number {
    return Math.min(LONGEST_PATIENCE_MS, this.#backOff * Math.max(this.#leastPatienceMs, PATIENCE_TIMES * this.#usualMs));
  }

  isLate(ms: number): boolean {
    return ms > LATE_TIMES * this.#usualMs;
  }

  /** Whether an answer takes so long that others need not wait for it. */
  isOverdue(ms: number): boolean {
    return ms > Math.max(SLOW_MS, PATIENCE_TIMES * this.#usualMs);
  }

  /** An answer with so many pieces took so long; `inTime`: it was still waited for. */
  took(ms: number, pieces: number, inTime: boolean): void {
    if (inTime) this.#backOff = 1;
    // One source that dawdles says little about the others.
    this.#usualMs += WEIGHT * (Math.min(ms, PATIENCE_TIMES * this.#usualMs) - this.#usualMs);
    if (ms < QUICK_MS && pieces === this.batch) this.batch = Math.min(MAX_PIECES_AT_ONCE, 2 * this.batch);
    if (ms > LONG_MS) this.#fewerPieces();
    if (ms > SLOW_MS) this.partners = Math.max(FEWEST_PARTNERS, this.partners - 1);
    else this.partners = Math.min(MOST_PARTNERS, this.partners + 1);
  }

  /** What was asked at that time did not come in time. */
  tooMuch(askedAt: number, now: number): void {
    this.#fewerPieces();
    // What was asked together is late together, and counts once.
    if (askedAt < this.#cutAt) return;
    this.#cutAt = now;
    this.partners = Math.max(FEWEST_PARTNERS, Math.floor(this.partners / 2));
    this.#backOff = Math.min(MOST_BACK_OFF, 2 * this.#backOff);
  }

  #fewerPieces(): void {
    this.batch = Math.max(1, Math.floor(this.batch / 2));
  }
}
