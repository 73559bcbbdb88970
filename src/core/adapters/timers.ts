/** The clock and timers of one run of the core; once cleared, none of them fires. */
import type { Clock } from '../../runner/ports.ts';

export class Timers implements Clock {
  readonly now: () => number;
  readonly #timers = new Set<NodeJS.Timeout>();
  #cleared = false;

  constructor(now: () => number) {
    this.now = now;
  }

  after(delayMs: number, run: () => void): void {
    if (this.#cleared) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, delayMs);
    this.#timers.add(timer);
  }

  every(periodMs: number, run: () => void): void {
    if (!this.#cleared) this.#timers.add(setInterval(run, periodMs));
  }

  clear(): void {
    this.#cleared = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
