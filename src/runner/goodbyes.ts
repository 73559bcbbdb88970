/** The last that peers hear of a node that leaves: said to each once, and waited for no longer than a moment. Whoever has heard it passes it on. */
import type { GossipEffect, Token } from '../gossip/protocol.ts';
import type { Clock } from './ports.ts';

/** To how many peers a node has said goodbye, and how many of them heard it. */
export interface Goodbye {
  readonly told: number;
  readonly heard: number;
}

export const NO_GOODBYE: Goodbye = { told: 0, heard: 0 };
const GOODBYE_MS = 1_000;

export class Goodbyes {
  readonly #open = new Set<Token>();
  #told = 0;
  #heard = 0;
  #end: (() => void) | null = null;

  /** From then on the node is silent: whatever it said afterwards would take its goodbye back. */
  get begun(): boolean {
    return this.#end !== null;
  }

  /** Carries `effects` out by `push`; `said`: all of them had an outcome, or time is up. It is told what came of them. */
  say(effects: readonly GossipEffect[], push: (effects: GossipEffect[]) => void, clock: Clock, said: (goodbye: Goodbye) => void): void {
    for (const effect of effects) if (effect.type === 'send') this.#open.add(effect.token);
    this.#end = () => {
      this.#end = () => undefined;
      said({ told: this.#told, heard: this.#heard });
    };
    this.#told = this.#open.size;
    clock.after(this.#open.size === 0 ? 0 : GOODBYE_MS, () => this.#end?.());
    push([...effects]);
  }

  /** What came of anything that was sent. */
  came(token: Token, isHeard: boolean): void {
    if (!this.#open.delete(token)) return;
    if (isHeard) this.#heard += 1;
    if (this.#open.size === 0) this.#end?.();
  }
}
