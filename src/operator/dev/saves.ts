/** When an author's burst of saves is over: editors write a file in several steps, and several files at once. */

export interface Clock {
  /** Milliseconds; runs forward. */
  now(): number;
  /** Calls `act` once, after so many milliseconds; gives what calls that off. */
  after(ms: number, act: () => void): () => void;
}

/** So long nothing must have come. */
const QUIET_MS = 100;
/** A burst that does not end is taken as it is. */
const MOST_MS = 2_000;

export class Saves {
  readonly #clock: Clock;
  #firstAt: number | null = null;
  #callOff = (): void => undefined;
  #isOver = false;
  #wake = (): void => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something may have changed. */
  readonly noticed = (): void => {
    const now = this.#clock.now();
    this.#firstAt ??= now;
    this.#callOff();
    const waitMs = Math.max(0, Math.min(QUIET_MS, this.#firstAt + MOST_MS - now));
    this.#callOff = this.#clock.after(waitMs, () => {
      this.#isOver = true;
      this.#wake();
    });
  };

  /** Waits for the end of a burst, also of one that came while nobody waited; gives when it began. One waits at a time. Rejects with the signal's reason. */
  async next(signal: AbortSignal): Promise<number> {
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake, { once: true });
    try {
      while (!this.#isOver) {
        signal.throwIfAborted();
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      signal.throwIfAborted();
      return this.#firstAt ?? this.#clock.now();
    } finally {
      signal.removeEventListener('abort', wake);
      if (this.#isOver) this.#forget();
    }
  }

  #forget(): void {
    this.#callOff();
    this.#firstAt = null;
    this.#isOver = false;
  }
}
