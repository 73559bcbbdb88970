/** Requests begin in turn, so many in a second: a flood waits in its own connections, and the node's work goes on between (law 10). */
import { TokenBucket } from '../../model/token-bucket.ts';
import type { DoorLimits } from './limits.ts';

/** A pause that lets some come at once, and that nobody notices. */
const PAUSE_MS = 5;

export interface TurnsOptions {
  readonly perSecond: number;
  readonly burst: number;
  /** How much the node is strained, from 1: so many times fewer may begin. */
  readonly strain: () => number;
}

export function turnsOf({ requestsPerSecond: perSecond, requestBurst: burst }: DoorLimits, strain: () => number): Turns {
  return new Turns({ perSecond, burst, strain });
}

export class Turns {
  readonly #strain: () => number;
  readonly #bucket: TokenBucket;
  readonly #waiting: (() => void)[] = [];

  constructor({ perSecond, burst, strain }: TurnsOptions) {
    this.#strain = strain;
    this.#bucket = new TokenBucket(burst, 1_000 / perSecond, performance.now());
  }

  /** Resolves when it may begin. How many wait is bounded by their connections. */
  async take(): Promise<void> {
    if (this.#waiting.length === 0 && this.#may()) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) this.#later();
    });
  }

  #may(): boolean {
    return this.#bucket.take(performance.now(), this.#strain());
  }

  #later(): void {
    setTimeout(() => {
      while (this.#waiting.length > 0 && this.#may()) this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#later();
    }, PAUSE_MS);
  }
}
