/**
 * Code that is on its way to this node. A record spreads faster than its code: whoever asks for the code meanwhile is kept waiting and then served,
 * instead of being sent on to others that do not have it either. So code follows the way that its record took.
 */
import type { ContentHash, NodeId } from '../model/names.ts';

/** For who does not say how long it would wait: less than the first source of a fetch may be silent (`FIRST_PATIENCE_MS`), with the way to it and back. */
export const WAIT_MS = 700;
/** Whatever the asker says. */
export const MOST_WAIT_MS = 10_000;
/** Questions that wait at a time; beyond them everybody is answered at once. */
const MAX_WAITING = 64;
/** Of these, of one asker: nobody takes the places of all others by asking again and again. */
const MAX_WAITING_OF_ONE = 4;

export interface Willing {
  /** How long the asker would wait; null: it does not say. */
  readonly forMs: number | null;
  /** Called when it has to wait, so that it can be told: silence means something else. */
  readonly waits?: () => void;
}

export const NOT_SAID: Willing = Object.freeze({ forMs: null });

interface Waiting {
  readonly code: ContentHash;
  readonly asker: NodeId;
  readonly go: () => void;
}

export class IncomingCode {
  readonly #after: (delayMs: number, run: () => void) => void;
  /** Whom it is fetched from. */
  readonly #sources = new Map<ContentHash, NodeId>();
  readonly #waiting = new Set<Waiting>();

  constructor(after: (delayMs: number, run: () => void) => void) {
    this.#after = after;
  }

  began(code: ContentHash, from: NodeId): void {
    this.#sources.set(code, from);
  }

  /** `came`: it is here. Otherwise the next source may be asked soon, and who waits goes on waiting. */
  ended(code: ContentHash, came: boolean): void {
    this.#sources.delete(code);
    if (came) this.begun(code);
  }

  /** So much of it is here that who waits can begin. */
  begun(code: ContentHash): void {
    for (const waiting of this.#waiting) if (waiting.code === code) waiting.go();
  }

  /** Whether it is on its way. */
  expects(code: ContentHash): boolean {
    return this.#sources.has(code);
  }

  /** Calls `then` once: when the code is here, or has not come for a while; at once where it is not on its way, or from the asker itself. */
  wait(code: ContentHash, asker: NodeId, { forMs, waits }: Willing, then: () => void): void {
    const source = this.#sources.get(code);
    if (source === undefined || source === asker || !this.#hasRoom(asker)) return then();
    const waiting: Waiting = { code, asker, go: () => this.#waiting.delete(waiting) && then() };
    this.#waiting.add(waiting);
    if (forMs !== null) waits?.();
    return this.#after(Math.min(forMs ?? WAIT_MS, MOST_WAIT_MS), waiting.go);
  }

  #hasRoom(asker: NodeId): boolean {
    const own = [...this.#waiting].filter((waiting) => waiting.asker === asker).length;
    return this.#waiting.size < MAX_WAITING && own < MAX_WAITING_OF_ONE;
  }
}
