/** Law 6: from the moment that a scenario names, all nodes that are up hold the same configuration within so many rounds. */
import type { PayloadHash } from '../../model/names.ts';
import type { Happening } from './happening.ts';
import type { Progress } from '../play/progress.ts';
import { LawBroken } from './law.ts';
import type { Law } from './law.ts';

interface Expectation {
  readonly since: number;
  readonly withinMs: number;
  /** What the configuration must hold at least. */
  readonly including: readonly PayloadHash[];
}

export class EndsEqual implements Law {
  readonly name = '6 (everyone ends equal)';
  readonly #progress: Progress;
  #expected: Expectation | null = null;
  #tookMs: number | null = null;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  /** From now on all must become equal within this time. */
  expect(expected: Expectation): void {
    this.#expected = expected;
    this.#tookMs = null;
  }

  /** How long it took; null while it has not happened. */
  get tookMs(): number | null {
    return this.#tookMs;
  }

  observe(_: Happening, now: number): void {
    const expected = this.#expected;
    if (expected === null) return;
    if (this.#progress.equal && expected.including.every((hash) => this.#progress.holders(hash) > 0)) {
      this.#tookMs = now - expected.since;
      this.#expected = null;
    } else if (now - expected.since > expected.withinMs) {
      throw new LawBroken(this.name, `${this.#progress.describe()} after ${expected.withinMs} ms`);
    }
  }
}
