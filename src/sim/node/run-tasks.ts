/** What one run of a node still has to do: when its processor has come to it, later while the node is frozen, never once it has ended. */
import type { Scheduler } from '../../sdk/virtual/scheduler.ts';
import { PROCESSOR_LOOK_MS } from '../../runner/ports.ts';
import type { ProcessorTime } from '../../runner/ports.ts';
import { COSTS } from '../world/costs.ts';
import { FREE } from '../world/machines.ts';
import type { Thread } from '../world/machines.ts';

export class RunTasks {
  readonly #scheduler: Scheduler;
  readonly #thread: Thread;
  /** What waits for a frozen node; null while it is not frozen. */
  #backlog: (() => void)[] | null = null;
  #ended = false;

  constructor(scheduler: Scheduler, thread: Thread = FREE) {
    this.#scheduler = scheduler;
    this.#thread = thread;
  }

  /** Simulated milliseconds. */
  get now(): number {
    return this.#scheduler.now;
  }

  get frozen(): boolean {
    return this.#backlog !== null;
  }

  after(delayMs: number, run: () => void): void {
    this.#scheduler.after(delayMs, () => this.enter(run));
  }

  /** Runs something that came from outside, and costs so much. */
  enter(run: () => void, costMs: number = COSTS.turnMs): void {
    if (!this.#ended) this.#thread.spend(costMs, () => this.#enter(run));
  }

  /** Tells once a second how long the thread has run since, and how long it waited for a processor; where processors are simulated. */
  watchProcessor(tell: (lately: ProcessorTime) => void): void {
    const before = this.#thread.time;
    if (before === null) return;
    this.after(PROCESSOR_LOOK_MS, () => {
      const { ranMs, waitedMs } = this.#thread.time ?? before;
      tell({ ranMs: ranMs - before.ranMs, waitedMs: waitedMs - before.waitedMs });
      this.watchProcessor(tell);
    });
  }

  #enter(run: () => void): void {
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
