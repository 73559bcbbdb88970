/** The input that is being tried, in memory that two threads see: when a thread hangs or dies, the other still knows over what. */
const HEAD_WORDS = 3;
const TRIED = 0;
const LENGTH = 1;
const BUSY = 2;

export class CurrentInput {
  readonly memory: SharedArrayBuffer;
  readonly #head: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#head = new Int32Array(memory, 0, HEAD_WORDS);
    this.#bytes = new Uint8Array(memory, HEAD_WORDS * 4);
  }

  static ofSize(maxBytes: number): CurrentInput {
    return new CurrentInput(new SharedArrayBuffer(HEAD_WORDS * 4 + maxBytes));
  }

  set(input: Uint8Array): void {
    this.#bytes.set(input.subarray(0, this.#bytes.length));
    this.#head[LENGTH] = Math.min(input.length, this.#bytes.length);
    Atomics.store(this.#head, BUSY, 1);
    Atomics.add(this.#head, TRIED, 1);
  }

  /** Something came of the input. */
  done(): void {
    Atomics.store(this.#head, BUSY, 0);
  }

  /** Whether it is still open what comes of the input. */
  get busy(): boolean {
    return Atomics.load(this.#head, BUSY) === 1;
  }

  get(): Uint8Array {
    return Uint8Array.from(this.#bytes.subarray(0, this.#head[LENGTH]));
  }

  /** How many inputs were tried so far. */
  get tried(): number {
    return Atomics.load(this.#head, TRIED);
  }
}
