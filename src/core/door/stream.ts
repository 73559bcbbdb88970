/**
 * What one module published, and who watches it. Events are kept once, whoever watches: each watcher has only a place among them. One that is slow finds
 * its place gone, is told how many events it has lost, and goes on; so neither memory nor work grows with what nobody takes.
 */
import { eventText } from '../../api/apps.ts';
import type { EventPlace } from '../../api/apps.ts';
import { joined } from '../../model/joined.ts';

/** Most that is written to a watcher before it has taken something of it, but for one longer event. */
const SLICE_BYTES = 64 * 1024;

export interface StreamOptions {
  /** Tells it from all other streams: a place of another one is never continued by mistake. */
  readonly origin: number;
  /** The number of its first event. */
  readonly first: number;
  readonly maxEvents: number;
  readonly maxBytes: number;
}

interface Kept {
  readonly topic: string;
  readonly bytes: Buffer;
}

/** Where the events of one watcher go. */
export interface EventSink {
  /** `taken`: all of it has left, or (with an error) it never will. */
  write(bytes: string | Uint8Array, taken: (error?: Error | null) => void): void;
  /** The last of it; without a text nothing is said. */
  end(last?: string): void;
  /** It took nothing for very long. */
  destroy(): void;
  /** Whether it must hear now and then that the node is there. */
  readonly beats: boolean;
}

export class Watcher {
  readonly sink: EventSink;
  /** The beginning of the topics that it wants. */
  readonly topic: string;
  /** The number of the next event for it. */
  next: number;
  /** When it was given what it has not taken yet; null when it has taken all. */
  givenAt: number | null = null;
  /** Whether something was written to it since the last heartbeat. */
  heard = true;

  constructor(sink: EventSink, topic: string, next: number) {
    this.sink = sink;
    this.topic = topic;
    this.next = next;
  }
}

export class Stream {
  readonly #options: StreamOptions;
  readonly watchers = new Set<Watcher>();
  #kept: Kept[] = [];
  #bytes = 0;
  /** The number of the first that is kept. */
  #first: number;
  /** What was put together last: most watchers are at one place, and want all. */
  #last: { readonly from: number; readonly to: number; readonly bytes: Buffer } | null = null;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#first = options.first;
  }

  /** The number that the next event will have. */
  get next(): number {
    return this.#first + this.#kept.length;
  }

  push(topic: string, data: string, name?: string): void {
    const text = eventText(data, { id: this.#place(this.next), ...(name !== undefined && { name }) });
    const bytes = Buffer.from(text);
    this.#kept.push({ topic, bytes });
    this.#bytes += bytes.length;
    const { maxEvents, maxBytes } = this.#options;
    let gone = 0;
    while (this.#kept.length - gone > maxEvents || (this.#bytes > maxBytes && this.#kept.length - gone > 1)) {
      this.#bytes -= this.#kept[gone]?.bytes.length ?? 0;
      gone += 1;
    }
    if (gone === 0) return;
    this.#kept = this.#kept.slice(gone);
    this.#first += gone;
  }

  /** Where a watcher begins that was at `place` before (null: nowhere), and how many events it has lost; null where nobody knows. */
  resume(place: EventPlace | null): { readonly next: number; readonly lost: number | null } {
    if (place === null) return { next: this.next, lost: 0 };
    const isOurs = place.origin === this.#options.origin && place.number >= this.#options.first - 1 && place.number < this.next;
    if (!isOurs) return { next: this.#first, lost: null };
    return { next: Math.max(this.#first, place.number + 1), lost: Math.max(0, this.#first - place.number - 1) };
  }

  /** The head of a watcher's stream. */
  greeting(watcher: Watcher, module: string | null, lost: number | null): string {
    const id = this.#place(watcher.next - 1);
    const hello = eventText(JSON.stringify({ module, lost }), { id, name: 'watching' });
    return lost === 0 ? hello : `${hello}${this.#lost(watcher.next, lost)}`;
  }

  /** What is next for a watcher, and null when it has everything. Moves it on. */
  take(watcher: Watcher): Buffer | null {
    const parts: Buffer[] = [];
    if (watcher.next < this.#first) {
      parts.push(Buffer.from(this.#lost(this.#first, this.#first - watcher.next)));
      watcher.next = this.#first;
    }
    const from = watcher.next;
    const bytes = this.#last?.from === from && watcher.topic === '' ? this.#last.bytes : this.#slice(watcher);
    if (this.#last?.bytes === bytes) watcher.next = this.#last.to;
    if (bytes !== null) parts.push(bytes);
    return parts.length === 0 ? null : joined(parts);
  }

  #slice(watcher: Watcher): Buffer | null {
    const from = watcher.next;
    const parts: Buffer[] = [];
    let length = 0;
    while (watcher.next < this.next && length < SLICE_BYTES) {
      const kept = this.#kept[watcher.next - this.#first];
      watcher.next += 1;
      if (kept?.topic.startsWith(watcher.topic) !== true) continue;
      parts.push(kept.bytes);
      length += kept.bytes.length;
    }
    if (parts.length === 0) return null;
    const bytes = joined(parts);
    if (watcher.topic === '') this.#last = { from, to: watcher.next, bytes };
    return bytes;
  }

  #lost(next: number, lost: number | null): string {
    return eventText(JSON.stringify({ lost }), { id: this.#place(next - 1), name: 'lost' });
  }

  #place(number: number): string {
    return `${this.#options.origin}-${number}`;
  }
}
