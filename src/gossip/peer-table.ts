/** Entries of peers in two bounded parts: those that answered once are never displaced by those that never did (attacks B7, B8). */
import type { NodeId } from '../model/names.ts';
import { weight } from './hint-entry.ts';
import type { Entry } from './hint-entry.ts';
import { Pool } from './pool.ts';

/** Places for peers that answered at least once. */
export const MAX_PROVEN = 768;
/** Places for peers that were only heard of. */
export const MAX_UNPROVEN = 256;
/** At most this part of the choices goes to unproven peers while there are proven ones. */
const MOST_UNPROVEN = 1 / 2;

export class PeerTable {
  readonly #random: () => number;
  readonly #proven: Pool<Entry>;
  readonly #unproven: Pool<Entry>;

  constructor(random: () => number) {
    this.#random = random;
    this.#proven = new Pool<Entry>(MAX_PROVEN, random);
    this.#unproven = new Pool<Entry>(MAX_UNPROVEN, random);
  }

  get size(): number {
    return this.#proven.size + this.#unproven.size;
  }

  get(id: NodeId): Entry | undefined {
    return this.#proven.get(id) ?? this.#unproven.get(id);
  }

  entries(): Entry[] {
    return [...this.#proven.values(), ...this.#unproven.values()];
  }

  /** `badness`: whoever has most of it goes where there is no room. */
  add(entry: Entry, badness: (entry: Entry) => number): void {
    (entry.proven ? this.#proven : this.#unproven).add(entry, badness);
  }

  delete(id: NodeId): void {
    this.#proven.delete(id);
    this.#unproven.delete(id);
  }

  /** One at random that suits: good ones are preferred, bad ones get a share. */
  draw(suits: (entry: Entry) => boolean): Entry | undefined {
    const [first, second] = this.#preferUnproven() ? [this.#unproven, this.#proven] : [this.#proven, this.#unproven];
    return first.draw(weight, suits) ?? second.draw(weight, suits);
  }

  drawProven(suits: (entry: Entry) => boolean): Entry | undefined {
    return this.#proven.draw(weight, suits);
  }

  #preferUnproven(): boolean {
    const share = this.#unproven.size / Math.max(1, this.size);
    return this.#random() < (this.#proven.size === 0 ? 1 : Math.min(share, MOST_UNPROVEN));
  }
}
