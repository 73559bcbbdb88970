/** Finds out whether a member is alive: directly, then through others (SWIM: Das, Gupta, Motivala, 2002). */
import { roundMs } from '../../sdk/index.ts';
import type { ExchangeError, ModuleContext, Peer } from '../../sdk/index.ts';
import { ANSWER_MS } from './health.ts';
import type { LocalHealth } from './health.ts';
import type { Answer, Outcome, Request } from './messages.ts';
import { parseAnswer, requestJson } from './messages.ts';
import type { Failed } from './table.ts';
import { stopwatch } from './stopwatch.ts';

/** Others that are asked to try a silent member. */
const HELPERS = 3;
/** Members tried at the same time, and members tried for others at the same time. */
const MAX_CONCURRENT = 16;
/** A helper waits for the answer as this node does, twice as long where he doubts himself, and needs the way to him and back. */
const HELPER_MS = 2 * ANSWER_MS + 300;
/** Exchanges under way beyond which nothing is tried twice: an instance may have 64. */
const MANY_OPEN = 32;
/** A core that answers for its module is alive, and the module most likely between two instances: for so long that says nothing. */
const ABSENT_MS = 5_000;
/** Rounds without a look after which an absence is another one: each member is tried more often. */
const ANOTHER_ROUNDS = 20;
/** How long a failure is remembered for those who ask about the same member. */
const REMEMBERED_MS = 1_000;

/** What others found that were asked: of those that found anything, what; or that not one of them answered. */
type Others = 'reached' | 'no answer' | ReadonlyMap<string, 'silent' | 'gone'>;

export interface ProberSurroundings {
  readonly context: ModuleContext;
  readonly health: LocalHealth;
  /** A greeting and what is asked of this listener. */
  compose(type: 'probe' | 'join' | { readonly reach: string }, listener: string): Request;
  /** An answer came: `peer` lives, or says goodbye. */
  answered(peer: Peer, answer: Answer, everybody: boolean): void;
  helpersFor(target: string, count: number): readonly Peer[];
  /** Whether others have said that they doubt it. */
  isDoubted(target: string): boolean;
  /** Whether enough others have said that they suspect it. */
  isConfirmed(target: string): boolean;
  /** Some helper reached it. */
  reachedByOthers(target: string): void;
  failed(target: string, failed: Failed): void;
  /** What a helper found came late. */
  confirmed(target: string, helper: string, outcome: 'silent' | 'gone'): void;
}

export class Prober {
  readonly #around: ProberSurroundings;
  readonly #trying = new Set<string>();
  /** Direct tries under way, and those that failed a moment ago: whoever else wants to know waits for the same one. */
  readonly #tries = new Map<string, Promise<Outcome>>();
  /** Members whose core says that the module is not there: since it said so first, and last. */
  readonly #absences = new Map<string, { readonly firstMs: () => number; readonly lastMs: () => number }>();
  #helping = 0;
  #open = 0;

  constructor(around: ProberSurroundings) {
    this.#around = around;
  }

  /** Finds out about one member; does nothing while it is already being tried. `waitedMs`: since a doubt of it was heard, which it could refute. */
  async probe(peer: Peer, waitedMs = 0): Promise<void> {
    if (this.#trying.has(peer.id) || this.#trying.size >= MAX_CONCURRENT) return;
    this.#trying.add(peer.id);
    try {
      const outcome = await this.#fresh(peer);
      // A busy node asks nobody: each late answer would make two more tries and three tries of others, which are as busy when they share its machine.
      const doubted = outcome === 'gone' || (outcome === 'silent' && !this.#around.health.busy);
      if (doubted) await this.#throughOthers(peer, outcome, waitedMs);
    } finally {
      this.#trying.delete(peer.id);
    }
  }

  /** Tries a member for somebody else, who could not reach it. */
  async help(peer: Peer): Promise<Outcome> {
    const known = this.#tries.get(peer.id);
    if (known !== undefined) return known;
    if (this.#helping >= MAX_CONCURRENT) return 'unclear';
    this.#helping++;
    try {
      return await this.#try(peer);
    } finally {
      this.#helping--;
    }
  }

  /** The last attempt before a suspect is taken for dead; null while it is being tried already. */
  async lastTry(peer: Peer): Promise<Outcome | null> {
    if (this.#trying.has(peer.id)) return null;
    this.#trying.add(peer.id);
    try {
      return await this.#fresh(peer);
    } finally {
      this.#trying.delete(peer.id);
    }
  }

  /** Tells a peer something, and hears what it says; whoever cannot be told is nobody's concern. */
  async tell(peer: Peer, type: 'probe' | 'join' = 'probe'): Promise<void> {
    try {
      await this.#exchange(peer, type);
    } catch {
      // The next probe finds out why.
    }
  }

  /** A new try, not one that was begun earlier. */
  async #fresh(peer: Peer): Promise<Outcome> {
    const outcome = await this.#try(peer);
    if (outcome === 'reached') this.#around.health.better();
    return outcome;
  }

  #try(peer: Peer): Promise<Outcome> {
    const outcome = this.#direct(peer);
    this.#tries.set(peer.id, outcome);
    const remember = async (): Promise<void> => {
      const how = await outcome;
      const forget = (): void => {
        if (this.#tries.get(peer.id) === outcome) this.#tries.delete(peer.id);
      };
      if (how === 'silent' || how === 'gone') this.#around.context.after(REMEMBERED_MS, forget);
      else forget();
    };
    void remember();
    return outcome;
  }

  async #direct(peer: Peer): Promise<Outcome> {
    const answer = this.#answer(peer);
    const outcome = await this.#within(ANSWER_MS, answer, 'silent');
    // Who is dead or cut off never answers: an answer that comes after all tells of somebody who has much to do, perhaps this node itself.
    if (outcome === 'silent') void answer.then((late) => this.#cameLate(peer, late));
    return outcome;
  }

  #cameLate(peer: Peer, late: Outcome): void {
    if (late === 'reached') this.#around.health.answerCameLate();
    // That nobody listens there is as true now.
    if (late === 'gone' && !this.#trying.has(peer.id)) void this.#throughOthers(peer, 'gone');
  }

  async #answer(peer: Peer): Promise<Outcome> {
    const passedMs = stopwatch(this.#around.context);
    try {
      await this.#exchange(peer, 'probe');
      this.#around.health.answerTook(passedMs());
      this.#absences.delete(peer.id);
      return 'reached';
    } catch (error) {
      return this.#isBrieflyAbsent(peer, error) ? 'unclear' : outcomeOf(error);
    }
  }

  #isBrieflyAbsent({ id }: Peer, error: unknown): boolean {
    if ((error as Partial<ExchangeError>).reason !== 'absent') {
      this.#absences.delete(id);
      return false;
    }
    const { context } = this.#around;
    const known = this.#absences.get(id);
    const lastMs = stopwatch(context);
    const goesOn = known !== undefined && known.lastMs() < Math.max(ABSENT_MS, ANOTHER_ROUNDS * roundMs(context));
    const firstMs = goesOn ? known.firstMs : lastMs;
    this.#absences.set(id, { firstMs, lastMs });
    return firstMs() < ABSENT_MS;
  }

  /** Once more directly, for a connection may have ended by chance, and by those who may have a better way. */
  async #throughOthers(peer: Peer, first: 'silent' | 'gone', waitedMs = 0): Promise<void> {
    const { health } = this.#around;
    // Whoever else doubts it tries it now, too, and will say what he finds.
    if (first === 'gone' && this.#around.isDoubted(peer.id)) return this.#around.failed(peer.id, { refused: true, others: new Map() });
    const trying = this.#open < MANY_OPEN ? this.#fresh(peer) : first;
    // Where answers came late, most that are silent have only much to do: others are asked when the second try fails, too.
    if (health.answersComeLate && isAnswer(await trying)) return;
    const [again, others] = await Promise.all([trying, this.#askOthers(peer)]);
    if (isAnswer(again)) return;
    // Where nobody answers, it is this node that is cut off or slow, and it knows nothing of that one; unless others have said that they fail, too.
    if (again === 'silent' && others === 'no answer' && !health.cutOff && !this.#around.isConfirmed(peer.id)) return;
    this.#judge(peer, { refused: again === 'gone', waitedMs }, others);
  }

  /** Nobody listens at a suspect's port, and too few others have said so. */
  async confirm(peer: Peer): Promise<void> {
    this.#judge(peer, { refused: true }, await this.#askOthers(peer));
  }

  #judge({ id }: Peer, own: Pick<Failed, 'refused' | 'waitedMs'>, others: Others): void {
    if (others === 'reached') this.#around.reachedByOthers(id);
    else this.#around.failed(id, { ...own, others: others === 'no answer' ? new Map() : others });
  }

  async #askOthers(peer: Peer): Promise<Others> {
    const helpers = this.#around.helpersFor(peer.id, HELPERS);
    const answers = await Promise.all(helpers.map(async (helper) => [helper.id, await this.#ask(helper, peer.id)] as const));
    const others = new Map<string, 'silent' | 'gone'>();
    for (const [helper, outcome] of answers) {
      if (outcome === 'reached') return 'reached';
      if (outcome !== 'no answer' && outcome !== 'unclear') others.set(helper, outcome);
    }
    const isAlone = helpers.length > 0 && answers.every(([, outcome]) => outcome === 'no answer');
    if (!isAlone) return others;
    // Perhaps it is this node that is cut off.
    for (const _ of helpers) this.#around.health.worse();
    return 'no answer';
  }

  async #ask(helper: Peer, target: string): Promise<Outcome | 'no answer'> {
    const asking = async (): Promise<Outcome | 'no answer'> => {
      try {
        return (await this.#exchange(helper, { reach: target })).reached;
      } catch (error) {
        return outcomeOf(error) === 'unclear' ? 'unclear' : 'no answer';
      }
    };
    const answer = asking();
    const outcome = await this.#within(HELPER_MS, answer, 'no answer');
    if (outcome === 'no answer') void answer.then((late) => this.#helperWasLate(target, helper, late));
    return outcome;
  }

  /** A helper may doubt himself, and wait longer than this node: that he is late says nothing of it. */
  #helperWasLate(target: string, helper: Peer, late: Outcome | 'no answer'): void {
    if (late === 'silent' || late === 'gone') this.#around.confirmed(target, helper.id, late);
  }

  async #exchange(peer: Peer, type: 'probe' | 'join' | { readonly reach: string }): Promise<Answer> {
    const around = this.#around;
    this.#open++;
    try {
      const answer = parseAnswer(await around.context.exchange(peer, requestJson(around.compose(type, peer.id))), type === 'join');
      around.answered(peer, answer, type === 'join');
      return answer;
    } finally {
      this.#open--;
    }
  }

  /**
   * What came within the time, which the local health stretches. Where the timer itself came late, this node was asleep or busy: the answer may lie
   * here unread, and gets the time once more.
   */
  async #within<T>(ms: number, outcome: Promise<T>, otherwise: T): Promise<T> {
    const { context, health } = this.#around;
    const patienceMs = ms * health.factor;
    const late = Promise.withResolvers<T>();
    const wait = (): { stop(): void } => {
      const passedMs = stopwatch(context);
      return context.after(patienceMs, () => {
        if (passedMs() <= 2 * patienceMs) return late.resolve(otherwise);
        health.worse();
        timer = wait();
      });
    };
    let timer = wait();
    try {
      return await Promise.race([outcome, late.promise]);
    } finally {
      timer.stop();
    }
  }
}

function isAnswer(outcome: Outcome): boolean {
  return outcome === 'reached' || outcome === 'unclear';
}

/** Told by its `reason`, not by its class: the core's `ExchangeError` need not be the copy in this bundle. */
function outcomeOf(error: unknown): Outcome {
  const { reason, gone } = error as Partial<ExchangeError>;
  if (reason === 'mismatch' || reason === 'refused') return 'unclear';
  return gone === true ? 'gone' : 'silent';
}
