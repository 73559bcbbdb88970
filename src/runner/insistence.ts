/** Writes that nothing waits for: what the disk refuses is written again until it succeeds, or something newer takes its place. */
import type { Failure } from '../gossip/protocol.ts';
import { DISK_RETRY_MS } from './effect-queue.ts';
import type { Clock, Written } from './ports.ts';

type Write = (done: Written) => void;

export interface InsistenceOptions {
  readonly after: Clock['after'];
  /** What came of each try. */
  readonly tell: (what: string, refusal: Failure | null) => void;
}

export class Insistence {
  readonly #options: InsistenceOptions;
  /** By what is written. */
  readonly #newest = new Map<string, Write>();

  constructor(options: InsistenceOptions) {
    this.#options = options;
  }

  /** `tried`: after the first try, whatever came of it. */
  write(what: string, write: Write, tried: () => void = () => undefined): void {
    this.#newest.set(what, write);
    this.#try(what, write, tried);
  }

  #try(what: string, write: Write, tried: () => void): void {
    write((refusal) => {
      this.#options.tell(what, refusal);
      if (refusal !== null) this.#options.after(DISK_RETRY_MS, () => this.#again(what, write));
      else if (this.#newest.get(what) === write) this.#newest.delete(what);
      tried();
    });
  }

  #again(what: string, write: Write): void {
    if (this.#newest.get(what) === write) this.#try(what, write, () => undefined);
  }
}
