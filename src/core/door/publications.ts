/**
 * Who watches what, and when it is written to them. A module that nobody watches costs nothing; where many watch, what comes within a moment is written at once.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { eventText, EVENTS_TYPE, HEARTBEAT_MS, parsePlace } from '../../api/apps.ts';
import type { EventPlace } from '../../api/apps.ts';
import { GossipError } from '../../model/errors.ts';
import { HttpRefusal } from '../../api/refusal.ts';
import type { PublishedEvent } from '../../sdk/content.ts';
import type { DoorLimits } from './limits.ts';
import { Stream, Watcher } from './stream.ts';
import type { EventSink } from './stream.ts';

/** Of so many watchers a write each costs a millisecond's tenth: the pause between two keeps that below a tenth of a core. */
const WATCHERS_PER_PAUSE_MS = 10;
const MAX_PAUSE_MS = 100;
const BEAT = ':\n\n';

type Limits = Pick<DoorLimits, 'maxWatchers' | 'keptEvents' | 'keptBytes' | 'stuckMs' | 'rememberMs'>;

export interface PublicationsOptions {
  /** See `originOf`. */
  readonly originOf: (stream: string) => number;
  readonly limits: Limits;
}

/** Name of the node's own stream, which is no name of a module. */
export const NODE_STREAM = '';

interface Watched {
  readonly stream: Stream;
  /** When the last watcher went; null while there is one. */
  leftAt: number | null;
}

export class Publications {
  readonly #options: PublicationsOptions;
  readonly #watched = new Map<string, Watched>();
  /** Above every number that was used: a stream that begins anew continues no old place by mistake. */
  #nextFirst = 1;
  #watchers = 0;
  #flushing = false;
  #flushedAt = 0;
  #beat: NodeJS.Timeout | undefined;

  constructor(options: PublicationsOptions) {
    this.#options = options;
  }

  /** Whether anybody watches, or did a moment ago. */
  isWatched(name: string): boolean {
    return this.#watched.has(name);
  }

  publish(name: string, { topic, text }: PublishedEvent, kind?: string): void {
    const watched = this.#watched.get(name);
    if (watched === undefined) return;
    watched.stream.push(topic, text, kind);
    this.#flushSoon();
  }

  /** Nothing of it will come any more: whoever watches hears so. */
  close(name: string, why: string): void {
    const watched = this.#watched.get(name);
    if (watched === undefined) return;
    this.#flush();
    for (const { sink } of watched.stream.watchers) sink.end(eventText(JSON.stringify({ why }), { name: 'closed' }));
    this.#watched.delete(name);
    this.#nextFirst = Math.max(this.#nextFirst, watched.stream.next);
  }

  /** Ends all streams. */
  end(): void {
    for (const { stream } of this.#watched.values()) for (const { sink } of stream.watchers) sink.end();
    this.#watched.clear();
    clearInterval(this.#beat);
  }

  /** Takes the connection over until its caller goes, or is stuck. */
  watch(name: string, topic: string, request: Pick<IncomingMessage, 'headers'>, response: ServerResponse): void {
    if (this.#watchers >= this.#options.limits.maxWatchers) throw new GossipError('GOSSIP_E_BUSY', `${this.#watchers} watch already`);
    const place = placeIn(request);
    const { watched, watcher, lost } = this.#add(name, topic, place, sinkOf(response));
    response.once('close', () => this.#left(watched, watcher));
    // Neither a length nor chunks: the stream ends with its connection, and events are written as they are.
    response.shouldKeepAlive = false;
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, { 'content-type': EVENTS_TYPE, 'cache-control': 'no-store' });
    this.#give(watcher, watched.stream.greeting(watcher, name === NODE_STREAM ? null : name, lost));
    this.#flushSoon();
  }

  /** A watcher in this process, which keeps no connection open; how many there may be is bounded by whoever brings them. Returns what ends it. */
  subscribe(name: string, topic: string, { write, end }: Pick<EventSink, 'write'> & { readonly end: (why: string) => void }): () => void {
    // It has no connection that could be stuck: what it does not take, it loses.
    const sink: EventSink = { write, end: () => end('it was removed, or the node stops'), destroy: () => undefined, beats: false };
    const { watched, watcher } = this.#add(name, topic, null, sink);
    return () => this.#left(watched, watcher);
  }

  #add(
    name: string,
    topic: string,
    place: EventPlace | null,
    sink: EventSink,
  ): { watched: Watched; watcher: Watcher; lost: number | null } {
    const watched = this.#watchedOf(name);
    const { next, lost } = watched.stream.resume(place);
    const watcher = new Watcher(sink, topic, next);
    watched.stream.watchers.add(watcher);
    watched.leftAt = null;
    this.#watchers += 1;
    this.#beat ??= setInterval(() => this.#beatOnce(), HEARTBEAT_MS).unref();
    return { watched, watcher, lost };
  }

  #watchedOf(name: string): Watched {
    const known = this.#watched.get(name);
    if (known !== undefined) return known;
    const { originOf, limits } = this.#options;
    const stream = new Stream({ origin: originOf(name), first: this.#nextFirst, maxEvents: limits.keptEvents, maxBytes: limits.keptBytes });
    const watched = { stream, leftAt: null };
    this.#watched.set(name, watched);
    return watched;
  }

  #left(watched: Watched, watcher: Watcher): void {
    if (!watched.stream.watchers.delete(watcher)) return;
    this.#watchers -= 1;
    if (watched.stream.watchers.size === 0) watched.leftAt = performance.now();
  }

  /** What comes within one turn of the loop, or within the pause, is written together. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    const pauseMs = Math.min(MAX_PAUSE_MS, this.#watchers / WATCHERS_PER_PAUSE_MS) - (performance.now() - this.#flushedAt);
    if (pauseMs >= 1) setTimeout(() => this.#flush(), pauseMs).unref();
    else setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    this.#flushedAt = performance.now();
    for (const { stream } of this.#watched.values()) for (const watcher of stream.watchers) this.#write(stream, watcher);
  }

  /** Only to whoever has taken what it was given before. */
  #write(stream: Stream, watcher: Watcher): void {
    if (watcher.givenAt !== null) return;
    const bytes = stream.take(watcher);
    if (bytes !== null) this.#give(watcher, bytes, () => this.#write(stream, watcher));
  }

  #give(watcher: Watcher, bytes: string | Buffer, taken: () => void = () => undefined): void {
    watcher.givenAt = performance.now();
    watcher.heard = true;
    watcher.sink.write(bytes, (error) => {
      watcher.givenAt = null;
      if (error === undefined || error === null) taken();
    });
  }

  /** Tells silent watchers that the node is there, ends those that are stuck, and forgets what nobody comes back for. */
  #beatOnce(): void {
    const now = performance.now();
    const { stuckMs, rememberMs } = this.#options.limits;
    for (const [name, { stream, leftAt }] of this.#watched) {
      for (const watcher of stream.watchers) {
        if (watcher.givenAt !== null && now - watcher.givenAt > stuckMs) watcher.sink.destroy();
        else if (watcher.sink.beats && watcher.givenAt === null && !watcher.heard)
          this.#give(watcher, BEAT, () => this.#write(stream, watcher));
        watcher.heard = false;
      }
      if (leftAt === null || now - leftAt <= rememberMs) continue;
      this.#watched.delete(name);
      this.#nextFirst = Math.max(this.#nextFirst, stream.next);
    }
    if (this.#watched.size > 0) return;
    clearInterval(this.#beat);
    this.#beat = undefined;
  }
}

function sinkOf(response: ServerResponse): EventSink {
  return {
    write: (bytes, taken) => void response.write(bytes, taken),
    end: (last) => void response.end(last),
    destroy: () => void response.destroy(),
    beats: true,
  };
}

function placeIn({ headers }: Pick<IncomingMessage, 'headers'>): ReturnType<typeof parsePlace> {
  const shown = headers['last-event-id'];
  if (shown === undefined || shown === '') return null;
  const place = parsePlace(String(shown));
  if (place === null) throw new HttpRefusal(400, 'GOSSIP_E_REQUEST', 'last-event-id is none of this node');
  return place;
}
