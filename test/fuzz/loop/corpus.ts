/** The inputs worth keeping, and new ones made from them: the same from the same seed. */
import { edited, EDITS } from '../edits.ts';
import type { Edit } from '../edits.ts';

/** More would make each of them too seldom the origin of a new one. */
const MAX_KEPT = 512;
const MAX_EDITS = 5;

export class Corpus {
  readonly #seeds: readonly Uint8Array[];
  readonly #random: () => number;
  readonly #maxBytes: number;
  #found: Uint8Array[] = [];

  constructor(seeds: readonly Uint8Array[], { random, maxBytes }: { readonly random: () => number; readonly maxBytes: number }) {
    this.#seeds = seeds;
    this.#random = random;
    this.#maxBytes = maxBytes;
  }

  get found(): readonly Uint8Array[] {
    return this.#found;
  }

  /** Keeps an input; when there are too many, one that was found gives way, never a seed. */
  keep(input: Uint8Array): void {
    if (this.#found.length >= MAX_KEPT) this.#found = this.#found.toSpliced(this.#below(this.#found.length), 1);
    this.#found.push(Uint8Array.from(input));
  }

  /** Either all edits keep JSON what it is, or any will do: one flipped byte is enough to make the other edits useless. */
  next(): Uint8Array {
    const keepsJson = this.#random() < 0.6;
    // Few mostly: each may undo what another one reached.
    const count = 1 + this.#below(1 + this.#below(MAX_EDITS));
    const edits = Array.from({ length: count }, () => this.#edit(keepsJson));
    return edited(this.#pick(), edits, this.#pick(), this.#maxBytes);
  }

  /**
   * Every other time a seed: most of what was found is refused somewhere, and so is what is made of it. Otherwise the newer
   * and the smaller of a few: newer ones were tried less, smaller ones are quicker to try.
   */
  #pick(): Uint8Array {
    const all = this.#random() < 0.5 ? this.#seeds : [...this.#seeds, ...this.#found];
    const places = Array.from({ length: 3 }, () => this.#below(all.length)).sort((a, b) => a - b);
    const [one, other] = places.slice(1).map((place) => all[place] ?? new Uint8Array());
    return one === undefined || (other !== undefined && other.length < one.length) ? (other ?? new Uint8Array()) : one;
  }

  #edit(keepsJson: boolean): Edit {
    const how = keepsJson ? 'json' : (EDITS[this.#below(EDITS.length)] ?? 'json');
    return { how, place: this.#below(2 ** 31), number: this.#below(2 ** 31) };
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }
}
