/** Logs whom this node refused in `hello`, and why; at a bounded rate, since a stranger can be refused any number of times. */
import type { NodeId } from '../../model/names.ts';
import { toGossipError } from '../../model/errors.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import type { Logger } from '../log/log.ts';
import { TokenBucket } from '../../model/token-bucket.ts';

const REFILL_MS = 10_000;
const BURST = 10;

export class RefusalLog {
  readonly #log: Pick<Logger, 'warn'>;
  readonly #now: () => number;
  readonly #rate: TokenBucket;
  #untold = 0;

  /** `now`: a clock that only runs forward. */
  constructor(log: Pick<Logger, 'warn'>, now: () => number) {
    this.#log = log;
    this.#now = now;
    this.#rate = new TokenBucket(BURST, REFILL_MS, now());
  }

  tell(from: NodeId, thrown: unknown): void {
    if (!this.#rate.take(this.#now())) {
      this.#untold += 1;
      return;
    }
    const { code, message } = toGossipError(thrown);
    this.#log.warn(
      { id: from, code, error: safeText(message, MAX_TOLD), ...(this.#untold > 0 && { untold: this.#untold }) },
      'a node was refused',
    );
    this.#untold = 0;
  }
}
