/** The virtual clock. Time moves from task to task; tasks of one moment run in the order in which they were set. */
import { TaskQueue } from './task-queue.ts';

/** Some moment of the year 2023, from which virtual wall clocks count. */
export const BEGINNING_MS = 1_700_000_000_000;
/** Promise steps that code under test may take before the next task; ample for ordinary `await` chains. */
const PROMISE_STEPS = 48;
/**
 * Ticks of a millisecond. A power of two, so that sums and differences of times are exact, and whatever has still to
 * wait, waits for a tick at least: a timer that rounding brings a hair too early cannot be set again for the same moment.
 */
export const TICKS_PER_MS = 1_024;
/** Tasks of one moment, far beyond any honest use: time stands still. */
const MAX_TASKS_OF_A_MOMENT = 100_000;

export class Scheduler {
  /** Milliseconds since the beginning. */
  now = 0;
  readonly #queue = new TaskQueue();
  #ranNow = 0;
  #promising = false;

  get size(): number {
    return this.#queue.size;
  }

  after(delayMs: number, run: () => void): void {
    const ticks = Math.ceil(Math.max(0, delayMs) * TICKS_PER_MS);
    this.#queue.add(this.now + ticks / TICKS_PER_MS, run);
  }

  /** Says that code ran that may wait for promises: they settle before the next task. */
  promising(): void {
    this.#promising = true;
  }

  /**
   * Runs the tasks that are due until `end`, or only until `enough` holds, which is asked before each of them; says
   * whether it held. It did not when the clock shows `end`. Waits for nothing but the promises of the code that ran.
   */
  async run(end: number, enough: () => boolean = () => false): Promise<boolean> {
    for (;;) {
      // Also when whoever plays a scenario called a module between two tasks.
      if (this.#promising) await this.settle();
      if (enough()) return true;
      if (this.#queue.due > end) break;
      this.#move(this.#queue.due);
      this.#queue.take()();
    }
    this.now = Math.max(this.now, Math.floor(end * TICKS_PER_MS) / TICKS_PER_MS);
    return false;
  }

  /** Lets promises go as far as they can without time passing. */
  async settle(): Promise<void> {
    this.#promising = false;
    for (let step = 0; step < PROMISE_STEPS; step += 1) await Promise.resolve();
  }

  #move(at: number): void {
    this.#ranNow = at === this.now ? this.#ranNow + 1 : 0;
    this.now = at;
    if (this.#ranNow > MAX_TASKS_OF_A_MOMENT) throw new Error(`time stands still: over ${MAX_TASKS_OF_A_MOMENT} tasks at ${at} ms`);
  }
}
