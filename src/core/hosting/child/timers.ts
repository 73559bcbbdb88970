/** A module's timers: they survive what their tasks throw, and all end with the instance. */
import type { Timer } from '../../../sdk/index.ts';

/** The longest that the runtime's own timers take; beyond it they would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export class ModuleTimers {
  readonly #running = new Set<NodeJS.Timeout>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  every(intervalMs: number, task: () => unknown): Timer {
    checkTask(intervalMs, task);
    if (intervalMs === 0) throw new RangeError('every() needs an interval above 0');
    return this.#keep(setInterval(() => this.#run(task), Math.min(intervalMs, MAX_DELAY_MS)));
  }

  after(delayMs: number, task: () => unknown): Timer {
    checkTask(delayMs, task);
    const timer = setTimeout(
      () => {
        this.#running.delete(timer);
        this.#run(task);
      },
      Math.min(delayMs, MAX_DELAY_MS),
    );
    return this.#keep(timer);
  }

  stopAll(): void {
    for (const timer of this.#running) clearInterval(timer);
    this.#running.clear();
  }

  #keep(timer: NodeJS.Timeout): Timer {
    this.#running.add(timer);
    return {
      stop: () => {
        clearInterval(timer);
        this.#running.delete(timer);
      },
    };
  }

  #run(task: () => unknown): void {
    const done = async (): Promise<unknown> => task();
    done().catch((error: unknown) => this.#report(error));
  }
}

function checkTask(delayMs: number, task: unknown): void {
  if (typeof delayMs !== 'number' || !Number.isFinite(delayMs) || delayMs < 0)
    throw new RangeError(`${delayMs} is not a number of milliseconds`);
  if (typeof task !== 'function') throw new TypeError('a timer needs a function');
}
