/**
 * The replicated map: nodes agree in whatever order they hear of things.
 *
 * A deletion leaves a tombstone, lest an older value come back from a node that slept. Tombstones are bounded: the
 * oldest are dropped, and `floor` is the highest version among the dropped. A node that lacks a key whose version is
 * not above its floor has seen it deleted: whoever meets it drops the key too, and takes the floor once it has caught up.
 * So nothing is resurrected; the price is that a key written in a partition, or elsewhere in the same second, is lost if the others
 * deleted more than a thousand keys meanwhile.
 */
import { BadInput } from '../../sdk/index.ts';
import { HybridClock, isLater } from './clock.ts';
import type { Stamp } from './clock.ts';
import { Deadlines } from './deadlines.ts';
import { compareEntries, isSameWrite, MAX_VERSION, withTtl } from './entry.ts';
import type { Entry } from './entry.ts';

export type Merge = 'applied' | 'known' | 'older' | 'refused';

/** Keys that may be written; beyond it `set` refuses. */
export const MAX_KEYS = 1_000;
/** Keys that are kept: room for what the sides of a partition each wrote within their bounds. */
export const MAX_KEPT_KEYS = 4 * MAX_KEYS;
export const MAX_TOMBSTONES = 1_000;
/** How far beyond the clock the floor of another node may lie: what is written after that lies beyond it everywhere. */
export const MAX_FLOOR_LEAP = 2 ** 32;

export class ReplicatedMap {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: HybridClock;
  readonly #deadlines = new Deadlines();
  #tombstones = 0;
  #floor = 0;
  readonly #changed: (entry: Entry) => void;

  /** `nowMs`: the wall clock. `changed`: told of each value that is new here, and of each key that is gone. */
  constructor(nowMs: () => number, changed: (entry: Entry) => void = () => {}) {
    this.#clock = new HybridClock(nowMs);
    this.#changed = changed;
  }

  /** Highest version that is not out of this world. */
  get clock(): number {
    return this.#clock.version;
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

  entries(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** How long a value has still to live; undefined: for ever. */
  remainsMs(key: string): number | undefined {
    const deadline = this.#deadlines.get(key);
    return deadline === undefined ? undefined : Math.max(0, deadline - this.#clock.nowMs);
  }

  /** Makes tombstones of the values whose time has come, by this node's clock. */
  expire(): void {
    for (const key of this.#deadlines.due(this.#clock.nowMs)) {
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      const gone = { ...entry, text: null };
      this.#put(gone);
      this.#changed(gone);
    }
  }

  /** Writes a value, or a tombstone, that is later than everything known. */
  write(key: string, text: string | null, { writer, ttlMs }: { readonly writer: string; readonly ttlMs?: number | undefined }): Entry {
    const below = { version: this.#floor, time: Number.MAX_SAFE_INTEGER };
    return this.#write({ key, text, writer, ...withTtl(ttlMs), ...this.#clock.next(laterOf(this.#entries.get(key), below)) });
  }

  /** Writes what every node writes: those that know the same of a key stamp it the same. */
  dictate(key: string, text: string | null): Entry {
    const version = Math.max(this.#entries.get(key)?.version ?? 0, this.#floor) + 1;
    return this.#write({ key, text, writer: '', version, time: 0 });
  }

  /** Takes an entry from elsewhere if it is later than ours. */
  merge(heard: Entry): Merge {
    if (!this.#clock.isReal(heard.version)) return 'refused';
    const known = this.#entries.get(heard.key);
    if (known !== undefined && isSameWrite(heard, known)) return 'known';
    const entry = this.#isOver(heard) ? { ...heard, text: null } : heard;
    // The absence of a key below the floor is a deletion whose tombstone was dropped.
    if (known === undefined && entry.version <= this.#floor) return 'older';
    const order = known === undefined ? 1 : compareEntries(entry, known);
    if (order <= 0) return order === 0 ? 'known' : 'older';
    const isNew = (known?.text ?? null) === null;
    if (entry.text !== null && isNew && this.keys >= MAX_KEPT_KEYS) return 'refused';
    this.#put(entry);
    // What was over before it was heard of is nobody's news.
    if (!isNew || entry.text !== null || entry.ttlMs === undefined) this.#changed(entry);
    return 'applied';
  }

  /** Drops what another node lacks below its floor: it saw it deleted. */
  concede(floor: number, lacks: (key: string) => boolean): void {
    for (const entry of this.#entries.values()) {
      if (entry.version > floor || !lacks(entry.key)) continue;
      this.#remove(entry);
      if (entry.text !== null) this.#changed({ ...entry, text: null, ttlMs: undefined });
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
    this.#clock.observe({ version: state.clock, time: 0 });
    for (const entry of state.entries) this.#put(entry);
  }

  #write(entry: Entry): Entry {
    const isNew = (this.#entries.get(entry.key)?.text ?? null) === null;
    if (entry.text !== null && isNew && this.keys >= MAX_KEYS) throw new BadInput(`the registry holds ${MAX_KEYS} keys already`);
    if (entry.version > MAX_VERSION) throw new BadInput('the registry has run out of versions');
    this.#put(entry);
    this.#changed(entry);
    return entry;
  }

  #put(entry: Entry): void {
    const known = this.#entries.get(entry.key);
    if (known !== undefined) this.#remove(known);
    this.#clock.observe(entry);
    // Below the floor the absence says it already.
    if (entry.text === null && entry.version <= this.#floor) return;
    this.#entries.set(entry.key, entry);
    if (entry.text !== null && entry.ttlMs !== undefined) this.#deadlines.set(entry.key, this.#deadlineOf(entry, entry.ttlMs));
    this.#tombstones += Number(entry.text === null);
    if (this.#tombstones > MAX_TOMBSTONES) this.#dropOldTombstones();
  }

  /** By the time of the write; where that lies ahead of this clock, by the time when it was heard of. */
  #deadlineOf({ time }: Entry, ttlMs: number): number {
    return Math.min(Math.floor(time / 1_000), this.#clock.nowMs) + ttlMs;
  }

  #isOver(entry: Entry): boolean {
    return entry.ttlMs !== undefined && this.#deadlineOf(entry, entry.ttlMs) <= this.#clock.nowMs;
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#deadlines.delete(entry.key);
    this.#tombstones -= Number(entry.text === null);
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

function laterOf(a: Stamp | undefined, b: Stamp): Stamp {
  return a !== undefined && isLater(a, b) ? a : b;
}
