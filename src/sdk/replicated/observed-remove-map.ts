/**
 * An observed-remove map: whoever deletes or overwrites a key takes away what he has seen there, and nothing else. So a value that was set elsewhere meanwhile stays; of
 * values that were set at the same time all stay, until somebody who sees them writes again. No clock is asked, and no tombstone kept. (ORSWOT: Bieniusa, Zawirski,
 * Preguiça, Shapiro, Baquero, Balegas, Duarte, 2012; in dots and deltas as in Almeida, Shoker, Baquero, 2018.)
 *
 * Each write has a dot: its writer, and the writer's count of writes. `seen` says up to which count of each writer this map knows all that happened: a dot that it has seen and
 * does not hold was removed. A writer is an instance, and not a node: one that begins again at an older checkpoint would give its dots twice. Each that ever wrote stays in
 * `seen`, for 56 bytes of the bound; where that is used up, a deployment that scrubs begins anew.
 */
import type { Json, JsonObject } from '../json.ts';
import { BadInput } from '../parse.ts';
import { encode } from '../utf8.ts';
import { hashHex, hashText } from './hash.ts';
import { parseKey, valueText } from './last-writer-entry.ts';
import { deltaJson, digestJson, MAX_COUNT, parseDelta, parseDigest, parseWriter } from './observed-remove-delta.ts';
import type { Delta, Dotted, Seen } from './observed-remove-delta.ts';

/** All keys, values, dots and writers that `set` fills a map with, in bytes. */
export const MAX_WRITTEN_BYTES = 128 * 1_024;
/** And that a map keeps: room for what the sides of a partition each wrote. It fits into one message. */
export const MAX_KEPT_BYTES = 4 * MAX_WRITTEN_BYTES;
const WRITER_BYTES = 56;
const DOT_BYTES = 32;

type Entries = ReadonlyMap<string, readonly Dotted[]>;

/** Keys with one value, or as many as were set at the same time. */
export class ObservedRemoveMap {
  readonly #writer: string;
  #seen: Seen = new Map();
  #entries: Entries = new Map();

  /** `writer`: `context.instanceId`. */
  constructor(writer: string) {
    this.#writer = parseWriter(writer);
  }

  /** In no order that means anything. */
  keys(): string[] {
    return [...this.#entries.keys()];
  }

  /** Its values, in an order that is the same on every node: none, one, or all that were set at the same time. */
  get(key: string): Json[] {
    return (this.#entries.get(key) ?? []).map(({ text }) => JSON.parse(text ?? 'null') as Json);
  }

  /** Puts a value in the place of all that are seen here. Throws `BadInput` where the map is full, or what is given cannot be kept. */
  set(key: string, value: Json): void {
    const count = (this.#seen.get(this.#writer) ?? 0) + 1;
    const dotted = { writer: this.#writer, count, text: valueText(value) };
    const entries = new Map(this.#entries).set(parseKey(key), [dotted]);
    const seen = new Map(this.#seen).set(this.#writer, count);
    if (bytesOf(entries, seen) > MAX_WRITTEN_BYTES || count > MAX_COUNT)
      throw new BadInput(`the map holds ${MAX_WRITTEN_BYTES} bytes already`);
    this.#entries = entries;
    this.#seen = seen;
  }

  /** Takes away what is seen of it here; false where that is nothing. */
  delete(key: string): boolean {
    const entries = new Map(this.#entries);
    const was = entries.delete(key);
    this.#entries = entries;
    return was;
  }

  /** What a peer needs for a `delta`. */
  digest(): JsonObject {
    return digestJson({ seen: this.#seen, hash: this.#hash() });
  }

  /** What whoever sent this digest lacks: values that are new to it, and the dots of all others. Null where both hold the same. Throws `BadInput`. */
  delta(digest: Json): JsonObject | null {
    const { seen, hash } = parseDigest(digest);
    if (hash === this.#hash() && sameSeen(seen, this.#seen)) return null;
    return deltaJson({ seen: this.#seen, entries: this.#entries }, ({ writer, count }) => count > (seen.get(writer) ?? 0));
  }

  /** Everything, for the state; `merge` takes it. */
  json(): JsonObject {
    return deltaJson({ seen: this.#seen, entries: this.#entries }, () => true);
  }

  /** Takes a delta, or a state; returns the keys whose values changed. Throws `BadInput`, and has taken nothing then. */
  merge(delta: Json): string[] {
    const theirs = parseDelta(delta);
    if ((theirs.seen.get(this.#writer) ?? 0) > (this.#seen.get(this.#writer) ?? 0)) {
      throw new BadInput('a delta tells of writes that this instance never made');
    }
    const entries = new Map<string, readonly Dotted[]>();
    const changed: string[] = [];
    for (const key of new Set([...this.#entries.keys(), ...theirs.entries.keys()])) {
      const before = this.#entries.get(key) ?? [];
      const after = this.#joined(before, theirs.entries.get(key) ?? [], theirs);
      if (after.length > 0) entries.set(key, after);
      if (after.length !== before.length || after.some((dotted, place) => !sameDot(dotted, before[place]))) changed.push(key);
    }
    const seen = new Map(this.#seen);
    for (const [writer, count] of theirs.seen) seen.set(writer, Math.max(count, seen.get(writer) ?? 0));
    if (bytesOf(entries, seen) > MAX_KEPT_BYTES) throw new BadInput(`the map would hold more than ${MAX_KEPT_BYTES} bytes`);
    this.#entries = entries;
    this.#seen = seen;
    return changed;
  }

  /** Of one key: what both hold, and what the other side has not seen yet. */
  #joined(ours: readonly Dotted[], theirs: readonly Dotted[], { seen }: Delta): Dotted[] {
    const kept = ours.filter((dot) => dot.count > (seen.get(dot.writer) ?? 0) || theirs.some((other) => sameDot(dot, other)));
    const news = theirs.filter(({ writer, count }) => count > (this.#seen.get(writer) ?? 0));
    if (news.some(({ text }) => text === null)) throw new BadInput('a delta lacks a value that was not seen here');
    return [...kept, ...news].toSorted((a, b) => a.count - b.count || (a.writer < b.writer ? -1 : 1));
  }

  #hash(): string {
    let sum: [number, number] = [0, 0];
    for (const [key, dots] of this.#entries) {
      for (const { writer, count } of dots) {
        const [high, low] = hashText(`${key} ${writer} ${count}`);
        sum = [sum[0] ^ high, sum[1] ^ low];
      }
    }
    return hashHex(sum);
  }
}

function bytesOf(entries: Entries, seen: Seen): number {
  let bytes = seen.size * WRITER_BYTES;
  for (const [key, dots] of entries) for (const { text } of dots) bytes += key.length + DOT_BYTES + encode(text ?? '').length;
  return bytes;
}

function sameDot(a: Dotted, b: Dotted | undefined): boolean {
  return a.writer === b?.writer && a.count === b.count;
}

function sameSeen(a: Seen, b: Seen): boolean {
  return a.size === b.size && [...a].every(([writer, count]) => b.get(writer) === count);
}
