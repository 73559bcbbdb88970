/**
 * Whether any of this node's own calls get through: told in status and log (law 9), because a node that cannot call out looks fine from
 * outside.
 */
import { BoundedSet } from '../../model/bounded.ts';
import { failureOf } from '../../model/errors.ts';
import type { Failure } from '../../gossip/protocol.ts';
import type { NodeId } from '../../model/names.ts';
import type { Logger } from '../log/log.ts';

/** So many calls in a row must fail: single peers may be down. */
const FAILURES_TO_TELL = 8;
/** Peers that answered; those that answered longest ago give way. */
const MAX_ANSWERING = 1_024;

export class Reachability {
  readonly #log: Pick<Logger, 'info' | 'warn'>;
  #failures = 0;
  /** Peers that answered when they were called last. While one of them was not called again, those that are long down prove nothing. */
  readonly #answering = new BoundedSet<NodeId>(MAX_ANSWERING);
  /** How many of them did not answer since anybody did. */
  #lost = 0;
  #trouble: Failure | null = null;

  constructor(log: Pick<Logger, 'info' | 'warn'>) {
    this.#log = log;
  }

  /** Why nobody can be reached; null while somebody can. */
  get trouble(): Failure | null {
    return this.#trouble;
  }

  /** Follows a call to its end: any answer will do, also a refusal. */
  async watch<Answer>(peer: NodeId, call: Promise<Answer>): Promise<Answer> {
    try {
      const answer = await call;
      this.#answered(peer);
      return answer;
    } catch (error) {
      this.#failed(peer, failureOf(error));
      throw error;
    }
  }

  #answered(peer: NodeId): void {
    this.#failures = 0;
    this.#lost = 0;
    this.#answering.add(peer);
    if (this.#trouble) this.#log.info('peers can be reached again');
    this.#trouble = null;
  }

  #failed(peer: NodeId, failure: Failure): void {
    // What this node itself did not try.
    if (failure.code === 'GOSSIP_E_STOPPING' || failure.code === 'GOSSIP_E_BUSY') return;
    this.#failures += 1;
    if (this.#answering.delete(peer)) this.#lost += 1;
    if (this.#failures < FAILURES_TO_TELL) return;
    if (this.#answering.size > 0 && this.#lost < FAILURES_TO_TELL) return;
    const { code, message } = failure;
    if (code !== this.#trouble?.code) this.#log.warn({ code, error: message }, 'no peer can be reached');
    this.#trouble = failure;
  }
}
