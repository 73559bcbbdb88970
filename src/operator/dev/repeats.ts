/** A task that fails every round says so every round: of lines of a log that a node repeats, people are shown one now and then, and how many there were. */
import type { NodeLine } from '../logs/follow.ts';

/** So long after it was shown, the same line of the same node is only counted. */
const QUIET_MS = 5_000;
/** Lines that are kept in mind; the oldest go. */
const MAX_LINES = 1_000;

export class Repeats {
  readonly #shown = new Map<string, { readonly at: number; count: number }>();

  /** The line as it is shown `now` (milliseconds, any clock that runs forward); null where it is not. */
  pass(line: NodeLine, now: number): NodeLine | null {
    if (!('record' in line)) return line;
    const { node, record } = line;
    const key = JSON.stringify([node.id, record.module, record.deployment, record.level, record.text, record.fields]);
    const before = this.#shown.get(key);
    if (before !== undefined && now - before.at < QUIET_MS) {
      before.count += 1;
      return null;
    }
    this.#shown.delete(key);
    this.#shown.set(key, { at: now, count: 0 });
    const [oldest] = this.#shown.keys();
    if (this.#shown.size > MAX_LINES && oldest !== undefined) this.#shown.delete(oldest);
    if (before === undefined || before.count === 0) return line;
    return { node, record: { ...record, text: `${record.text} (and ${before.count} times before)` } };
  }
}
