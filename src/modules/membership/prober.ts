/** Finds out whether a member is alive: directly, then through others (SWIM: Das, Gupta, Motivala, 2002). */
import type { ExchangeError, ModuleContext, Peer } from '../../sdk/index.ts';
import type { LocalHealth } from './health.ts';
import type { Answer, Request } from './messages.ts';
import { parseAnswer, requestJson } from './messages.ts';

/** Others that are asked to try a silent member. */
const HELPERS = 3;
/** Members tried at the same time, and members tried for others at the same time. */
const MAX_CONCURRENT = 16;
/** A helper says that it failed after this long, so that the asker learns that the helper at least lives. */
const HELP_MS = 1_000;

export interface ProberSurroundings {
  readonly context: ModuleContext;
  readonly health: LocalHealth;
  /** Greeting and request in one, for this listener. */
  compose(type: 'probe' | { readonly reach: string }, listener: string): Request;
  /** An answer came: `peer` lives. */
  answered(peer: Peer, answer: Answer): void;
  helpersFor(target: string, count: number): Peer[];
  /** Some helper reached it. */
  reachedByOthers(target: string): void;
  failed(target: string): void;
}

/** `unclear`: the peer's core answered for a module that is being replaced, or this core declined to send. */
type Outcome = 'reached' | 'silent' | 'unclear';

export class Prober {
  readonly #around: ProberSurroundings;
  readonly #trying = new Set<string>();
  #helping = 0;

  constructor(around: ProberSurroundings) {
    this.#around = around;
  }

  /** Finds out about one member; does nothing while it is already being tried. */
  async probe(peer: Peer): Promise<void> {
    if (this.#trying.has(peer.id) || this.#trying.size >= MAX_CONCURRENT) return;
    this.#trying.add(peer.id);
    try {
      const outcome = await this.#direct(peer);
      if (outcome === 'reached') this.#around.health.better();
      if (outcome === 'silent') await this.#throughOthers(peer);
    } finally {
      this.#trying.delete(peer.id);
    }
  }

  /** Tries a member for somebody else, who could not reach it. */
  async help(peer: Peer): Promise<boolean> {
    if (this.#helping >= MAX_CONCURRENT) return false;
    this.#helping++;
    try {
      return (await this.#withDeadline(this.#direct(peer))) === 'reached';
    } finally {
      this.#helping--;
    }
  }

  async #direct(peer: Peer): Promise<Outcome> {
    const around = this.#around;
    try {
      around.answered(peer, parseAnswer(await around.context.exchange(peer, requestJson(around.compose('probe', peer.id)))));
      return 'reached';
    } catch (error) {
      return unclear(error) ? 'unclear' : 'silent';
    }
  }

  async #throughOthers(peer: Peer): Promise<void> {
    const { health } = this.#around;
    const helpers = this.#around.helpersFor(peer.id, HELPERS);
    const answers = await Promise.all(helpers.map((helper) => this.#ask(helper, peer.id)));
    if (answers.includes('reached')) return this.#around.reachedByOthers(peer.id);
    // Helpers that do not answer either: perhaps it is this node that is cut off.
    if (answers.includes('no answer')) health.worse();
    this.#around.failed(peer.id);
  }

  async #ask(helper: Peer, target: string): Promise<'reached' | 'not reached' | 'no answer'> {
    const around = this.#around;
    try {
      const answer = parseAnswer(await around.context.exchange(helper, requestJson(around.compose({ reach: target }, helper.id))));
      around.answered(helper, answer);
      return answer.reached ? 'reached' : 'not reached';
    } catch {
      return 'no answer';
    }
  }

  async #withDeadline(outcome: Promise<Outcome>): Promise<Outcome> {
    const late = Promise.withResolvers<Outcome>();
    const timer = this.#around.context.after(HELP_MS, () => late.resolve('silent'));
    try {
      return await Promise.race([outcome, late.promise]);
    } finally {
      timer.stop();
    }
  }
}

/** Told by its `reason`, not by its class: the core's `ExchangeError` need not be the copy in this bundle. */
function unclear(error: unknown): boolean {
  const reason = (error as Partial<ExchangeError>).reason;
  return reason === 'mismatch' || reason === 'refused';
}
