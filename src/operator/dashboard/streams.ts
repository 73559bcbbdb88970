/** Pages that follow what happens, over server-sent events: a bounded number, each served as fast as it reads and no faster. */
import type { ServerResponse } from 'node:http';
import type { Board } from './board.ts';

/** Tabs that are open at the same time: a browser makes six connections to one address, and what is asked needs some, too. */
const MAX_STREAMS = 4;
/** Changes within so long are told together. */
const TOGETHER_MS = 100;
/** A line that says nothing, so that either side notices when the other is gone. */
const ALIVE_MS = 15_000;

interface Reader {
  readonly answer: ServerResponse;
  version: number;
  /** What was written before has not been taken yet. */
  isFull: boolean;
}

export class Streams {
  readonly #board: Board;
  readonly #readers = new Set<Reader>();
  readonly #alive: NodeJS.Timeout;
  #timer: NodeJS.Timeout | null = null;
  #onFirst: () => void = () => undefined;

  constructor(board: Board) {
    this.#board = board;
    this.#alive = setInterval(() => {
      for (const reader of this.#readers) if (!reader.isFull) this.#write(reader, ':\n\n');
    }, ALIVE_MS);
    this.#alive.unref();
  }

  get size(): number {
    return this.#readers.size;
  }

  /** Bytes that wait for readers. */
  get buffered(): number {
    return [...this.#readers].reduce((sum, { answer }) => sum + answer.writableLength, 0);
  }

  get hasRoom(): boolean {
    return this.#readers.size < MAX_STREAMS;
  }

  /** Resolves when somebody reads. */
  async somebody(signal: AbortSignal): Promise<void> {
    if (this.size > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#onFirst = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Tells all there is, then what changes. The head is written already. */
  add(answer: ServerResponse): void {
    const reader: Reader = { answer, version: 0, isFull: false };
    this.#readers.add(reader);
    answer.on('close', () => void this.#readers.delete(reader));
    answer.on('error', () => void this.#readers.delete(reader));
    answer.on('drain', () => {
      reader.isFull = false;
      this.#tell(reader);
    });
    this.#tell(reader);
    this.#onFirst();
  }

  /** Something on the board has changed. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      for (const reader of this.#readers) this.#tell(reader);
    }, TOGETHER_MS);
  }

  end(): void {
    clearInterval(this.#alive);
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const { answer } of this.#readers) answer.destroy();
    this.#readers.clear();
  }

  /** Nothing is kept for a reader that is full: when it has room again it is told what is newer then. */
  #tell(reader: Reader): void {
    const { version } = this.#board;
    if (reader.isFull || reader.version === version) return;
    const told = this.#board.since(reader.version);
    reader.version = version;
    this.#write(reader, `data: ${JSON.stringify(told)}\n\n`);
  }

  #write(reader: Reader, text: string): void {
    reader.isFull = !reader.answer.write(text);
  }
}
