/** A module's timers: they survive what their tasks throw, and all end with the instance. */
import { MAX_TIMER_MS } from '../model/duration.ts';
import { checkTimer } from '../sdk/border.ts';
import type { Timer } from '../sdk/index.ts';

export class ModuleTimers {
  readonly #running = new Set<NodeJS.Timeout>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  every(intervalMs: number, task: () => unknown): Timer {
    checkTimer('every', intervalMs, task);
    return this.#keep(setInterval(() => this.#run(task), Math.min(intervalMs, MAX_TIMER_MS)));
  }

  after(delayMs: number, task: () => unknown): Timer {
    checkTimer('after', delayMs, task);
    const timer = setTimeout(
      () => {
        this.#running.delete(timer);
        this.#run(task);
      },
      Math.min(delayMs, MAX_TIMER_MS),
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
