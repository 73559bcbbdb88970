/** Bounds a transfer by its progress: silence ends it, and a rate far below any link's; its size never does. */

export interface Pace {
  /** Longest silence, and what a transfer may take beyond the least rate. */
  readonly silenceMs: number;
  readonly minBytesPerSecond: number;
}

/** How a blob is sent. */
export interface Sending {
  /** Goes on from this byte, in the place of an older upload of this operator; null sends all, and touches nothing of what is there. */
  readonly from: number | null;
  /** Told how many bytes of the blob were handed over, those before `from` included. */
  readonly onSent?: (bytes: number) => void;
}

/** What the system may hold of an upload: bytes that were handed over are not yet bytes that arrived. */
const SYSTEM_BYTES = 4 * 1024 * 1024;
const SLICE_BYTES = 64 * 1024;

/** Calls `late` once, when a transfer is silent or too slow. */
export class Transfer {
  readonly #pace: Pace;
  readonly #late: () => void;
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout;

  constructor(pace: Pace, late: () => void) {
    this.#pace = pace;
    this.#late = late;
    this.#timer = setTimeout(late, pace.silenceMs);
  }

  /** So many bytes came altogether. */
  received(bytes: number): void {
    this.#restart(bytes, 0);
  }

  /** The body, of which the next slice is taken when the connection has room for it. `onSent` is told what was taken. */
  async *sending(body: Uint8Array, onSent: (bytes: number) => void = () => undefined): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < body.byteLength; offset += SLICE_BYTES) {
      this.#restart(offset, Math.min(offset, SYSTEM_BYTES));
      onSent(offset);
      yield body.subarray(offset, offset + SLICE_BYTES);
    }
    this.#restart(body.byteLength, Math.min(body.byteLength, SYSTEM_BYTES));
    onSent(body.byteLength);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #restart(bytes: number, held: number): void {
    const { silenceMs } = this.#pace;
    const left = silenceMs + this.#ms(bytes) - (performance.now() - this.#startedAt);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#late, Math.max(0, Math.min(left, silenceMs + this.#ms(held))));
  }

  #ms(bytes: number): number {
    return (bytes * 1_000) / this.#pace.minBytesPerSecond;
  }
}
