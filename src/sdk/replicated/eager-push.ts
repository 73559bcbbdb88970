/**
 * Eager push: news goes to a few peers at once, who pass on what was new to them, so that it is everywhere after a handful of hops; whoever missed it is repaired by
 * the rounds (Demers et al., 1987; Plumtree's two ways, Leitão, Pereira, Rodrigues, 2007). Where too much happens at a time the news goes with the rounds alone, and
 * costs no more than they do.
 */
import type { ModuleContext, Peer } from '../module.ts';
import { Allowance } from './allowance.ts';

/** What a push needs of its module. */
export interface EagerPushOptions {
  readonly context: Pick<ModuleContext, 'after' | 'random'>;
  /** Whom to tell at once. */
  readonly listeners: () => readonly Peer[];
  readonly tell: (peer: Peer) => void;
  /** While it is true nothing is told at once but what is urgent. */
  readonly isBusy?: () => boolean;
  /** Messages beside the rounds: at once at most, by default 30. */
  readonly atOnce?: number;
  /** And in each round in the long run, by default 2. */
  readonly perRound?: number;
  /** News of about so many milliseconds travels together; by default 10. */
  readonly gatherMs?: number;
}

/** Tells news at once, as far as its allowance goes; what it does not tell is left to the module's rounds. */
export class EagerPush {
  readonly #options: EagerPushOptions;
  readonly #allowance: Allowance;
  #gathering = false;
  /** Who told the news: they need not hear it again. */
  readonly #tellers = new Set<string>();

  constructor(options: EagerPushOptions) {
    this.#options = options;
    this.#allowance = new Allowance(options.atOnce ?? 30, options.perRound ?? 2);
  }

  nextRound(): void {
    this.#allowance.nextRound();
  }

  /**
   * Something is new; `from`: who said so. What was known already is passed on to nobody, which ends the spreading: so call it for news alone. `urgent`: nobody is too
   * busy for it.
   */
  spread(from?: string, { urgent = false } = {}): void {
    if (from !== undefined) this.#tellers.add(from);
    // It travels with the rounds then.
    if (this.#gathering || (!urgent && this.#options.isBusy?.() === true)) return;
    this.#gathering = true;
    const { context, listeners, tell, gatherMs = 10 } = this.#options;
    context.after(gatherMs * (0.5 + context.random()), () => {
      this.#gathering = false;
      const tellers = new Set(this.#tellers);
      this.#tellers.clear();
      for (const peer of listeners()) if (!tellers.has(peer.id) && this.#allowance.take()) tell(peer);
    });
  }
}
