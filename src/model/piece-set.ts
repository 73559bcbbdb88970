/** Which of a code's pieces: a set of the numbers below their count. */
export class PieceSet implements Iterable<number> {
  /** Of all pieces that there are. */
  readonly count: number;
  readonly #bits: Uint8Array;
  #size = 0;

  constructor(count: number, members: Iterable<number> = []) {
    this.count = count;
    this.#bits = new Uint8Array(Math.ceil(count / 8));
    for (const piece of members) this.add(piece);
  }

  static full(count: number): PieceSet {
    return new PieceSet(
      count,
      Array.from({ length: count }, (_, piece) => piece),
    );
  }

  /** From what `text` gives; null where it is no such set of so many pieces. */
  static parse(text: string, count: number): PieceSet | null {
    if (text.length !== Math.ceil(count / 8) * 2 || !/^[0-9a-f]*$/.test(text)) return null;
    const set = new PieceSet(count);
    for (let at = 0; at < set.#bits.length; at += 1) {
      const byte = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
      for (let bit = 0; bit < 8; bit += 1) {
        if ((byte & (1 << bit)) === 0) continue;
        if (8 * at + bit >= count) return null;
        set.add(8 * at + bit);
      }
    }
    return set;
  }

  /** Two hexadecimal digits for eight pieces, the first in the lowest bit. */
  get text(): string {
    return Array.from(this.#bits, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size === this.count;
  }

  has(piece: number): boolean {
    return ((this.#bits[piece >> 3] ?? 0) & (1 << (piece & 7))) !== 0;
  }

  /** A number that is none of theirs is passed over. */
  add(piece: number): void {
    if (!Number.isInteger(piece) || piece < 0 || piece >= this.count || this.has(piece)) return;
    (this.#bits[piece >> 3] as number) |= 1 << (piece & 7);
    this.#size += 1;
  }

  delete(piece: number): void {
    if (!this.has(piece)) return;
    (this.#bits[piece >> 3] as number) &= ~(1 << (piece & 7));
    this.#size -= 1;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (let piece = 0; piece < this.count; piece += 1) if (this.has(piece)) yield piece;
  }
}
