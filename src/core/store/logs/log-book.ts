/**
 * What a node and its modules log, kept in bounded files. To log never waits and never throws; what the disk does not take in time is lost, counted, and said once it
 * takes some again. Nothing stays in memory but what is on its way to the disk: whoever reads, reads files.
 */
import { MAX_RECORD_BYTES, placeText } from '../../../api/logs.ts';
import type { LogPlace, LogRecord } from '../../../api/logs.ts';
import { cutText, safeJson } from '../../../model/safe-text.ts';
import type { ModuleName } from '../../../model/names.ts';
import type { FileSystem } from '../files/file-system.ts';
import { NODE_SOURCE, Segments } from './segments.ts';
import type { LogSource, SegmentLimits } from './segments.ts';

export interface LogBookOptions {
  /** The number of this start of the node. */
  readonly incarnation: number;
  readonly limits?: Partial<SegmentLimits>;
  /** Lines that may wait for the disk, in bytes (default 1 MiB). */
  readonly maxWaitingBytes?: number;
  readonly fileSystem?: FileSystem;
}

export type Logged = Pick<LogRecord, 'level' | 'deployment' | 'text'> & Partial<Pick<LogRecord, 'fields'>>;

interface Waiting {
  lines: Buffer[];
  lost: number;
}

const MAX_WAITING_BYTES = 1024 * 1024;
/** Written together: what a module logs meanwhile costs no opening of a file for each line. */
const PAUSE_MS = 50;
/** After a refusal, for others need the room more. */
const REFUSED_PAUSE_MS = 5_000;
/** What is left of a text that makes its record too long. */
const MAX_TEXT = 4_096;

export class LogBook {
  readonly segments: Segments;
  readonly #options: LogBookOptions;
  readonly #waiting = new Map<LogSource, Waiting>();
  readonly #listeners = new Set<() => void>();
  #waitingBytes = 0;
  #number = 0;
  /** All up to here is on the disk, or lost. */
  #written: LogPlace;
  #writing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #notBefore = 0;
  #closed = false;
  #ended = false;

  private constructor(segments: Segments, options: LogBookOptions) {
    this.segments = segments;
    this.#options = options;
    this.#written = { incarnation: options.incarnation, number: 0 };
  }

  /** Rejects with what the system says when the directory cannot be read. */
  static async open(directory: string, options: LogBookOptions): Promise<LogBook> {
    const segments = new Segments(directory, options.limits, options.fileSystem);
    await segments.open();
    return new LogBook(segments, options);
  }

  /** Where its readers are when they have read all. */
  get written(): LogPlace {
    return this.#written;
  }

  /** Nobody is told any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** `module` null: the node itself. */
  append(module: ModuleName | null, logged: Logged): void {
    if (this.#closed) return;
    const source = module ?? NODE_SOURCE;
    const waiting = this.#waitingOf(source);
    const line = this.#line(module, logged);
    if (this.#waitingBytes + line.length > (this.#options.maxWaitingBytes ?? MAX_WAITING_BYTES)) waiting.lost += 1;
    else {
      waiting.lines.push(line);
      this.#waitingBytes += line.length;
    }
    this.#writeSoon();
  }

  /** Calls `listener` when there is more to read, or nobody is told any more; returns what ends that. */
  onWritten(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The disk is full: what is older gives way, and for a while nothing is written. */
  giveWay(): void {
    this.#notBefore = performance.now() + REFUSED_PAUSE_MS;
    void this.segments.giveWay().catch(() => undefined);
  }

  /** Resolves when all that was logged so far is written or lost. */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#waiting.size > 0) await this.#writeNow();
  }

  /** Whoever follows has heard all; the node stops. */
  endReaders(): void {
    this.#ended = true;
    this.#tell();
  }

  /** Writes what waits. Closing twice is harmless. */
  async close(): Promise<void> {
    await this.flush();
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.endReaders();
  }

  #line(module: ModuleName | null, { level, deployment, text, fields }: Logged): Buffer {
    this.#number += 1;
    const at = placeText({ incarnation: this.#options.incarnation, number: this.#number });
    const record: LogRecord = { at, time: new Date().toISOString(), level, module, deployment, text, ...(fields && { fields }) };
    const line = Buffer.from(`${safeJson(record)}\n`);
    if (line.length <= MAX_RECORD_BYTES) return line;
    const { fields: _, ...rest } = record;
    return Buffer.from(`${safeJson({ ...rest, text: `${cutText(text, MAX_TEXT)}…` })}\n`);
  }

  #waitingOf(source: LogSource): Waiting {
    const known = this.#waiting.get(source);
    if (known !== undefined) return known;
    const waiting = { lines: [], lost: 0 };
    this.#waiting.set(source, waiting);
    return waiting;
  }

  #writeSoon(): void {
    if (this.#timer !== null || this.#writing !== null) return;
    const waitMs = this.#notBefore - performance.now();
    this.#timer = setTimeout(() => void this.#writeNow(), Math.max(0, waitMs)).unref();
  }

  #writeNow(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    return (this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
      if (this.#waiting.size > 0) this.#writeSoon();
      this.#tell();
    }));
  }

  async #write(): Promise<void> {
    const batch = [...this.#waiting].map(([source, { lines, lost }]) => ({
      source,
      lines,
      lost,
      bytes: this.#bytesOf(source, lines, lost),
    }));
    const upTo = { incarnation: this.#options.incarnation, number: this.#number };
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#notBefore = performance.now() + PAUSE_MS;
    for (const { source, lines, lost, bytes } of batch) {
      try {
        await this.segments.append(source, bytes);
      } catch {
        // Said with the next that the disk takes: there is nobody else to tell, for the node's own log goes this way, too.
        this.#waitingOf(source).lost += lost + lines.length;
        this.#notBefore = performance.now() + REFUSED_PAUSE_MS;
      }
    }
    this.#written = upTo;
  }

  /** What is lost is said after what is not. */
  #bytesOf(source: LogSource, lines: readonly Buffer[], lost: number): Buffer {
    if (lost === 0) return Buffer.concat(lines);
    const text = `… ${lost} ${lost === 1 ? 'line' : 'lines'} lost: the disk did not take them`;
    const module = source === NODE_SOURCE ? null : (source as ModuleName);
    return Buffer.concat([...lines, this.#line(module, { level: 'warn', deployment: null, text })]);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
