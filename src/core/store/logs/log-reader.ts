/** Reads logs out of their files: the last records, or all from a place on, of several sources in the order in which they were logged. */
import { parseLogPlace, isAfter, readRecord } from '../../../api/logs.ts';
import type { LogPlace, LogRecord } from '../../../api/logs.ts';
import type { LogSource, Segments } from './segments.ts';

/** Small: one for each source that is read. */
const BLOCK_BYTES = 16 * 1024;
const NEWLINE = 0x0a;

/** A record, and the line that says it. */
export interface Entry {
  readonly at: LogPlace;
  readonly record: LogRecord;
  /** With its newline. */
  readonly line: string;
}

/** Null: half a line, or what else has got into a file. */
function entryOf(bytes: Buffer): Entry | null {
  const text = bytes.toString();
  const record = text === '' ? null : readRecord(text);
  const at = record === null ? null : parseLogPlace(record.at);
  return record === null || at === null ? null : { at, record, line: `${text}\n` };
}

/** Where a source has been read to. A cursor reads what was whole when it was asked, and can be asked again when there is more. */
export class Cursor {
  readonly #segments: Segments;
  readonly #source: LogSource;
  #number = 0;
  #offset = 0;
  #read: Buffer = Buffer.alloc(0);
  /** Whether segments were thrown away before they were read. */
  #missed = false;
  /** Read already, and not wanted yet. */
  #held: Entry | null = null;

  constructor(segments: Segments, source: LogSource) {
    this.#segments = segments;
    this.#source = source;
  }

  /** Skips the segments before the last that begins with a record which is not wanted. False: what is wanted may have begun before all that is left. */
  async seek(isWanted: (entry: Entry) => boolean): Promise<boolean> {
    for (const { number } of this.#segments.of(this.#source).toReversed()) {
      this.#number = number;
      this.#offset = 0;
      this.#read = Buffer.alloc(0);
      const first = await this.#firstOf(number);
      if (first !== null && !isWanted(first)) return true;
    }
    return this.#number <= 1;
  }

  /** Whether records were thrown away since the last question, before they were read. */
  takeMissed(): boolean {
    const missed = this.#missed;
    this.#missed = false;
    return missed;
  }

  /** The next record that is not after `upTo`; null when there is none now. */
  async next(upTo: LogPlace): Promise<Entry | null> {
    this.#held ??= await this.#take();
    const entry = this.#held;
    if (entry === null || isAfter(entry.at, upTo)) return null;
    this.#held = null;
    return entry;
  }

  async #take(): Promise<Entry | null> {
    for (;;) {
      const end = this.#read.indexOf(NEWLINE);
      if (end >= 0) {
        const entry = entryOf(this.#read.subarray(0, end));
        this.#read = this.#read.subarray(end + 1);
        if (entry !== null) return entry;
      } else if (!(await this.#more())) return null;
    }
  }

  async #firstOf(number: number): Promise<Entry | null> {
    const block = await this.#segments.read(this.#source, number, 0, 2 * BLOCK_BYTES);
    const end = block?.indexOf(NEWLINE) ?? -1;
    return block === null || end < 0 ? null : entryOf(block.subarray(0, end));
  }

  async #more(): Promise<boolean> {
    const segments = this.#segments.of(this.#source);
    const at = segments.findIndex(({ number }) => number === this.#number);
    const segment = segments[at];
    if (segment === undefined) return this.#begin(segments[0]?.number, this.#number !== 0);
    const left = segment.bytes - this.#offset;
    // Half a line at the end of a segment stays one.
    if (left <= 0) return this.#begin(segments[at + 1]?.number, false);
    const block = await this.#segments.read(this.#source, this.#number, this.#offset, Math.min(BLOCK_BYTES, left));
    if (block === null || block.length === 0) return this.#begin(segments[at + 1]?.number, true);
    this.#offset += block.length;
    this.#read = this.#read.length === 0 ? block : Buffer.concat([this.#read, block]);
    return true;
  }

  #begin(number: number | undefined, missed: boolean): boolean {
    if (number === undefined) return false;
    this.#missed ||= missed;
    this.#number = number;
    this.#offset = 0;
    this.#read = Buffer.alloc(0);
    return true;
  }
}

/** The records of a source, the last first. */
async function* backward(segments: Segments, source: LogSource): AsyncGenerator<Entry> {
  for (const { number, bytes } of segments.of(source).toReversed()) {
    let rest: Buffer = Buffer.alloc(0);
    for (let at = bytes; at > 0;) {
      const length = Math.min(BLOCK_BYTES, at);
      const block = await segments.read(source, number, at - length, length);
      if (block === null) return;
      at -= length;
      let read = Buffer.concat([block, rest]);
      for (let end = read.lastIndexOf(NEWLINE); end >= 0; end = read.lastIndexOf(NEWLINE)) {
        const entry = entryOf(read.subarray(end + 1));
        if (entry !== null) yield entry;
        read = read.subarray(0, end);
      }
      rest = read;
    }
    const first = entryOf(rest);
    if (first !== null) yield first;
  }
}

/** What several sources have, each in its order, as one: `isFirst` says whose turn it is of two. */
async function* merged(
  sources: readonly (() => Promise<Entry | null>)[],
  isFirst: (one: Entry, other: Entry) => boolean,
): AsyncGenerator<Entry> {
  const heads = new Map<() => Promise<Entry | null>, Entry>();
  const move = async (source: () => Promise<Entry | null>): Promise<void> => {
    const entry = await source();
    if (entry === null) heads.delete(source);
    else heads.set(source, entry);
  };
  for (const source of sources) await move(source);
  for (;;) {
    const [head, ...others] = heads;
    if (head === undefined) return;
    const first = others.reduce((best, other) => (isFirst(other[1], best[1]) ? other : best), head);
    yield first[1];
    await move(first[0]);
  }
}

/** What the cursors have up to there, in the order of the log. */
export function inOrder(cursors: readonly Cursor[], upTo: LogPlace): AsyncGenerator<Entry> {
  return merged(
    cursors.map((cursor) => () => cursor.next(upTo)),
    (one, other) => isAfter(other.at, one.at),
  );
}

/** The records of these sources, the last first. */
export function fromTheLast(segments: Segments, sources: readonly LogSource[]): AsyncGenerator<Entry> {
  const nexts = sources.map((source) => {
    const entries = backward(segments, source);
    return async () => {
      const next = await entries.next();
      return next.done === true ? null : next.value;
    };
  });
  return merged(nexts, (one, other) => isAfter(one.at, other.at));
}
