/**
 * The tags of all members. Only a member changes its own: hearsay of a higher version is believed of others, and a member that hears what it has not said
 * refutes it by a higher version still, so that a liar is believed for a moment at most.
 */
import { MAX_TAG_VERSION, changedTags, sameTags, taggedJson } from './tags.ts';
import type { Tagged, TagSet } from './tags.ts';
import { ENOUGH, REFRESHED } from './entry.ts';
import { chooseToTell } from '../../sdk/replicated.ts';
import { MAX_LEAP, MAX_MEMBERS } from './table.ts';

interface Kept extends Tagged {
  /** Messages that carried it since it last changed. */
  told: number;
}

/** Members whose tags one message may tell, and characters that they may have together; and in the answer to who knows nobody. */
const MAX_TOLD = 32;
const MAX_TOLD_CHARACTERS = 8 * 1_024;
const MAX_TOLD_TO_NEWCOMER = 256 * 1_024;
/** For so many rounds after a start that was no update a node takes back from others what it said before and may have forgotten. */
const RECALL_ROUNDS = 10;

export interface TagBookOptions {
  readonly selfId: string;
  /** Whether the table holds this member. */
  readonly knows: (id: string) => boolean;
  /** Told of each change; also of this node's own. */
  readonly changed: (id: string) => void;
  /** Something is to be told to others at once. */
  readonly news: () => void;
}

export class TagBook {
  readonly #options: TagBookOptions;
  readonly #kept = new Map<string, Kept>();
  #recallRounds = RECALL_ROUNDS;

  constructor(options: TagBookOptions) {
    this.#options = options;
  }

  of(id: string): TagSet {
    return this.#kept.get(id)?.tags ?? {};
  }

  nextRound(): void {
    if (this.#recallRounds > 0) this.#recallRounds -= 1;
  }

  /** The instance before handed everything over: nothing was forgotten. */
  tookOver(): void {
    this.#recallRounds = 0;
  }

  /** Changes this node's own. What it may have forgotten does not count any more. */
  change(wanted: { readonly set: TagSet; readonly remove: readonly string[] }): TagSet {
    const { selfId } = this.#options;
    const tags = changedTags(this.of(selfId), wanted);
    this.#recallRounds = 0;
    if (!sameTags(tags, this.of(selfId))) this.#take({ id: selfId, version: this.#versionOf(selfId) + 1, tags });
    return tags;
  }

  /** What `from` says. `fresh`: it may be news to others too. */
  heard(told: readonly Tagged[], from: string, fresh = true): void {
    for (const tagged of told) {
      if (tagged.id === this.#options.selfId) this.#answerFor(tagged);
      else if (this.#options.knows(tagged.id) && this.#isLater(tagged, from)) this.#take(tagged, fresh);
    }
  }

  /** What to tell a listener: first what concerns itself, so that it can refute it. */
  told(listener: string, isNewcomer: boolean): Tagged[] {
    const all = [...this.#kept.values()].filter(({ id }) => this.#isHeld(id));
    const chosen = isNewcomer
      ? all
      : chooseToTell(all, { about: this.#kept.get(listener), max: MAX_TOLD, enough: ENOUGH, refreshed: REFRESHED });
    let characters = 0;
    const most = isNewcomer ? MAX_TOLD_TO_NEWCOMER : MAX_TOLD_CHARACTERS;
    const fits = chosen.map((kept) => (characters += JSON.stringify(taggedJson(kept)).length) <= most);
    // What found no room was not told.
    if (!isNewcomer) for (const [place, kept] of chosen.entries()) if (fits[place] !== true) kept.told -= 1;
    return chosen.filter((_, place) => fits[place]).map(taggedJson);
  }

  /** For the state: those of this node, and of the members that are known. */
  all(): Tagged[] {
    return [...this.#kept.values()]
      .filter(({ id }) => this.#isHeld(id))
      .map(taggedJson)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  restore(all: readonly Tagged[]): void {
    for (const tagged of all) if (this.#isHeld(tagged.id)) this.#kept.set(tagged.id, { ...tagged, told: ENOUGH });
  }

  #answerFor(said: Tagged): void {
    const { selfId, news } = this.#options;
    const own = this.#versionOf(selfId);
    if (said.version < own || said.version > own + MAX_LEAP || (said.version === own && sameTags(said.tags, this.of(selfId)))) return;
    if (this.#recallRounds > 0 && said.version > own) return this.#take(said);
    this.#kept.set(selfId, { id: selfId, version: Math.min(MAX_TAG_VERSION, said.version + 1), tags: this.of(selfId), told: 0 });
    news();
  }

  /** The member itself knows best, whatever others said of it in the same version. */
  #isLater({ id, version, tags }: Tagged, from: string): boolean {
    const known = this.#versionOf(id);
    if (version === known) return from === id && !sameTags(tags, this.of(id));
    return version > known && version <= known + MAX_LEAP;
  }

  #take({ id, version, tags }: Tagged, fresh = true): void {
    const isChange = !sameTags(tags, this.of(id));
    this.#kept.set(id, { id, version, tags, told: fresh ? 0 : ENOUGH });
    if (this.#kept.size > MAX_MEMBERS + 1) for (const kept of this.#kept.keys()) if (!this.#isHeld(kept)) this.#kept.delete(kept);
    if (isChange) this.#options.changed(id);
    if (fresh) this.#options.news();
  }

  #versionOf(id: string): number {
    return this.#kept.get(id)?.version ?? 0;
  }

  #isHeld(id: string): boolean {
    return id === this.#options.selfId || this.#options.knows(id);
  }
}
