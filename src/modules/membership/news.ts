/** News travels at once: it goes to the few that this node watches and some others, who pass it on. */
import { EagerPush } from '../../sdk/replicated.ts';
import type { ModuleContext, Peer } from '../../sdk/index.ts';
import type { Entry } from './entry.ts';
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
  readonly listeners: () => readonly Peer[];
  readonly tell: (peer: Peer) => void;
}

export class News {
  readonly #push: EagerPush;
  readonly #rumours = new Map<string, Heard>();
  #round = 0;

  constructor({ context, health, listeners, tell }: NewsSurroundings) {
    const isBusy = (): boolean => health.busy;
    this.#push = new EagerPush({ context, listeners, tell, isBusy, atOnce: AT_ONCE, perRound: PER_ROUND, gatherMs: GATHER_MS });
  }

  nextRound(round: number): void {
    this.#round = round;
    this.#push.nextRound();
    for (const [id, rumour] of this.#rumours) if (round - rumour.round > REMEMBERED_ROUNDS) this.#rumours.delete(id);
  }

  /** Something is new; `from`: who said so. */
  spread(from?: string): void {
    this.#push.spread(from);
  }

  /** Whether it was heard already, or more. */
  knows({ id, incarnation, what }: Rumour): boolean {
    const known = this.#rumours.get(id);
    return (
      known !== undefined && (known.incarnation > incarnation || (known.incarnation === incarnation && WEIGHT[known.what] >= WEIGHT[what]))
    );
  }

  /** A member is new, doubted, gone or back. `speaker`: who said so just now. */
  about({ id, incarnation, state, refused, doubters }: Readonly<Entry>, speaker?: string): void {
    if (state !== 'alive') {
      const what = state === 'left' ? 'left' : refused ? 'gone' : 'silent';
      const rumour: Rumour = { id, incarnation, what };
      // It was passed on when it was heard. That a port is closed is passed on by whoever has seen it.
      if (what === 'silent' && this.knows(rumour)) return;
      this.rumour(rumour);
    }
    // That a port is closed is seen without a doubt, also by who is busy.
    this.#push.spread(speaker, { urgent: state === 'suspect' && refused });
    // They have said so themselves.
    for (const doubter of doubters) this.#push.spread(doubter);
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
