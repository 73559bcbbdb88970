/** Tasks by time, then by the order in which they were added: a heap with four children to a parent, its keys in flat arrays. */

const CHILDREN = 4;

export class TaskQueue {
  /** Kept apart from the tasks: a search through the heap touches few lines of memory, however many tasks wait. */
  #times = new Float64Array(1_024);
  #orders = new Float64Array(1_024);
  readonly #tasks: (() => void)[] = [];
  #added = 0;

  get size(): number {
    return this.#tasks.length;
  }

  /** When the first task is due; Infinity when there is none. */
  get due(): number {
    return this.#tasks.length === 0 ? Infinity : (this.#times[0] as number);
  }

  add(at: number, task: () => void): void {
    this.#added += 1;
    if (this.#tasks.length === this.#times.length) this.#grow();
    let place = this.#tasks.length;
    while (place > 0) {
      const parent = Math.floor((place - 1) / CHILDREN);
      if (at >= (this.#times[parent] as number)) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#put(place, at, this.#added, task);
  }

  /** Takes the first task away. */
  take(): () => void {
    const first = this.#tasks[0] as () => void;
    const task = this.#tasks.pop() as () => void;
    const last = this.#tasks.length;
    if (last > 0) this.#sink(this.#times[last] as number, this.#orders[last] as number, task);
    return first;
  }

  /** Finds the place of a task from the top on. */
  #sink(at: number, order: number, task: () => void): void {
    const length = this.#tasks.length;
    let place = 0;
    for (;;) {
      const begin = CHILDREN * place + 1;
      if (begin >= length) break;
      let child = begin;
      for (let other = begin + 1; other < Math.min(begin + CHILDREN, length); other += 1) {
        if (this.#precedes(other, this.#times[child] as number, this.#orders[child] as number)) child = other;
      }
      if (!this.#precedes(child, at, order)) break;
      this.#move(child, place);
      place = child;
    }
    this.#put(place, at, order, task);
  }

  #precedes(place: number, at: number, order: number): boolean {
    const time = this.#times[place] as number;
    return time < at || (time === at && (this.#orders[place] as number) < order);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from] as number, this.#orders[from] as number, this.#tasks[from] as () => void);
  }

  #put(place: number, at: number, order: number, task: () => void): void {
    this.#times[place] = at;
    this.#orders[place] = order;
    this.#tasks[place] = task;
  }

  #grow(): void {
    const [times, orders] = [this.#times, this.#orders];
    this.#times = new Float64Array(2 * times.length);
    this.#orders = new Float64Array(2 * orders.length);
    this.#times.set(times);
    this.#orders.set(orders);
  }
}
