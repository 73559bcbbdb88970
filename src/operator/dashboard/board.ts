/**
 * What the page is told, as values by keys. Each change has a number, and whoever has seen up to a number is told what is newer: so a reader that is
 * slow costs nothing, and is told the last of many changes.
 */
import { safeText } from '../../model/safe-text.ts';
import type { Key, Told } from '../../dashboard/wire.ts';

interface Entry {
  readonly json: string;
  readonly value: unknown;
  readonly version: number;
}

/** Keys that are gone are remembered, for readers that have not heard of it; of more of these each reader is told everything anew. */
const MOST_GONE = 4_096;

export class Board {
  readonly #entries = new Map<Key, Entry>();
  readonly #gone = new Map<Key, number>();
  #version = 0;
  /** Whoever has seen less must be told everything. */
  #forgotten = 0;

  get version(): number {
    return this.#version;
  }

  /** Nothing happens where the value is the same. Every text of it becomes safe to show (attack C12). */
  set(key: Key, value: unknown): void {
    const safe = safeValue(value);
    const json = JSON.stringify(safe);
    if (this.#entries.get(key)?.json === json) return;
    this.#version += 1;
    this.#gone.delete(key);
    // Newest last, so that a reader who is nearly up to date is served from the end.
    this.#entries.delete(key);
    this.#entries.set(key, { json, value: safe, version: this.#version });
  }

  delete(key: Key): void {
    if (!this.#entries.delete(key)) return;
    this.#version += 1;
    this.#gone.set(key, this.#version);
    for (const [first, version] of this.#gone) {
      if (this.#gone.size <= MOST_GONE) break;
      this.#gone.delete(first);
      this.#forgotten = version;
    }
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** All keys with this beginning become exactly these. */
  replace(beginning: string, values: ReadonlyMap<Key, unknown>): void {
    for (const key of this.keys(beginning)) if (!values.has(key)) this.delete(key);
    for (const [key, value] of values) this.set(key, value);
  }

  keys(beginning: string): readonly Key[] {
    return [...this.#entries.keys()].filter((key) => key.startsWith(beginning));
  }

  /** What came after that version; after 0 everything. */
  since(version: number): Told {
    const whole = version < this.#forgotten || version === 0;
    const from = whole ? 0 : version;
    const gone = whole ? [] : [...this.#gone].filter(([, at]) => at > from).map(([key]) => [key, null] as const);
    const entries = [...this.#entries].filter(([, entry]) => entry.version > from).map(([key, { value }]) => [key, value] as const);
    return { whole, entries: [...gone, ...entries] };
  }
}

/** Longer texts than any that the program makes are some node's own. */
const MAX_TEXT = 4_096;

export function safeValue(value: unknown): unknown {
  if (typeof value === 'string') return safeText(value, MAX_TEXT);
  if (Array.isArray(value)) return value.map(safeValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, safeValue(each)]));
}
