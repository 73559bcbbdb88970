/** Runs a task for many callers: all who ask while it runs share the next run. */
export class SharedRun {
  readonly #task: () => Promise<void>;
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  /** Resolves after a run that began after this call. */
  request(): Promise<void> {
    this.#next ??= this.#last = this.#last
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        return this.#task();
      });
    return this.#next;
  }
}
