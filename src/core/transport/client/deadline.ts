/** Ends a call that takes too long, or that the caller no longer wants. */
import { GossipError } from '../../../model/errors.ts';

export class Deadline {
  readonly #over = new AbortController();
  readonly #givenUp = new AbortController();
  readonly #address: string;
  readonly #caller: AbortSignal | undefined;
  readonly #lateMs: number;
  #late: NodeJS.Timeout;
  #endsAt = 0;
  /** No connection was begun for it: whatever becomes of the call says nothing about the peer. */
  waiting = false;
  readonly #onCaller = () => this.#giveUp(new GossipError('GOSSIP_E_TIMEOUT', 'the call was given up'));

  /** `lateMs`: how long an answer is still taken off its connection when the call is over. */
  constructor(ms: number, address: string, caller: AbortSignal | undefined, lateMs = 0) {
    this.#address = address;
    this.#lateMs = lateMs;
    this.#late = this.#lateAfter(ms);
    this.#caller = caller;
    if (caller?.aborted) this.#onCaller();
    caller?.addEventListener('abort', this.#onCaller, { once: true });
  }

  /** The call is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Nobody takes the answer any more: the caller does not want it, or it is much too late. */
  get givenUp(): AbortSignal {
    return this.#givenUp.signal;
  }

  /** By the forward clock. */
  get endsAt(): number {
    return this.#endsAt;
  }

  /** What comes while the call is not over. `answer` goes on, and calls `clear` in the end. */
  whileInTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const { signal } = this;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    answer.then(resolve, reject);
    const over = (): void => reject(signal.reason);
    if (signal.aborted) over();
    else signal.addEventListener('abort', over, { once: true });
    return promise;
  }

  /** Begins anew, for the next part of the call. */
  restart(ms: number): void {
    if (this.signal.aborted) return;
    clearTimeout(this.#late);
    this.#late = this.#lateAfter(ms);
  }

  #lateAfter(ms: number): NodeJS.Timeout {
    this.#endsAt = performance.now() + ms;
    return setTimeout(() => {
      const error = this.#error(ms);
      this.#over.abort(error);
      if (this.#lateMs === 0) this.#giveUp(error);
      else this.#late = setTimeout(() => this.#giveUp(error), this.#lateMs);
    }, ms);
  }

  #giveUp(error: GossipError): void {
    this.#over.abort(error);
    this.#givenUp.abort(error);
  }

  #error(ms: number): GossipError {
    return this.waiting
      ? new GossipError('GOSSIP_E_BUSY', `this node had no connection to ${this.#address} free in ${ms} ms`)
      : new GossipError('GOSSIP_E_TIMEOUT', `${this.#address} did not answer in ${ms} ms`);
  }

  clear(): void {
    clearTimeout(this.#late);
    this.#caller?.removeEventListener('abort', this.#onCaller);
  }
}

/** More time, only the first time: a peer that says again and again that it takes a while is silent all the same. */
export function once(grant: (() => number) | undefined, granted: (ms: number) => void): () => void {
  let left = grant;
  return () => {
    const ms = left?.() ?? 0;
    left = undefined;
    if (ms > 0) granted(ms);
  };
}
