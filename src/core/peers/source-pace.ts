/**
 * Judges a source of code by all that it delivers (attack A7): not by single files, since many may be in transit at once, and not by a
 * total, since code may be large and links slow. Its clock runs only while somebody waits for the source: a slow disk is not its fault.
 */
import { GossipError } from '../../model/errors.ts';

/** Slowest acceptable source: below the slowest link that nodes are meant for, 64 kbit/s. */
const MIN_BYTES_PER_SECOND = 4 * 1024;
/** What a file counts for beside its bytes: a far source answers after some 100 ms. */
const FILE_MS = 250;
/** What a source may take at first, and what it may save for later by being faster: longer it is never silent. */
const START_MS = 5_000;
const MOST_SAVED_MS = 10_000;

export class SourcePace {
  readonly #name: string;
  readonly #now: () => number;
  readonly #gone = new AbortController();
  #leftMs = START_MS;
  #waiting = 0;
  #since = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `name`: the source's, for people. `now` in milliseconds of a clock that only runs forward. */
  constructor(name: string, now: () => number) {
    this.#name = name;
    this.#now = now;
  }

  /** Aborted when the source is too slow, or given up: whoever waits for it need not any longer. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Waits for the source; its time runs meanwhile. Throws `GOSSIP_E_TIMEOUT` when it has none left. */
  async wait<T>(answer: Promise<T>): Promise<T> {
    if (this.#waiting === 0) this.#since = this.#now();
    this.#waiting += 1;
    this.#arm();
    try {
      const result = await answer;
      this.#spend();
      if (this.#leftMs >= 0) return result;
    } catch (thrown) {
      throw this.signal.aborted ? this.signal.reason : thrown;
    } finally {
      this.#spend();
      this.#waiting -= 1;
      this.#arm();
    }
    throw this.#late();
  }

  /** The bytes of a file as they come. */
  async *watch(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const source = body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.wait(source.next());
        if (next.done) return;
        this.#earn((next.value.byteLength * 1_000) / MIN_BYTES_PER_SECOND);
        yield next.value;
      }
    } finally {
      await source.return?.();
    }
  }

  /** A file is here. */
  delivered(): void {
    this.#earn(FILE_MS);
  }

  /** It said that it waits for the code itself: that time is not its own. */
  grant(ms: number): void {
    this.#spend();
    this.#leftMs += ms;
    this.#arm();
  }

  /** Nothing more is wanted of the source; with a reason, what is under way ends with it. */
  end(reason?: unknown): void {
    clearTimeout(this.#timer);
    if (reason !== undefined) this.#gone.abort(reason);
  }

  #earn(ms: number): void {
    this.#spend();
    this.#leftMs = Math.min(MOST_SAVED_MS, this.#leftMs + ms);
    this.#arm();
  }

  #spend(): void {
    if (this.#waiting === 0) return;
    const now = this.#now();
    this.#leftMs -= now - this.#since;
    this.#since = now;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#waiting > 0) this.#timer = setTimeout(() => this.end(this.#late()), Math.max(0, this.#leftMs));
  }

  #late(): GossipError {
    return new GossipError('GOSSIP_E_TIMEOUT', `${this.#name} sends too slowly`);
  }
}
