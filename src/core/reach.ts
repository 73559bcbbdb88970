/** Whether this node's own calls get through to anybody: told in status and log (law 9), for a node whose way out is closed looks well from outside. */
import type { Failure } from '../gossip/protocol.ts';
import { failureOf } from './instances.ts';
import type { Logger } from './log.ts';

/** So many calls in a row must fail: single peers may be down. */
const FAILURES_TO_TELL = 8;

export class Reach {
  readonly #log: Pick<Logger, 'info' | 'warn'>;
  #failures = 0;
  #trouble: Failure | null = null;

  constructor(log: Pick<Logger, 'info' | 'warn'>) {
    this.#log = log;
  }

  /** Why nobody can be reached; null while somebody can. */
  get trouble(): Failure | null {
    return this.#trouble;
  }

  /** Follows a call to its end: any answer will do, also a refusal. */
  async watch<Answer>(call: Promise<Answer>): Promise<Answer> {
    try {
      const answer = await call;
      this.#answered();
      return answer;
    } catch (error) {
      this.#failed(failureOf(error));
      throw error;
    }
  }

  #answered(): void {
    this.#failures = 0;
    if (this.#trouble) this.#log.info('peers can be reached again');
    this.#trouble = null;
  }

  #failed(failure: Failure): void {
    if (failure.code === 'GOSSIP_E_STOPPING') return;
    this.#failures += 1;
    if (this.#failures < FAILURES_TO_TELL) return;
    const { code, message } = failure;
    if (code !== this.#trouble?.code) this.#log.warn({ code, error: message }, 'no peer can be reached');
    this.#trouble = failure;
  }
}
