/** Reads the node's logs to members: the last lines or all from a place on, and what comes, as long as the caller takes it. */
import { Readable } from 'node:stream';
import { HEARTBEAT_MS } from '../../api/apps.ts';
import { isAfter, LOG_TYPE, lostLine, toldLine } from '../../api/logs.ts';
import type { LogPlace, LogQuestion } from '../../api/logs.ts';
import { GossipError } from '../../model/errors.ts';
import type { ModuleName, NodeId } from '../../model/names.ts';
import { TokenBuckets } from '../../model/token-bucket.ts';
import { LINE_LEVELS } from '../../sdk/log-level.ts';
import type { LogBook } from '../store/logs/log-book.ts';
import { Cursor, fromTheLast, inOrder } from '../store/logs/log-reader.ts';
import type { Entry } from '../store/logs/log-reader.ts';
import type { LogSource } from '../store/logs/segments.ts';
import { NODE_SOURCE } from '../store/logs/segments.ts';
import type { PeerRequest, PeerResponse } from '../transport/server/server.ts';

/** Who read at the same time: each takes a connection, and some memory for what is on its way. */
const MAX_READERS = 16;
const MAX_READERS_PER_ID = 4;
/** Questions of one id: each may have the node read all that it has kept. */
const QUESTIONS_PER_SECOND = 2;
const QUESTION_BURST = 20;
const MAX_RATED_IDS = 1_024;
/** What is put together before it is written. */
const SLICE_CHARACTERS = 32 * 1024;
/** Of the last lines, most that are held to be turned round. */
const MAX_LAST_CHARACTERS = 2 * 1024 * 1024;
const HEARTBEAT = '\n';

export interface LogReading {
  readonly book: LogBook;
  /** Whether such a module was ever deployed. */
  readonly knows: (module: ModuleName) => boolean;
  readonly heartbeatMs?: number;
}

export class LogServer {
  readonly #options: LogReading;
  readonly #readers = new Map<NodeId, number>();
  readonly #rates = new TokenBuckets<NodeId>(QUESTION_BURST, 1_000 / QUESTIONS_PER_SECOND, MAX_RATED_IDS);

  constructor(options: LogReading) {
    this.#options = options;
  }

  /** Throws a coded error where it has no such logs, or has too much to read. */
  answer(question: LogQuestion, { from, signal }: Pick<PeerRequest, 'from' | 'signal'>): PeerResponse {
    const { book, knows } = this.#options;
    if (!this.#rates.take(from, performance.now())) throw new GossipError('GOSSIP_E_RATE', 'too many questions for logs');
    const { module } = question;
    if (module !== null && !knows(module) && !book.segments.sources.includes(module)) {
      throw new GossipError('GOSSIP_E_MODULE_UNKNOWN', `no module '${module}' is deployed here`);
    }
    const own = this.#readers.get(from) ?? 0;
    const all = [...this.#readers.values()].reduce((sum, readers) => sum + readers, 0);
    if (own >= MAX_READERS_PER_ID || all >= MAX_READERS) throw new GossipError('GOSSIP_E_BUSY', `${all} read the logs already`);
    this.#readers.set(from, own + 1);
    const body = Readable.from(this.#told(question, signal), { highWaterMark: 1 });
    body.once('close', () => this.#left(from));
    return { status: 200, headers: { 'content-type': LOG_TYPE }, body };
  }

  #left(id: NodeId): void {
    const own = (this.#readers.get(id) ?? 1) - 1;
    if (own === 0) this.#readers.delete(id);
    else this.#readers.set(id, own);
  }

  async *#told(question: LogQuestion, signal: AbortSignal): AsyncGenerator<Buffer> {
    const { book } = this.#options;
    await book.flush();
    const tale = new Tale(book, question);
    for await (const part of sliced(tale.begin())) yield part;
    let idle = false;
    while (question.follow && !book.ended && !signal.aborted) {
      if (idle) yield Buffer.from(HEARTBEAT);
      idle = !(await this.#news(tale.told, signal));
      for await (const part of sliced(tale.goOn())) yield part;
    }
  }

  /** Resolves when there is more than was told, or an end (true), or when nothing came for a while. */
  async #news(told: LogPlace, signal: AbortSignal): Promise<boolean> {
    const { book, heartbeatMs = HEARTBEAT_MS } = this.#options;
    if (book.ended || signal.aborted || isAfter(book.written, told)) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), heartbeatMs).unref();
    const ended = (): void => resolve(true);
    const unlisten = book.onWritten(ended);
    signal.addEventListener('abort', ended);
    return promise.finally(() => {
      clearTimeout(timer);
      unlisten();
      signal.removeEventListener('abort', ended);
    });
  }
}

/** What one reader is told: of these sources, as much as it asked for. */
class Tale {
  readonly #book: LogBook;
  readonly #question: LogQuestion;
  readonly #isWanted: (entry: Entry) => boolean;
  readonly #cursors = new Map<LogSource, Cursor>();
  #told: LogPlace;
  /** Records up to here are none of its business. */
  #after: LogPlace | null;
  #isLost = false;

  constructor(book: LogBook, question: LogQuestion) {
    this.#book = book;
    this.#question = question;
    this.#told = book.written;
    // What this node has never written: its data are others than they were.
    this.#isLost = question.after !== null && isAfter(question.after, book.written);
    this.#after = this.#isLost ? book.written : question.after;
    const least = LINE_LEVELS.indexOf(question.level);
    const since = Math.max(question.since ?? 0, question.ageMs === null ? 0 : Date.now() - question.ageMs);
    this.#isWanted = ({ record }) => LINE_LEVELS.indexOf(record.level) >= least && Date.parse(record.time) >= since;
    this.#isEarly = since === 0 ? () => false : ({ record }) => Date.parse(record.time) < since;
  }

  readonly #isEarly: (entry: Entry) => boolean;

  /** All up to here is told. */
  get told(): LogPlace {
    return this.#told;
  }

  async *begin(): AsyncGenerator<string> {
    if (this.#after === null && this.#question.lines !== null) {
      yield* this.#last(this.#question.lines);
      this.#after = this.#told;
      yield toldLine(this.#told);
    } else yield* this.goOn(true);
  }

  async *goOn(isFirst = false): AsyncGenerator<string> {
    const upTo = this.#book.written;
    if (!isFirst && !isAfter(upTo, this.#told)) return;
    for (const source of this.#sources()) if (!this.#cursors.has(source)) await this.#open(source);
    if (this.#isLost) yield lostLine(null);
    this.#isLost = false;
    const after = this.#after;
    for await (const entry of inOrder([...this.#cursors.values()], upTo)) {
      if ((after === null || isAfter(entry.at, after)) && this.#isWanted(entry)) yield entry.line;
    }
    this.#told = upTo;
    if ([...this.#cursors.values()].filter((cursor) => cursor.takeMissed()).length > 0) yield lostLine(null);
    yield toldLine(upTo);
  }

  async #open(source: LogSource): Promise<void> {
    const cursor = new Cursor(this.#book.segments, source);
    const after = this.#after;
    const isWhole = await cursor.seek((entry) => (after === null ? !this.#isEarly(entry) : isAfter(entry.at, after)));
    if (after !== null && !isWhole) this.#isLost = true;
    this.#cursors.set(source, cursor);
  }

  async *#last(lines: number): AsyncGenerator<string> {
    const found: string[] = [];
    let characters = 0;
    if (lines === 0) return;
    for await (const entry of fromTheLast(this.#book.segments, this.#sources())) {
      if (this.#isEarly(entry)) break;
      if (isAfter(entry.at, this.#told) || !this.#isWanted(entry)) continue;
      characters += entry.line.length;
      if (characters > MAX_LAST_CHARACTERS) break;
      found.push(entry.line);
      if (found.length === lines) break;
    }
    if (characters > MAX_LAST_CHARACTERS) yield lostLine(null);
    yield* found.toReversed();
  }

  /** Those of the module that is asked for, and of all where none is. */
  #sources(): readonly LogSource[] {
    const { module } = this.#question;
    const { sources } = this.#book.segments;
    return module === null ? sources : sources.filter((source) => source === module && source !== NODE_SOURCE);
  }
}

async function* sliced(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let slice = '';
  for await (const line of lines) {
    slice += line;
    if (slice.length < SLICE_CHARACTERS) continue;
    yield Buffer.from(slice);
    slice = '';
  }
  if (slice !== '') yield Buffer.from(slice);
}
