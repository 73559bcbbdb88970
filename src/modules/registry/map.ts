/** The replicated map of the SDK, whose values may have a time to live. */
import { LastWriterMap } from '../../sdk/replicated.ts';
import { Deadlines } from './deadlines.ts';
import { compareTtl, isSameWrite } from './entry.ts';
import type { Entry } from './entry.ts';
import type { Merge } from '../../sdk/replicated.ts';

export class ReplicatedMap extends LastWriterMap<Entry> {
  readonly #deadlines = new Deadlines();

  /** `nowMs`: the wall clock. `changed`: told of each value that is new here, and of each key that is gone. */
  constructor(nowMs: () => number, changed: (entry: Entry) => void = () => {}) {
    const news = (entry: Entry, before: Entry | undefined): void => {
      // What was over before it was heard of is nobody's news.
      if ((before?.text ?? null) !== null || entry.text !== null || entry.ttlMs === undefined) changed(entry);
    };
    super({ nowMs, changed: news, name: 'the registry' });
  }

  /** How long a value has still to live; undefined: for ever. */
  remainsMs(key: string): number | undefined {
    const deadline = this.#deadlines.get(key);
    return deadline === undefined ? undefined : Math.max(0, deadline - this.clockwork.nowMs);
  }

  /** Makes tombstones of the values whose time has come, by this node's clock. */
  expire(): void {
    for (const key of this.#deadlines.due(this.clockwork.nowMs)) {
      const entry = this.get(key);
      if (entry !== undefined) this.replace({ ...entry, text: null });
    }
  }

  override merge(heard: Entry): Merge {
    const known = this.get(heard.key);
    if (known !== undefined && isSameWrite(heard, known)) return 'known';
    return super.merge(this.#isOver(heard) ? { ...heard, text: null } : heard);
  }

  /** Whether a value has expired each node judges by itself: that is no difference. */
  override textOf(entry: Entry): string {
    const { key, version, time, writer, ttlMs } = entry;
    return ttlMs === undefined ? super.textOf(entry) : JSON.stringify([key, version, time, writer, { ttlMs }]);
  }

  /** The version before has passed on values without their time to live. */
  protected override compare(a: Entry, b: Entry): number {
    return super.compare(a, b) || compareTtl(a, b);
  }

  /** It was deleted, and did not expire. */
  protected override tombstoneOf(entry: Entry): Entry {
    return { ...super.tombstoneOf(entry), ttlMs: undefined };
  }

  protected override kept(entry: Entry): void {
    if (entry.text !== null && entry.ttlMs !== undefined) this.#deadlines.set(entry.key, this.#deadlineOf(entry, entry.ttlMs));
  }

  protected override dropped({ key }: Entry): void {
    this.#deadlines.delete(key);
  }

  /** By the time of the write; where that lies ahead of this clock, by the time when it was heard of. */
  #deadlineOf({ time }: Entry, ttlMs: number): number {
    return Math.min(Math.floor(time / 1_000), this.clockwork.nowMs) + ttlMs;
  }

  #isOver(entry: Entry): boolean {
    return entry.ttlMs !== undefined && this.#deadlineOf(entry, entry.ttlMs) <= this.clockwork.nowMs;
  }
}
