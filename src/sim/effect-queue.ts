/** Performs effects strictly in order: what follows a persist effect waits until that is durable (laws 1 and 5), as in the core. */
import type { GossipEffect } from '../gossip/protocol.ts';

/** Performs one effect. Calls `done` at once, or when the effect is durable. */
export type Perform = (effect: GossipEffect, done: () => void) => void;

export class EffectQueue {
  readonly #perform: Perform;
  readonly #queue: GossipEffect[] = [];
  #pumping = false;
  #closed = false;

  constructor(perform: Perform) {
    this.#perform = perform;
  }

  push(effects: readonly GossipEffect[]): void {
    this.#queue.push(...effects);
    if (!this.#pumping) this.#pump();
  }

  /** The node went down: what still waited is never done. */
  close(): void {
    this.#closed = true;
  }

  #pump(): void {
    this.#pumping = true;
    for (let effect = this.#queue.shift(); effect !== undefined && !this.#closed; effect = this.#queue.shift()) {
      let waiting = true;
      let returned = false;
      this.#perform(effect, () => {
        waiting = false;
        if (returned) this.#pump();
      });
      returned = true;
      if (waiting) return;
    }
    this.#pumping = false;
  }
}
