/** Events that wait for one handler, in order. What does not fit pushes the oldest out: the newest say how things are. */
import type { Happening } from './happening.ts';
import type { HandlerLimits } from './limits.ts';

export class Waiting {
  readonly #limits: Pick<HandlerLimits, 'waiting' | 'waitingBytes'>;
  #events: { readonly happening: Happening; readonly bytes: number }[] = [];
  #bytes = 0;
  #lost = 0;
  /** Of these no run has heard. */
  #untold = 0;

  constructor(limits: Pick<HandlerLimits, 'waiting' | 'waitingBytes'>) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#events.length;
  }

  /** Events that no program saw, since the start. */
  get lost(): number {
    return this.#lost;
  }

  push(happening: Happening): void {
    const bytes = JSON.stringify(happening.data).length;
    this.#events.push({ happening, bytes });
    this.#bytes += bytes;
    while (this.#events.length > this.#limits.waiting || (this.#bytes > this.#limits.waitingBytes && this.#events.length > 1)) {
      this.#bytes -= this.#events.shift()?.bytes ?? 0;
      this.#lost += 1;
      this.#untold += 1;
    }
  }

  /** The oldest, and how many were lost before it. */
  take(): { readonly happening: Happening; readonly lost: number } | null {
    const first = this.#events.shift();
    if (first === undefined) return null;
    this.#bytes -= first.bytes;
    const lost = this.#untold;
    this.#untold = 0;
    return { happening: first.happening, lost };
  }

  /** Loses all; tells how many. */
  clear(): number {
    const count = this.#events.length;
    this.#events = [];
    this.#bytes = 0;
    this.#lost += count;
    return count;
  }
}
