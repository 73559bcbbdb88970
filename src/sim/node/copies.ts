/**
 * One value in two files with checksums, as the real store keeps it: a write goes over the older one, and a damaged one is
 * reported and not read. (That the real store does so is for its own tests.)
 */

interface Slot<T> {
  readonly sequence: number;
  /** 'damaged': its checksum does not fit. */
  readonly state: { readonly value: T } | 'damaged';
}

/** 'damaged': bits flipped, cut off or zeroed. 'old copy': as it was before the last write that went over it. */
export type Damage = 'damaged' | 'old copy';

type Place = 0 | 1;
type Slots<T> = [Slot<T> | null, Slot<T> | null];

export class Copies<T> {
  #slots: Slots<T> = [null, null];
  /** What the last write to each place went over. */
  readonly #copies: Slots<T> = [null, null];
  /** Where the running node knows the newest to be, whatever became of the file meanwhile. */
  #newest: { readonly place: Place; readonly sequence: number } = { place: 1, sequence: 0 };

  /** The newest value that is intact; null when there is none. */
  read(): T | null {
    const place = this.#newestIntact();
    const state = place === null ? undefined : this.#slots[place]?.state;
    return state === undefined || state === 'damaged' ? null : state.value;
  }

  /** A node that starts looks at both files. Whether one was damaged. */
  open(): boolean {
    const place = this.#newestIntact();
    this.#newest = { place: place ?? 1, sequence: place === null ? 0 : (this.#slots[place]?.sequence ?? 0) };
    const damaged = this.#slots.some((slot) => slot?.state === 'damaged');
    // Damaged files are set aside.
    this.#slots = this.#slots.map((slot) => (slot?.state === 'damaged' ? null : slot)) as Slots<T>;
    return damaged;
  }

  write(value: T): void {
    const place: Place = this.#newest.place === 0 ? 1 : 0;
    const sequence = this.#newest.sequence + 1;
    this.#copies[place] = this.#slots[place];
    this.#slots[place] = { sequence, state: { value } };
    this.#newest = { place, sequence };
  }

  remove(): void {
    this.#slots = [null, null];
    this.#newest = { place: 1, sequence: 0 };
  }

  /** Damages the file of the newest value, or of the older one. */
  damage(which: 'newest' | 'older', how: Damage): void {
    const place: Place = which === 'newest' ? this.#newest.place : this.#newest.place === 0 ? 1 : 0;
    const slot = this.#slots[place];
    if (slot === null) return;
    this.#slots[place] = how === 'damaged' ? { ...slot, state: 'damaged' } : this.#copies[place];
  }

  #newestIntact(): Place | null {
    const [first, second] = this.#slots.map((slot) => (slot === null || slot.state === 'damaged' ? 0 : slot.sequence)) as [number, number];
    if (first === 0 && second === 0) return null;
    return first > second ? 0 : 1;
  }
}
