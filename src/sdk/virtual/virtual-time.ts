/** The simulator's clock and chance in the hands of a test: time that moves only when told, and numbers from one seed. */
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';

/** A clock that moves only when it is told to, and the timers that wait for it. */
export class VirtualTime {
  readonly #scheduler = new Scheduler();

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#scheduler.now;
  }

  /** Runs `run` after `delayMs` and returns a function that prevents it. */
  after(delayMs: number, run: () => void): () => void {
    let prevented = false;
    this.#scheduler.after(delayMs, () => {
      if (prevented) return;
      this.#scheduler.promising();
      run();
    });
    return () => void (prevented = true);
  }

  /** Moves the clock and runs everything that falls due, in order, with the promises that follow from it. */
  async advance(ms: number): Promise<void> {
    await this.settle();
    await this.#scheduler.run(this.now + ms);
  }

  /** Lets pending promises go as far as they can without time passing. */
  settle(): Promise<void> {
    return this.#scheduler.settle();
  }
}

/** Chance of this seed. */
export function chanceOf(seed: number): Random {
  return new Random(`seed ${seed}`);
}

/** Numbers in [0, 1) that are the same for the same seed. */
export function seededRandom(seed: number): () => number {
  return chanceOf(seed).next;
}
