/** Aborts a call that takes too long, or that the caller no longer wants. */
import { GossipError } from '../../../model/errors.ts';

export class Deadline {
  readonly #controller = new AbortController();
  readonly #address: string;
  readonly #caller: AbortSignal | undefined;
  #late: NodeJS.Timeout;
  #endsAt = 0;
  /** No connection was begun for it: whatever becomes of the call says nothing about the peer. */
  waiting = false;
  readonly #onCaller = () => this.#controller.abort(new GossipError('GOSSIP_E_TIMEOUT', 'the call was given up'));

  constructor(ms: number, address: string, caller: AbortSignal | undefined) {
    this.#address = address;
    this.#late = this.#lateAfter(ms);
    this.#caller = caller;
    if (caller?.aborted) this.#onCaller();
    caller?.addEventListener('abort', this.#onCaller, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** By the forward clock. */
  get endsAt(): number {
    return this.#endsAt;
  }

  /** Begins anew, for the next part of the call. */
  restart(ms: number): void {
    clearTimeout(this.#late);
    this.#late = this.#lateAfter(ms);
  }

  #lateAfter(ms: number): NodeJS.Timeout {
    this.#endsAt = performance.now() + ms;
    return setTimeout(() => this.#controller.abort(this.#error(ms)), ms);
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
