/** Everything that happened, as lines: folded into one fingerprint always, shown when somebody looks. */

export class Trace {
  /** Events so far; the number that a broken law names. */
  events = 0;
  readonly #show: ((line: string) => void) | undefined;
  #low = 0x12345678;
  #high = 0x9abcdef0 | 0;

  constructor(show?: (line: string) => void) {
    this.#show = show;
  }

  line(now: number, text: string): void {
    this.events += 1;
    const line = `${this.events} ${now.toFixed(3)} ${text}`;
    this.#fold(line);
    this.#show?.(line);
  }

  /** 64 bits over all lines, in hex: equal for equal runs. */
  get fingerprint(): string {
    return [this.#high, this.#low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #fold(line: string): void {
    for (let place = 0; place < line.length; place += 1) {
      const code = line.charCodeAt(place);
      this.#low = Math.imul(this.#low ^ code, 0x85ebca6b);
      this.#low ^= this.#low >>> 15;
      this.#high = Math.imul(this.#high ^ code ^ this.#low, 0xc2b2ae35);
      this.#high ^= this.#high >>> 13;
    }
  }
}
