/** Timers in named slots. Nothing is cancelled: setting or clearing a slot makes its old token unknown, and a late timer is ignored. */
import type { GossipEffect, Token } from './protocol.ts';

export class Timers {
  readonly #nextToken: () => Token;
  readonly #emit: (effect: GossipEffect) => void;
  readonly #tokens = new Map<string, Token>();
  readonly #tasks = new Map<Token, { readonly slot: string; readonly at: number; readonly task: () => void }>();

  constructor(nextToken: () => Token, emit: (effect: GossipEffect) => void) {
    this.#nextToken = nextToken;
    this.#emit = emit;
  }

  /** Runs `task` at `at`; whatever was set in this slot before is forgotten. */
  set(slot: string, at: number, task: () => void): void {
    this.clear(slot);
    const token = this.#nextToken();
    this.#tokens.set(slot, token);
    this.#tasks.set(token, { slot, at, task });
    this.#emit({ type: 'timer', token, at });
  }

  /** When the slot's timer is due; undefined when none is set. */
  due(slot: string): number | undefined {
    const token = this.#tokens.get(slot);
    return token === undefined ? undefined : this.#tasks.get(token)?.at;
  }

  clear(slot: string): void {
    const token = this.#tokens.get(slot);
    if (token === undefined) return;
    this.#tokens.delete(slot);
    this.#tasks.delete(token);
  }

  /** Runs the task of the token; false when the token is late or unknown. */
  fire(token: Token): boolean {
    const entry = this.#tasks.get(token);
    if (entry === undefined) return false;
    this.clear(entry.slot);
    entry.task();
    return true;
  }
}
