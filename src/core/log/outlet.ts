/**
 * Text for a reader that is not ours: a terminal, a pipe, a file. No write waits for it (attack C13): what it does not take in time is
 * dropped and counted, never kept without bound. A reader that stalls or goes away costs lines, not the process.
 */

/** The part of a stream that is used here; `process.stderr` fits. */
export interface Reader {
  readonly writableLength: number;
  readonly writable: boolean;
  write(text: string): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** What may wait for a reader that takes nothing, or for a disk to have room again; more is dropped. */
export const MAX_WAITING_BYTES = 1024 * 1024;

export class Outlet {
  readonly #reader: Reader;
  readonly #maxWaitingBytes: number;
  readonly #onRoom: (dropped: number) => void;
  #dropped = 0;

  /** `onRoom` hears how many lines were dropped, once the reader takes some again; what it writes goes through. */
  constructor(reader: Reader, onRoom: (dropped: number) => void, maxWaitingBytes = MAX_WAITING_BYTES) {
    this.#reader = neverWait(reader);
    this.#maxWaitingBytes = maxWaitingBytes;
    this.#onRoom = onRoom;
    reader.on('error', () => undefined);
  }

  /** Lines dropped since the last that went through. */
  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): void {
    if (!this.#reader.writable || this.#reader.writableLength > this.#maxWaitingBytes) {
      this.#dropped += 1;
      return;
    }
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped > 0) this.#onRoom(dropped);
    this.#reader.write(line);
  }
}

/**
 * Node makes writes to a terminal wait, so that Ctrl-S there stops the whole process; writes to pipes and sockets never do. The stream
 * has its own opening of the terminal: other programs on it notice nothing.
 */
export function neverWait<Stream>(stream: Stream): Stream {
  const { isTTY, _handle: handle } = stream as { isTTY?: boolean; _handle?: { setBlocking?: (waits: boolean) => void } };
  if (isTTY === true) handle?.setBlocking?.(false);
  return stream;
}
