/** What the disk refuses now: said once when it begins, once when it ends, and shown in the status meanwhile. */
import { toGossipError } from '../model/errors.ts';
import type { GossipError } from '../model/errors.ts';
import type { Logger } from './log.ts';

type Write = () => Promise<void>;

export class DiskTrouble {
  readonly #log: Pick<Logger, 'info' | 'error'>;
  readonly #retryMs: number;
  /** By what was to be written. */
  readonly #errors = new Map<string, GossipError>();
  readonly #newest = new Map<string, Write>();
  readonly #retries = new Map<string, NodeJS.Timeout>();
  readonly #underWay = new Set<Promise<void>>();

  /** `retryMs`: how often a refused write is tried again, where somebody insists on it. */
  constructor(log: Pick<Logger, 'info' | 'error'>, retryMs: number) {
    this.#log = log;
    this.#retryMs = retryMs;
  }

  get current(): GossipError | null {
    return this.#errors.values().next().value ?? null;
  }

  /** For what is not vital: a refusal is said, and gossip goes on. Whether it succeeded. */
  async tolerate(what: string, write: Write): Promise<boolean> {
    try {
      await write();
      this.tell(what, null);
      return true;
    } catch (error) {
      this.tell(what, toGossipError(error, 'GOSSIP_E_DISK'));
      return false;
    }
  }

  /** As `tolerate`, and tried again until it succeeds or something newer takes its place. Resolves after the first try. */
  async insist(what: string, write: Write): Promise<void> {
    clearTimeout(this.#retries.get(what));
    this.#newest.set(what, write);
    if ((await this.tolerate(what, write)) || this.#newest.get(what) !== write) return;
    this.#retries.set(
      what,
      setTimeout(() => this.#again(what, write), this.#retryMs),
    );
  }

  #again(what: string, write: Write): void {
    const again = this.insist(what, write).finally(() => this.#underWay.delete(again));
    this.#underWay.add(again);
  }

  /** The last write of `what` was refused, or succeeded (null). */
  tell(what: string, error: GossipError | null): void {
    const before = this.#errors.get(what);
    if (error) this.#errors.set(what, error);
    else this.#errors.delete(what);
    if (error && error.message !== before?.message) this.#log.error({ what, code: error.code, error: error.message }, 'the disk refuses');
    if (!error && before) this.#log.info({ what }, 'the disk recovered');
  }

  /** Gives up what is refused; resolves when nothing is being tried any more. */
  async close(): Promise<void> {
    await Promise.all(this.#underWay);
    for (const retry of this.#retries.values()) clearTimeout(retry);
  }
}
