/** Who is being sent code by this node, and who has got it: a busy node refers to them. */
import { MAX_REFERRALS } from '../api/refusal.ts';
import { BoundedMap } from '../model/bounded.ts';
import type { ContentHash, NodeId, Peer } from '../model/names.ts';

/** Receivers served at the same time; more would only make all of them slow. */
const MAX_SERVED = 8;
/**
 * Of these, those that are sent large code and can pass it on, which they do once it is whole: where eight share a link, nobody serves others before eight
 * times as long as one alone would take. Two fill a link as well.
 */
const MAX_SERVED_LARGE = 2;
const LARGE_BYTES = 1024 * 1024;
/** Files that one receiver may be sent at the same time: more than it asks for, as it may have the whole of one before that is known here. */
const MAX_FILES_AT_ONCE = 8;
/** Who is sent large code keeps his place between two of its files. */
const BETWEEN_FILES_MS = 300;
/** Remembered for referral, of each code. */
const MAX_RECEIVERS = 16;
/** Codes whose receivers are remembered; the one that was asked for longest ago is forgotten first. */
const MAX_CODES = 64;

/** One without an address cannot be a source for others. */
export type Receiver = Peer | { readonly id: NodeId };

interface Served {
  files: number;
  /** It is sent large code, and can pass it on. */
  readonly large: boolean;
  endedAt: number;
}

export class Serving {
  readonly #now: () => number;
  readonly #served = new Map<NodeId, Served>();
  readonly #receivers = new BoundedMap<ContentHash, BoundedMap<NodeId, Peer>>(MAX_CODES);

  /** `now`: milliseconds of a clock that only runs forward. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes a place for a file of code that has `codeBytes` in all; null when there is none. What it returns, called once, gives the place back. */
  begin(codeBytes: number, to: Receiver): (() => void) | null {
    const now = this.#now();
    for (const [id, { files, large, endedAt }] of this.#served) {
      if (files === 0 && (!large || now - endedAt >= BETWEEN_FILES_MS)) this.#served.delete(id);
    }
    const served = this.#served.get(to.id) ?? this.#newcomer(codeBytes > LARGE_BYTES && 'address' in to);
    if (served === null || served.files >= MAX_FILES_AT_ONCE) return null;
    this.#served.set(to.id, served);
    served.files += 1;
    return () => {
      served.files -= 1;
      served.endedAt = this.#now();
    };
  }

  #newcomer(large: boolean): Served | null {
    const others = [...this.#served.values()].filter((served) => served.large).length;
    if (this.#served.size >= MAX_SERVED || (large && others >= MAX_SERVED_LARGE)) return null;
    return { files: 0, large, endedAt: 0 };
  }

  /** It gets the code now; others may be sent to it. */
  remember(code: ContentHash, to: Receiver): void {
    if (!('address' in to)) return;
    const receivers = this.#receivers.get(code) ?? new BoundedMap<NodeId, Peer>(MAX_RECEIVERS);
    receivers.set(to.id, to);
    this.#receivers.set(code, receivers);
  }

  /** Others whom `asker` may ask for the code. */
  others(code: ContentHash, asker: NodeId): Peer[] {
    return [...(this.#receivers.get(code)?.values() ?? [])].filter(({ id }) => id !== asker).slice(0, MAX_REFERRALS);
  }
}
