/** The host process that waits for the next start, as far as processors know of it: while there is one, a start only loads the module. */
import { SPARE_QUIET_MS } from '../../runner/ports.ts';
import type { Random } from '../../sdk/virtual/random.ts';
import { COSTS } from '../world/costs.ts';
import type { Thread } from '../world/machines.ts';

export interface SpareProcessOptions {
  readonly after: (delayMs: number, run: () => void) => void;
  readonly thread: () => Thread | null;
  readonly random: Random;
}

export class SpareProcess {
  readonly #options: SpareProcessOptions;
  #waits = false;
  /** Starts so far: each puts off the next spare process. */
  #starts = 0;

  constructor(options: SpareProcessOptions) {
    this.#options = options;
  }

  /** What it costs the new host until its module is constructed. */
  take(): number {
    const { after, random } = this.#options;
    const costMs = this.#waits ? COSTS.hostLoadMs : COSTS.hostProcessMs + COSTS.hostLoadMs;
    this.#waits = false;
    const start = ++this.#starts;
    after(random.between(SPARE_QUIET_MS.min, SPARE_QUIET_MS.max), () => {
      if (start === this.#starts) this.#options.thread()?.spend(COSTS.hostProcessMs, () => (this.#waits = true));
    });
    return costMs;
  }
}
