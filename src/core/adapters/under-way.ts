/** Work that has to end before its node does. */
export class UnderWay {
  readonly #work = new Set<Promise<unknown>>();

  track<T>(work: Promise<T>): Promise<T> {
    const tracked = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
    return tracked;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#work);
  }
}
