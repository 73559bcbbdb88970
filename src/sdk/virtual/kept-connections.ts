/** Connections that callers keep: who would notice at once that a node's process ended. */

/** A connection that was not used for so long is closed. */
const IDLE_MS = 50_000;

export class KeptConnections<Id> {
  /** By the one that is called: who called it, and when last. */
  readonly #usedAt = new Map<Id, Map<Id, number>>();

  used(caller: Id, called: Id, now: number): void {
    const callers = this.#usedAt.get(called) ?? new Map<Id, number>();
    this.#usedAt.set(called, callers);
    // The one used last stands last.
    callers.delete(caller);
    callers.set(caller, now);
    const [oldest] = callers;
    if (oldest !== undefined && now - oldest[1] > IDLE_MS) callers.delete(oldest[0]);
  }

  /** Whether the one keeps a connection to the other. */
  has(caller: Id, called: Id, now: number): boolean {
    const at = this.#usedAt.get(called)?.get(caller);
    return at !== undefined && now - at <= IDLE_MS;
  }

  /** Those that keep a connection to it, which ends now. */
  to(called: Id, now: number): Id[] {
    const callers = [...(this.#usedAt.get(called) ?? [])];
    this.#usedAt.delete(called);
    return callers.filter(([, at]) => now - at <= IDLE_MS).map(([caller]) => caller);
  }
}
