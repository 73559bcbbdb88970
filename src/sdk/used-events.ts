/** The events of one watch on their way to the module: what it has not taken is bounded by what it is given at once. */
import type { UsedEvent, UseError } from './uses.ts';

interface Waiting {
  readonly resolve: (result: IteratorResult<UsedEvent, undefined>) => void;
  readonly reject: (error: UseError) => void;
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

export interface UsedEventsOptions {
  /** All that was given is taken: there may be more. */
  readonly taken: () => void;
  /** The module wants no more. */
  readonly left: () => void;
}

export class UsedEvents implements AsyncIterableIterator<UsedEvent, undefined> {
  readonly #options: UsedEventsOptions;
  readonly #waiting: Waiting[] = [];
  #events: UsedEvent[] = [];
  #isGiven = false;
  #end: UseError | 'quietly' | null = null;

  constructor(options: UsedEventsOptions) {
    this.#options = options;
  }

  /** What came of it. */
  give(events: readonly UsedEvent[]): void {
    if (this.#end !== null) return;
    this.#events.push(...events);
    this.#isGiven = true;
    while (this.#waiting.length > 0 && this.#events.length > 0) {
      this.#waiting.shift()?.resolve({ done: false, value: this.#events.shift() as UsedEvent });
    }
    if (this.#waiting.length > 0 || events.length === 0) this.#askForMore();
  }

  /** Nothing more comes: what was given can still be taken, but where it ends quietly. */
  end(how: UseError | 'quietly'): void {
    if (this.#end !== null) return;
    this.#end = how;
    if (how === 'quietly') this.#events = [];
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (how === 'quietly') resolve(DONE);
      else reject(how);
    }
  }

  next(): Promise<IteratorResult<UsedEvent, undefined>> {
    const value = this.#events.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    const end = this.#end;
    if (end === 'quietly') return Promise.resolve(DONE);
    if (end !== null) {
      // Told once.
      this.#end = 'quietly';
      return Promise.reject(end);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#askForMore();
    });
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    if (this.#end === null) this.#options.left();
    this.end('quietly');
    this.#events = [];
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #askForMore(): void {
    if (!this.#isGiven || this.#events.length > 0) return;
    this.#isGiven = false;
    this.#options.taken();
  }
}
