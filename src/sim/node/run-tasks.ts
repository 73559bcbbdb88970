/** What one run of a node still has to do: later while the node is frozen, never once it has ended. */
import type { Scheduler } from '../../sdk/virtual/scheduler.ts';

export class RunTasks {
  readonly #scheduler: Scheduler;
  /** What waits for a frozen node; null while it is not frozen. */
  #backlog: (() => void)[] | null = null;
  #ended = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get frozen(): boolean {
    return this.#backlog !== null;
  }

  after(delayMs: number, run: () => void): void {
    this.#scheduler.after(delayMs, () => this.enter(run));
  }

  /** Runs something that came from outside. */
  enter(run: () => void): void {
    if (this.#ended) return;
    if (this.#backlog === null) run();
    else this.#backlog.push(run);
  }

  /** As SIGSTOP does it: nothing runs, and what arrives is not answered. */
  freeze(): void {
    this.#backlog ??= [];
  }

  /** As SIGCONT does it: everything that fell due meanwhile happens at once. */
  thaw(): void {
    const waiting = this.#backlog ?? [];
    this.#backlog = null;
    for (const run of waiting) this.enter(run);
  }

  end(): void {
    this.#ended = true;
    this.#backlog = null;
  }
}
