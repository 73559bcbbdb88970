/** Doubts: everybody tries a doubted member himself, at once but not all at the same moment, and few of them: what is too much waits for the rounds. */
import type { ModuleContext } from '../../sdk/index.ts';
import { Allowance } from '../../sdk/replicated.ts';
import type { Claim } from './claims.ts';
import type { LocalHealth } from './health.ts';
import type { News } from './news.ts';
import type { Rumour } from './rumour.ts';
import type { Table } from './table.ts';

/** Doubted members that are tried at once, and in each round in the long run. */
const AT_ONCE = 8;
const PER_ROUND = 3;
/** When to try, spread over a time. A refused connection costs its target nothing, and what each finds is what the others wait for. */
const GONE_MS = 20;
/** A member that lives after all is not called by everybody before its refutation is heard: times that grow with the cluster, up to these. */
const HEARD_MS = 300;
const HEARD_MS_PER_MEMBER = 3;
const SILENT_MS = 1_000;
const SILENT_MS_PER_MEMBER = 10;
/** One that says goodbye is still busy with that, and answers; later its port tells at once. */
const LEFT_MS = 1_200;
/** What falls silent where much is slow is most likely slow itself: its refutation is waited for, so much longer for each step that this node doubts itself. */
const DOUBTFUL_MS = 500;

export interface DoubtsSurroundings {
  readonly context: ModuleContext;
  readonly table: Table;
  readonly news: News;
  readonly health: LocalHealth;
  /** Whether this node speaks with the member anyway. */
  isNear(id: string): boolean;
  /** `waitedMs`: how long it could have refuted the doubt since that was heard. */
  tryIt(member: Claim, waitedMs: number): void;
}

export class Doubts {
  readonly #around: DoubtsSurroundings;
  readonly #allowance = new Allowance(AT_ONCE, PER_ROUND);
  /** Of tries that find out at once, for the port is said to be closed: they cost so little that who is busy has as many. */
  readonly #quick = new Allowance(AT_ONCE, PER_ROUND);
  /** Members that are about to be tried, and those whose moment found no token. */
  readonly #planned = new Set<string>();
  readonly #waiting = new Set<string>();

  constructor(around: DoubtsSurroundings) {
    this.#around = around;
  }

  /** Those that had to wait for the round. */
  nextRound(): Claim[] {
    // Whoever is busy has more doubts than others, and fewer of them are right.
    this.#allowance.nextRound(this.#around.health.busy);
    this.#quick.nextRound();
    const doubted = this.#around.table.doubted().filter(({ id }) => !this.#planned.has(id));
    const due = doubted.filter(({ id }) => this.#waiting.has(id) && this.#allowance.take());
    this.#waiting.clear();
    for (const { id } of doubted) this.#waiting.add(id);
    for (const { id } of due) this.#waiting.delete(id);
    return due;
  }

  /**
   * Somebody said, or passed on, that a member failed or left. What is new is passed on at once, and the member tried; that nobody listens at its port is found out as
   * fast as it is told, so that it is passed on once it was seen, as evidence.
   */
  heard(rumour: Rumour, from: string): void {
    const { table, news } = this.#around;
    if (news.knows(rumour) || table.rumour(rumour) !== 'doubted') return;
    news.rumour(rumour);
    if (rumour.what !== 'gone') news.spread(from);
    this.#plan(rumour);
  }

  /** May one whose connection ended be tried at once? */
  mayTry(): boolean {
    return this.#quick.take();
  }

  #plan(rumour: Rumour): void {
    const { context, table } = this.#around;
    const { id } = rumour;
    if (this.#planned.has(id)) return;
    this.#planned.add(id);
    const delayMs = this.#delayMs(rumour);
    context.after(delayMs, () => {
      this.#planned.delete(id);
      const member = table.get(id);
      // Meanwhile it may have been refuted; and whoever finds no token here waits for the round.
      if (member === undefined || !table.isDoubted(id)) return;
      if ((rumour.what === 'gone' ? this.#quick : this.#allowance).take()) this.#around.tryIt(member, delayMs);
      else this.#waiting.add(id);
    });
  }

  #delayMs({ id, what }: Rumour): number {
    const { context, table, health } = this.#around;
    const spread = context.random();
    if (what === 'left') return LEFT_MS + spread * SILENT_MS;
    if (what === 'gone') return spread * GONE_MS;
    if (this.#around.isNear(id)) return 0;
    const refutationMs = Math.min(HEARD_MS, HEARD_MS_PER_MEMBER * table.size) + DOUBTFUL_MS * (health.factor - 1);
    return refutationMs + spread * Math.min(SILENT_MS, SILENT_MS_PER_MEMBER * table.size);
  }
}
