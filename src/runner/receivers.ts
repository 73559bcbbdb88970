/** Who has got which code from this node: a busy node refers to them. */
import { MAX_REFERRALS } from '../api/refusal.ts';
import { BoundedMap } from '../model/bounded.ts';
import type { ContentHash, NodeId, Peer } from '../model/names.ts';

/** Receivers served at the same time; more would only make all of them slow. */
export const MAX_SERVED = 8;
/** Remembered for referral, of each code. */
const MAX_RECEIVERS = 16;
/** Codes whose receivers are remembered; the one that was asked for longest ago is forgotten first. */
const MAX_CODES = 64;

export class Receivers {
  readonly #codes = new BoundedMap<ContentHash, BoundedMap<NodeId, Peer>>(MAX_CODES);

  remember(code: ContentHash, to: Peer): void {
    const receivers = this.#codes.get(code) ?? new BoundedMap<NodeId, Peer>(MAX_RECEIVERS);
    receivers.set(to.id, to);
    this.#codes.set(code, receivers);
  }

  /** Others whom `asker` may ask for the code. */
  others(code: ContentHash, asker: NodeId): Peer[] {
    return [...(this.#codes.get(code)?.values() ?? [])].filter(({ id }) => id !== asker).slice(0, MAX_REFERRALS);
  }
}
