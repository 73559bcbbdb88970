/**
 * Whom membership holds alive, where it runs on this node: modules draw those before others. Only an order: whoever is doubted is still drawn where nobody else is left,
 * so a membership that errs, or lies, cuts no module off (law 4).
 */
import type { Note } from '../../gossip/protocol.ts';
import { contentOf, saidIn } from '../../model/content.ts';
import type { Content } from '../../model/content.ts';
import { isNodeId, parseModuleName } from '../../model/names.ts';
import type { ModuleName } from '../../model/names.ts';
import { readJson } from '../../sdk/json-text.ts';
import type { PublishedEvent } from '../../sdk/content.ts';

/** The name under which the shipped module is known. */
export const MEMBERSHIP = parseModuleName('membership');
/** More than a node hands to modules. */
const MAX_DOUBTED = 4_096;

export type AskModule = (module: ModuleName, content: Content) => Promise<Content>;

export class HeldAlive {
  readonly #ask: AskModule;
  #doubted = new Set<string>();
  /** Which start of membership the answers of now belong to. */
  #run = 0;

  constructor(ask: AskModule) {
    this.#ask = ask;
  }

  /** Those that membership knows, and does not hold alive. */
  get doubted(): ReadonlySet<string> {
    return this.#doubted;
  }

  /** Membership told of a member. */
  heard({ text }: PublishedEvent): void {
    this.#take((readJson(text) as { readonly member?: unknown } | null)?.member);
  }

  /** What an instance begins with it has not published; of one that runs no more nothing is believed. */
  noted(note: Note): void {
    if (note.event !== 'module-state' || note.module !== MEMBERSHIP) return;
    this.#run += 1;
    if (note.state === 'running') void this.#learn(this.#run);
    else if (note.state !== 'updating' && note.state !== 'held') this.#doubted.clear();
  }

  async #learn(run: number): Promise<void> {
    try {
      const answer = saidIn(await this.#ask(MEMBERSHIP, contentOf('{"op":"list"}')));
      const { members } = Object(typeof answer === 'string' ? readJson(answer) : null) as { readonly members?: unknown };
      if (run !== this.#run || !Array.isArray(members)) return;
      this.#doubted.clear();
      for (const member of members) this.#take(member);
    } catch {
      // Code of another kind has the name, or it ended just then: nobody is doubted for that.
    }
  }

  /** Code of another kind may publish anything. */
  #take(member: unknown): void {
    const { id, state } = Object(member) as { readonly id?: unknown; readonly state?: unknown };
    if (typeof id !== 'string' || !isNodeId(id) || typeof state !== 'string') return;
    if (state === 'alive') this.#doubted.delete(id);
    else if (this.#doubted.size < MAX_DOUBTED) this.#doubted.add(id);
  }
}
