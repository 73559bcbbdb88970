/**
 * News travels at once: it goes to the few that this node watches and some others, who pass it on, so that it is everywhere after a handful of hops.
 * Where too much happens at a time it goes with the rounds instead, and costs no more than they do.
 */
import type { ModuleContext, Peer } from '../../sdk/index.ts';
import { Allowance } from './allowance.ts';
import type { LocalHealth } from './health.ts';
import { MAX_RUMOURS } from './rumour.ts';
import type { Rumour } from './rumour.ts';

/** Messages beside the rounds: at once, and in each round in the long run. */
const AT_ONCE = 30;
const PER_ROUND = 2;
/** News of one moment travels together. */
const GATHER_MS = 10;
/** Rounds for which a rumour is passed on and known again. */
const REMEMBERED_ROUNDS = 3;

/** What says more replaces what says less. */
const WEIGHT: Readonly<Record<Rumour['what'], number>> = { silent: 0, gone: 1, left: 2 };

interface Heard extends Rumour {
  readonly round: number;
}

export interface NewsSurroundings {
  readonly context: ModuleContext;
  readonly health: LocalHealth;
  /** Whom to tell at once. */
  listeners(): readonly Peer[];
  tell(peer: Peer): void;
}

export class News {
  readonly #around: NewsSurroundings;
  readonly #allowance = new Allowance(AT_ONCE, PER_ROUND);
  readonly #rumours = new Map<string, Heard>();
  #round = 0;
  #gathering = false;
  /** Who told the news: they need not hear it again. */
  readonly #tellers = new Set<string>();

  constructor(around: NewsSurroundings) {
    this.#around = around;
  }

  nextRound(round: number): void {
    this.#round = round;
    this.#allowance.nextRound();
    for (const [id, rumour] of this.#rumours) if (round - rumour.round > REMEMBERED_ROUNDS) this.#rumours.delete(id);
  }

  /** Something is new; `from`: who said so. */
  spread(from?: string): void {
    if (from !== undefined) this.#tellers.add(from);
    // It travels with the rounds then.
    if (this.#gathering || this.#around.health.busy) return;
    this.#gathering = true;
    this.#around.context.after(GATHER_MS * (0.5 + this.#around.context.random()), () => {
      this.#gathering = false;
      const tellers = new Set(this.#tellers);
      this.#tellers.clear();
      for (const peer of this.#around.listeners()) if (!tellers.has(peer.id) && this.#allowance.take()) this.#around.tell(peer);
    });
  }

  /** Whether it was heard already, or more. */
  knows({ id, incarnation, what }: Rumour): boolean {
    const known = this.#rumours.get(id);
    return (
      known !== undefined && (known.incarnation > incarnation || (known.incarnation === incarnation && WEIGHT[known.what] >= WEIGHT[what]))
    );
  }

  /** From now on it is passed on. */
  rumour(rumour: Rumour): void {
    if (this.knows(rumour)) return;
    this.#rumours.delete(rumour.id);
    this.#rumours.set(rumour.id, { ...rumour, round: this.#round });
  }

  /** Those that hold, the newest ones. */
  rumours(holds: (rumour: Rumour) => boolean): Rumour[] {
    return [...this.#rumours.values()].filter(holds).slice(-MAX_RUMOURS);
  }
}
