/** The virtual clock: a heap of tasks. Time moves from task to task; tasks of one moment run in the order in which they were set. */

interface Task {
  readonly at: number;
  /** Order of setting, for tasks of one moment. */
  readonly order: number;
  readonly run: () => void;
}

/** Promise steps that code under test may take before the next task; ample for ordinary `await` chains. */
const PROMISE_STEPS = 48;
/**
 * Ticks of a millisecond. A power of two, so that sums and differences of times are exact, and whatever has still to
 * wait, waits for a tick at least: a timer that rounding brings a hair too early cannot be set again for the same moment.
 */
const TICKS_PER_MS = 1_024;
/** Tasks of one moment, far beyond any honest use: time stands still. */
const MAX_TASKS_OF_A_MOMENT = 100_000;

export class Scheduler {
  /** Milliseconds since the beginning. */
  now = 0;
  readonly #heap: Task[] = [];
  #set = 0;
  #ranNow = 0;
  #promising = false;

  get size(): number {
    return this.#heap.length;
  }

  after(delayMs: number, run: () => void): void {
    this.#set += 1;
    const ticks = Math.ceil(Math.max(0, delayMs) * TICKS_PER_MS);
    this.#rise({ at: this.now + ticks / TICKS_PER_MS, order: this.#set, run });
  }

  /** Says that code ran that may wait for promises: they settle before the next task. */
  promising(): void {
    this.#promising = true;
  }

  /** Runs the next task that is due until `end`; false when there is none, and the clock then shows `end`. */
  async step(end: number): Promise<boolean> {
    // Whoever plays a scenario may have called a module between two tasks.
    if (this.#promising) await this.#settle();
    const [first] = this.#heap;
    if (first === undefined || first.at > end) {
      this.now = Math.max(this.now, Math.floor(end * TICKS_PER_MS) / TICKS_PER_MS);
      return false;
    }
    this.#sink();
    this.#move(first.at);
    first.run();
    if (this.#promising) await this.#settle();
    return true;
  }

  #move(at: number): void {
    this.#ranNow = at === this.now ? this.#ranNow + 1 : 0;
    this.now = at;
    if (this.#ranNow > MAX_TASKS_OF_A_MOMENT) throw new Error(`time stands still: over ${MAX_TASKS_OF_A_MOMENT} tasks at ${at} ms`);
  }

  async #settle(): Promise<void> {
    this.#promising = false;
    for (let step = 0; step < PROMISE_STEPS; step += 1) await Promise.resolve();
  }

  #rise(task: Task): void {
    const heap = this.#heap;
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      const other = heap[parent] as Task;
      if (!earlier(task, other)) break;
      heap[place] = other;
      place = parent;
    }
    heap[place] = task;
  }

  /** Takes the first task away. */
  #sink(): void {
    const heap = this.#heap;
    const task = heap.pop() as Task;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && earlier(heap[right] as Task, heap[left] as Task) ? right : left;
      if (!earlier(heap[child] as Task, task)) break;
      heap[place] = heap[child] as Task;
      place = child;
    }
    heap[place] = task;
  }
}

function earlier(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
