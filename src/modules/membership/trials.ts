/** Suspicions run out: when the time of one has come, the suspect is tried once more, and is dead if that fails too. */
import type { ModuleContext } from '../../sdk/index.ts';
import type { Claim } from './claims.ts';
import { ANSWER_MS } from './health.ts';
import type { LocalHealth } from './health.ts';
import type { Prober } from './prober.ts';
import { RESTART_MS } from './suspicion.ts';
import type { Failed, Table } from './table.ts';

/** Steps of the clock, in rounds: short where a process seems gone, which is known soon; otherwise so short a look is not worth its turn. */
const STEP = 0.25;
const SHORT_STEP = 0.1;
/** Rounds in which others are to say by themselves that nobody listens at a suspect's port; then some are asked, whose answers come while a restart is waited for. */
const HEARSAY = 0.7;
/** Rounds between two attempts that end a suspicion, where the first one told nothing: as while the suspect updates; and between two times that others are asked. */
const PAUSE = 1;

export interface TrialsSurroundings {
  readonly context: ModuleContext;
  readonly table: Table;
  readonly health: LocalHealth;
  readonly prober: Prober;
}

export class Trials {
  readonly #around: TrialsSurroundings;
  #intervalMs = 0;
  #now = 0;
  #running = false;
  /** When suspects were tried. */
  readonly #tried = new Map<string, number>();
  /** When others were asked about suspects. */
  readonly #asked = new Map<string, number>();

  constructor(around: TrialsSurroundings) {
    this.#around = around;
  }

  /** The clock of suspicions, in rounds. It runs while somebody is suspected, by timers alone: a node that slept has not waited. */
  get now(): number {
    return this.#now;
  }

  /** When a suspicion began: one that was heard as a doubt could be refuted from then on. That nobody listens at a port is told by the time after it was seen. */
  since({ refused, waitedMs = 0 }: Pick<Failed, 'refused' | 'waitedMs'>): number {
    return this.#now - (refused || this.#intervalMs === 0 ? 0 : waitedMs / this.#intervalMs);
  }

  start(intervalMs: number): void {
    this.#intervalMs = intervalMs;
    this.run();
  }

  /** Somebody may be suspected now. */
  run(): void {
    const { context, table } = this.#around;
    if (this.#running || this.#intervalMs === 0) return;
    if (table.inState('suspect').length === 0) return this.#tried.clear();
    this.#running = true;
    const step = table.anyRefused() ? SHORT_STEP : STEP;
    context.after(step * this.#intervalMs, () => {
      this.#running = false;
      this.#now += step;
      for (const suspect of this.#due()) void this.#try(suspect);
      this.#askOthers();
      this.run();
    });
  }

  #due(): Claim[] {
    const { table, health } = this.#around;
    const { factor } = health;
    const due = table.due(this.#now, {
      factor,
      restartRounds: RESTART_MS / this.#intervalMs,
      lookRounds: (ANSWER_MS * factor) / this.#intervalMs,
    });
    return due.filter(({ id }) => this.#now - (this.#tried.get(id) ?? -PAUSE) >= PAUSE);
  }

  #askOthers(): void {
    const { table, prober } = this.#around;
    for (const id of this.#asked.keys()) if (table.get(id)?.state !== 'suspect') this.#asked.delete(id);
    for (const suspect of table.unconfirmed(this.#now, HEARSAY)) {
      if (this.#now - (this.#asked.get(suspect.id) ?? -PAUSE) < PAUSE) continue;
      this.#asked.set(suspect.id, this.#now);
      void prober.confirm(suspect);
    }
  }

  async #try(suspect: Claim): Promise<void> {
    const { table, prober } = this.#around;
    const { id, incarnation } = suspect;
    this.#tried.set(id, this.#now);
    const outcome = await prober.lastTry(suspect);
    if (suspect.incarnation === incarnation && (outcome === 'silent' || outcome === 'gone')) table.lastFailed(id, outcome === 'gone');
  }
}
