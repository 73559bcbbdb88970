/** How long to wait before a deployment that failed is tried again: a doubling pause, then a breaker. */
import type { PayloadHash } from '../model/names.ts';
import type { Failure } from './protocol.ts';
import { BREAKER_FAILURES } from './timing.ts';
import type { Timing } from './timing.ts';

export class Restarts {
  readonly #timing: Timing;
  #times: number[] = [];
  #open = false;
  /** How often it was started again after a failure. */
  count = 0;
  /** The last failure, until the deployment runs again. */
  failure: Failure | null = null;
  /** Nothing is tried before. */
  until = 0;

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** Whether the breaker is open: the deployment failed too often, and is tried once in a long while. */
  get broken(): boolean {
    return this.#open;
  }

  failed(failure: Failure, now: number): void {
    const { retryMs, failureWindowMs, breakerMs } = this.#timing;
    if (failure.code === 'GOSSIP_E_PROGRAM') {
      // The node's own program is the cause: it counts for no deployment's breaker.
      this.failure = failure;
      this.until = now + retryMs;
      return;
    }
    const last = this.#times.at(-1);
    // An open breaker closes only when the instance outlived a window after the slow retry.
    if (last !== undefined && now - last > failureWindowMs + breakerMs) this.#open = false;
    this.#times = [...this.#times.filter((time) => now - time <= failureWindowMs), now];
    this.#open ||= this.#times.length >= BREAKER_FAILURES;
    this.failure = failure;
    this.until = now + (this.#open ? breakerMs : retryMs * 2 ** (this.#times.length - 1));
  }

  /** An attempt begins. */
  begun(): void {
    if (this.failure !== null) this.count += 1;
  }

  /** It runs: the failure is past, its count is not. */
  succeeded(): void {
    this.failure = null;
  }
}

/** The restarts of each deployment of a module that may be tried. */
export class RestartBook {
  readonly #timing: Timing;
  readonly #restarts = new Map<PayloadHash, Restarts>();

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  of(hash: PayloadHash): Restarts {
    const restarts = this.#restarts.get(hash) ?? new Restarts(this.#timing);
    this.#restarts.set(hash, restarts);
    return restarts;
  }

  keepOnly(hash: PayloadHash | undefined): void {
    for (const other of this.#restarts.keys()) if (other !== hash) this.#restarts.delete(other);
  }
}
