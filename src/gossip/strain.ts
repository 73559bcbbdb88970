/**
 * How much this node itself is behind, from 1 (not at all) to 8 (law 10; Lifeguard's local health). Whoever is slow doubts itself first: so many
 * times longer are its rounds, and so many times fewer connections it begins and takes. Told of its own late timers and of the outcomes of its own
 * calls; keeps no clock. A single pause, such as a laptop's sleep, is none.
 *
 * Calls that time out double it where the timers are late already. Alone they count for nothing: they may as well be the peers' fault, or that of
 * a partition, whose end would be noticed later if rounds grew longer in it.
 */

export const MOST_STRAIN = 8;
/** From here on it is told in log and status: a little strain comes and goes. */
export const STRAIN_TO_TELL = 2;
/** Timers that decide together: the one in the middle counts, so that three of them must be late. */
const TIMERS = 5;
/** A timer that is so late stands for a strain of 1. A sound node is late by a few milliseconds. */
const LATE_MS = 100;
/** So many calls that timed out beyond those that were answered count in full. */
const MOST_TIMEOUTS = 8;

/** What it is made of: how late its timers are, and how many of its calls timed out beyond those that were answered. */
export interface StrainView {
  readonly level: number;
  readonly lateMs: number;
  readonly timeouts: number;
}

export class Strain {
  #late: number[] = [];
  #timeouts = 0;

  /** A timer fired so late. */
  timer(lateMs: number): void {
    this.#late = [...this.#late, Math.max(0, lateMs)].slice(-TIMERS);
  }

  /** One of this node's own calls was answered, or timed out. */
  call(outcome: 'answered' | 'timed-out'): void {
    const step = outcome === 'answered' ? -1 : 1;
    this.#timeouts = Math.min(MOST_TIMEOUTS, Math.max(0, this.#timeouts + step));
  }

  get level(): number {
    const byTimers = this.#lateMs / LATE_MS;
    return byTimers <= 1 ? 1 : Math.min(MOST_STRAIN, byTimers * (1 + this.#timeouts / MOST_TIMEOUTS));
  }

  get view(): StrainView {
    return { level: Math.round(this.level * 10) / 10, lateMs: Math.round(this.#lateMs), timeouts: this.#timeouts };
  }

  get #lateMs(): number {
    return this.#late.length < TIMERS ? 0 : (this.#late.toSorted((a, b) => a - b)[Math.floor(TIMERS / 2)] ?? 0);
  }
}
