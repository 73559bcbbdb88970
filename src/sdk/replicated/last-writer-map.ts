/**
 * A last-writer-wins map (Shapiro, Preguiça, Baquero, Zawirski, 2011): nodes that heard the same writes hold the same, in whatever order and however often they
 * heard of them. Writes are stamped by a hybrid clock, so that whoever knows of a write writes after it.
 *
 * A deletion leaves a tombstone, lest an older value come back from a node that slept. Tombstones are bounded: the
 * oldest are dropped, and `floor` is the highest version among the dropped. A node that lacks a key whose version is
 * not above its floor has seen it deleted: whoever meets it drops the key too, and takes the floor once it has caught up.
 * So nothing is resurrected; the price is that a key written in a partition, or elsewhere in the same second, is lost if the others
 * deleted more than a thousand keys meanwhile.
 */
import { BadInput } from '../parse.ts';
import { HybridClock, isLater } from './hybrid-clock.ts';
import type { Stamp } from './hybrid-clock.ts';
import { compareEntries, MAX_VERSION } from './last-writer-entry.ts';
import type { LastWriterEntry } from './last-writer-entry.ts';

/** What a merge did. `refused`: out of this world, or there is no room. */
export type Merge = 'applied' | 'known' | 'older' | 'refused';

/** Keys that may be written; beyond it `write` refuses. */
export const MAX_KEYS = 1_000;
/** Keys that are kept: room for what the sides of a partition each wrote within their bounds. */
export const MAX_KEPT_KEYS = 4 * MAX_KEYS;
/** Deletions that are remembered; the oldest are dropped, and the floor rises. */
export const MAX_TOMBSTONES = 1_000;

/** How a map differs from the plain one. */
export interface LastWriterOptions<Entry> {
  /** Milliseconds of the wall clock, `context.now`; it may be wrong, and may be set. */
  readonly nowMs: () => number;
  /** Told of each value that is new here, and of each key that is gone; `before`: what was there. */
  readonly changed?: (entry: Entry, before: Entry | undefined) => void;
  /** In errors; by default 'the map'. */
  readonly name?: string;
}

/** `Entry`: may have more fields than the map needs; `compare` and `textOf` then tell two apart that differ in these alone. */
export class LastWriterMap<Entry extends LastWriterEntry = LastWriterEntry> {
  protected readonly clockwork: HybridClock;
  readonly #name: string;
  readonly #entries = new Map<string, Entry>();
  readonly #changed: (entry: Entry, before: Entry | undefined) => void;
  #tombstones = 0;
  #floor = 0;

  constructor({ nowMs, changed = () => {}, name = 'the map' }: LastWriterOptions<Entry>) {
    this.clockwork = new HybridClock(nowMs);
    this.#changed = changed;
    this.#name = name;
  }

  /** Highest version that is not out of this world. */
  get clock(): number {
    return this.clockwork.version;
  }

  get floor(): number {
    return this.#floor;
  }

  get tombstones(): number {
    return this.#tombstones;
  }

  get keys(): number {
    return this.#entries.size - this.#tombstones;
  }

  /** Tombstones among them. */
  entries(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** What peers compare, by its hash: two entries of one key have the same text where they are the same. */
  textOf({ key, version, time, writer, text }: Entry): string {
    return JSON.stringify([key, version, time, writer, text]);
  }

  /** Writes a value, or a tombstone, that is later than everything known. Throws `BadInput` where the map is full. */
  write(key: string, make: (stamp: Stamp) => Entry): Entry {
    const below = { version: this.#floor, time: Number.MAX_SAFE_INTEGER };
    const known = this.#entries.get(key);
    return this.#add(make(this.clockwork.next(known !== undefined && isLater(known, below) ? known : below)));
  }

  /** Writes what every node writes: those that know the same of a key stamp it the same. */
  dictate(key: string, make: (stamp: Stamp) => Entry): Entry {
    return this.#add(make({ version: Math.max(this.#entries.get(key)?.version ?? 0, this.#floor) + 1, time: 0 }));
  }

  /** Takes an entry from elsewhere if it is later than ours. */
  merge(entry: Entry): Merge {
    if (!this.clockwork.isReal(entry.version)) return 'refused';
    const known = this.#entries.get(entry.key);
    // The absence of a key below the floor is a deletion whose tombstone was dropped.
    if (known === undefined && entry.version <= this.#floor) return 'older';
    const order = known === undefined ? 1 : this.compare(entry, known);
    if (order <= 0) return order === 0 ? 'known' : 'older';
    if (entry.text !== null && (known?.text ?? null) === null && this.keys >= MAX_KEPT_KEYS) return 'refused';
    this.#put(entry);
    this.#changed(entry, known);
    return 'applied';
  }

  /** Drops what another node lacks below its floor: it saw it deleted. */
  concede(floor: number, lacks: (key: string) => boolean): void {
    for (const entry of this.#entries.values()) {
      if (entry.version > floor || !lacks(entry.key)) continue;
      this.#remove(entry);
      if (entry.text !== null) this.#changed(this.tombstoneOf(entry), entry);
    }
  }

  /** Takes the floor of a node whose every entry is known here. */
  raiseFloor(floor: number): void {
    if (floor <= this.#floor) return;
    this.#floor = floor;
    for (const entry of this.#deleted()) {
      if (entry.version <= floor) this.#remove(entry);
    }
  }

  /** Puts an accepted state in place of everything. */
  restore(state: { readonly clock: number; readonly floor: number; readonly entries: readonly Entry[] }): void {
    for (const entry of this.#entries.values()) this.#remove(entry);
    this.#floor = state.floor;
    this.clockwork.observe({ version: state.clock, time: 0 });
    for (const entry of state.entries) this.#put(entry);
  }

  /** Which of two is the later: an order of all entries of a key, the same on every node. */
  protected compare(a: Entry, b: Entry): number {
    return compareEntries(a, b);
  }

  protected tombstoneOf(entry: Entry): Entry {
    return { ...entry, text: null };
  }

  /** It is in the map now. */
  protected kept(_entry: Entry): void {}

  /** It is no longer. */
  protected dropped(_entry: Entry): void {}

  /** Puts an entry in the place of what is known, whatever that is. */
  protected replace(entry: Entry): void {
    const before = this.#entries.get(entry.key);
    this.#put(entry);
    this.#changed(entry, before);
  }

  #add(entry: Entry): Entry {
    const isNew = (this.#entries.get(entry.key)?.text ?? null) === null;
    if (entry.text !== null && isNew && this.keys >= MAX_KEYS) throw new BadInput(`${this.#name} holds ${MAX_KEYS} keys already`);
    if (entry.version > MAX_VERSION) throw new BadInput(`${this.#name} has run out of versions`);
    this.replace(entry);
    return entry;
  }

  #put(entry: Entry): void {
    const known = this.#entries.get(entry.key);
    if (known !== undefined) this.#remove(known);
    this.clockwork.observe(entry);
    // Below the floor the absence says it already.
    if (entry.text === null && entry.version <= this.#floor) return;
    this.#entries.set(entry.key, entry);
    this.#tombstones += Number(entry.text === null);
    this.kept(entry);
    if (this.#tombstones > MAX_TOMBSTONES) this.#dropOldTombstones();
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#tombstones -= Number(entry.text === null);
    this.dropped(entry);
  }

  /** Drops the oldest tenth at once, so that the sorting is rare. */
  #dropOldTombstones(): void {
    const versions = this.#deleted().map(({ version }) => version);
    this.raiseFloor(versions.toSorted((a, b) => a - b)[MAX_TOMBSTONES / 10] ?? 0);
  }

  #deleted(): Entry[] {
    return [...this.#entries.values()].filter(({ text }) => text === null);
  }
}
