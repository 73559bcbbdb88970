/** 64 bits over a sequence of numbers and words: equal for equal sequences. */

export class Fingerprint {
  #low = 0x12345678;
  #high = 0x9abcdef0 | 0;
  readonly #words = new Map<string, number>();

  /** A whole number below 2 ** 53. */
  number(value: number): void {
    this.#fold(value | 0);
    this.#fold(Math.floor(value / 2 ** 32));
  }

  /** A word that comes again and again: its characters are looked at once. */
  word(text: string): void {
    let folded = this.#words.get(text);
    if (folded === undefined) {
      folded = foldText(text);
      this.#words.set(text, folded);
    }
    this.#fold(folded);
  }

  /** In hex. */
  get text(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #fold(bits: number): void {
    this.#low = Math.imul(this.#low ^ bits, 0x85ebca6b);
    this.#low ^= this.#low >>> 15;
    this.#high = Math.imul(this.#high ^ bits ^ this.#low, 0xc2b2ae35);
    this.#high ^= this.#high >>> 13;
  }
}

function foldText(text: string): number {
  let folded = 0x811c9dc5;
  for (let place = 0; place < text.length; place += 1) folded = Math.imul(folded ^ text.charCodeAt(place), 0x01000193);
  return folded;
}
