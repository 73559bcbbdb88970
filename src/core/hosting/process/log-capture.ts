/**
 * What a module prints, as lines that cannot hurt: bounded in length, control characters escaped (attack C11), and limited
 * in number and bytes; what is beyond is dropped and counted (attack D9). Memory stays flat whatever comes.
 */
import { safeText } from '../../../model/safe-text.ts';
import { TokenBucket } from '../../../model/token-bucket.ts';
import { levelledLine } from '../../../sdk/log-level.ts';
import type { LineLevel } from '../../../sdk/log-level.ts';

export type LogStream = 'stdout' | 'stderr';

export interface LogLimits {
  readonly linesPerSecond: number;
  readonly bytesPerSecond: number;
}

export const DEFAULT_LOG_LIMITS: LogLimits = { linesPerSecond: 100, bytesPerSecond: 64 * 1024 };
export const MAX_LINE_BYTES = 4 * 1024;
/** Lines kept for `gossip status`. */
export const TAIL_LINES = 100;

const NEWLINE = 0x0a;
const SAY_DROPPED_EVERY_MS = 1_000;
/** Of lines that say no level themselves. */
const USUAL = { stdout: 'info', stderr: 'error' } as const satisfies Record<LogStream, LineLevel>;

/** A line that has begun and not yet ended. */
interface OpenLine {
  readonly bytes: Buffer;
  length: number;
  cut: boolean;
}

export class LogCapture {
  readonly #emit: (line: string, level: LineLevel, stream: LogStream) => void;
  readonly #takesOut: (line: string) => boolean;
  readonly #lines: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #open: Record<LogStream, OpenLine> = { stdout: openLine(), stderr: openLine() };
  #tail: string[] = [];
  #dropped = 0;
  #nowMs = 0;
  #saidAtMs = 0;

  /** `takesOut` says which lines are not the module's. */
  constructor(
    limits: LogLimits,
    emit: (line: string, level: LineLevel, stream: LogStream) => void,
    takesOut: (line: string) => boolean = () => false,
  ) {
    this.#emit = emit;
    this.#takesOut = takesOut;
    this.#lines = new TokenBucket(limits.linesPerSecond, 1_000 / limits.linesPerSecond);
    this.#bytes = new TokenBucket(Math.max(limits.bytesPerSecond, MAX_LINE_BYTES), 1_000 / limits.bytesPerSecond);
  }

  /** The last lines, oldest first. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  push(stream: LogStream, chunk: Buffer): void {
    const line = this.#open[stream];
    for (let at = 0; at < chunk.length;) {
      const end = chunk.indexOf(NEWLINE, at);
      append(line, chunk.subarray(at, end === -1 ? chunk.length : end));
      if (end === -1) return;
      this.#finish(line, stream);
      at = end + 1;
    }
  }

  /** Time went by: the budget grows, and what was dropped is said. */
  tick(elapsedMs: number): void {
    this.#nowMs += elapsedMs;
    if (this.#nowMs - this.#saidAtMs >= SAY_DROPPED_EVERY_MS) this.#sayDropped();
  }

  /** Nothing more will come: the last unfinished lines are lines too. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#open[stream].length > 0) this.#finish(this.#open[stream], stream);
    }
    this.#sayDropped();
  }

  #finish(line: OpenLine, stream: LogStream): void {
    const bytes = line.length;
    if (this.#bytes.left(this.#nowMs) <= 0 || !this.#lines.take(this.#nowMs)) this.#dropped++;
    else {
      this.#bytes.spend(this.#nowMs, bytes);
      const { level, text: said } = levelledLine(line.bytes.toString('utf8', 0, bytes), USUAL[stream]);
      const text = safeText(said) + (line.cut ? '…' : '');
      if (!this.#takesOut(text)) this.#keep(text, level, stream);
    }
    line.length = 0;
    line.cut = false;
  }

  #sayDropped(): void {
    this.#saidAtMs = this.#nowMs;
    if (this.#dropped === 0) return;
    this.#keep(lostText(this.#dropped), 'warn', 'stderr');
    this.#dropped = 0;
  }

  #keep(line: string, level: LineLevel, stream: LogStream): void {
    this.#tail.push(line);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    this.#emit(line, level, stream);
  }
}

/** What stands in the place of lines that were too many. */
function lostText(lines: number): string {
  return `… ${lines} ${lines === 1 ? 'line' : 'lines'} lost`;
}

function openLine(): OpenLine {
  return { bytes: Buffer.alloc(MAX_LINE_BYTES), length: 0, cut: false };
}

function append(line: OpenLine, bytes: Buffer): void {
  const room = MAX_LINE_BYTES - line.length;
  if (bytes.length > room) line.cut = true;
  line.length += bytes.copy(line.bytes, line.length, 0, Math.min(room, bytes.length));
}
