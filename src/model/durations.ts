/** How long things took: counted by classes, so that whoever asks later can tell what most took, and what the slowest. */

export class Durations {
  /** Upper bounds of the classes, rising, in milliseconds. */
  readonly boundsMs: readonly number[];
  /** How many fell into each class; the last one has no bound. */
  readonly counts: number[];
  sumMs = 0;

  constructor(boundsMs: readonly number[]) {
    this.boundsMs = boundsMs;
    this.counts = Array.from({ length: boundsMs.length + 1 }, () => 0);
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  add(ms: number): void {
    const found = this.boundsMs.findIndex((bound) => ms <= bound);
    const place = found === -1 ? this.boundsMs.length : found;
    this.counts[place] = (this.counts[place] ?? 0) + 1;
    this.sumMs += ms;
  }
}
