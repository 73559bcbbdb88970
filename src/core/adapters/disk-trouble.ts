/** Disk errors that last: said once when they begin and once when they end, and shown in the status in between. */
import { failureOf } from '../../model/errors.ts';
import type { Failure } from '../../model/errors.ts';
import type { Logger } from '../log/log.ts';

/** As the system names it in the messages of refused writes. */
const FULL = /\b(?:ENOSPC|EDQUOT)\b/;

export class DiskTrouble {
  readonly #log: Pick<Logger, 'info' | 'error'>;
  readonly #makeRoom: () => void;
  /** By what was to be written. */
  readonly #refusals = new Map<string, Failure>();

  /** `makeRoom`: what matters less gives way. */
  constructor(log: Pick<Logger, 'info' | 'error'>, makeRoom: () => void = () => undefined) {
    this.#log = log;
    this.#makeRoom = makeRoom;
  }

  get current(): Failure | null {
    return this.#refusals.values().next().value ?? null;
  }

  /** For what is not vital: a refusal is said, and gossip goes on. */
  async tolerate(what: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
      this.tell(what, null);
    } catch (error) {
      this.tell(what, failureOf(error, 'GOSSIP_E_DISK'));
    }
  }

  /** The last write of `what` was refused, or succeeded (null). */
  tell(what: string, refusal: Failure | null): void {
    if (refusal !== null && FULL.test(refusal.message)) this.#makeRoom();
    const before = this.#refusals.get(what);
    if (refusal) this.#refusals.set(what, refusal);
    else this.#refusals.delete(what);
    if (refusal && refusal.message !== before?.message)
      this.#log.error({ what, code: refusal.code, error: refusal.message }, 'the disk refuses');
    if (!refusal && before) this.#log.info({ what }, 'the disk recovered');
  }
}
