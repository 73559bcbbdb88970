/** One connection through a chaos proxy, and how far its fate has come. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Fate } from './fate.ts';

/** What was done to connections, by all proxies that share it. */
export interface Disorder {
  connections: number;
  delayed: number;
  /** Pieces of requests that reached their node after others that had come later, on another connection. */
  overtaken: number;
  stalled: number;
  reset: number;
  /** Resets after the request had passed: whoever sent it does not know, and asks again. */
  answersCut: number;
}

export function noDisorder(): Disorder {
  return { connections: 0, delayed: 0, overtaken: 0, stalled: 0, reset: 0, answersCut: 0 };
}

export class Suffering {
  /** Whether something else may come now. */
  isOver = false;
  readonly #fate: Fate;
  readonly #calm: AbortSignal;
  readonly #disorder: Disorder;
  /** How often the node had something to answer: the handshake first, and then requests. */
  #turns = 0;
  #asked = false;
  #requestBytes = 0;

  constructor(fate: Fate, calm: AbortSignal, disorder: Disorder) {
    this.#fate = fate;
    this.#calm = calm;
    this.#disorder = disorder;
    if (fate.delayMs > 0) disorder.delayed += 1;
  }

  async request(bytes: number): Promise<'reset' | undefined> {
    this.#asked = true;
    await this.#wait(this.#fate.delayMs);
    this.#requestBytes += bytes;
    if (this.#fate.end === 'reset' && this.#requestBytes > this.#fate.afterBytes && !this.#calm.aborted) {
      this.#disorder.reset += 1;
      return 'reset';
    }
    return undefined;
  }

  async answer(): Promise<'reset' | undefined> {
    if (this.#asked) this.#turns += 1;
    const isTime = this.#asked && this.#turns === this.#fate.atTurn && !this.#calm.aborted;
    this.#asked = false;
    if (isTime && this.#fate.end === 'cut the answer') {
      this.#disorder.answersCut += 1;
      return 'reset';
    }
    if (isTime && this.#fate.end === 'stall') {
      this.#disorder.stalled += 1;
      await this.#wait(this.#fate.stallMs);
      this.isOver = true;
    }
    await this.#wait(this.#fate.delayMs);
    return undefined;
  }

  /** Shorter when it becomes calm. */
  async #wait(ms: number): Promise<void> {
    if (ms > 0) await pause(ms, undefined, { signal: this.#calm }).catch(() => undefined);
  }
}
