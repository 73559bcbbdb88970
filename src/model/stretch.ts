/**
 * Which numbers count (attack A15). Sequences lie in stretches of 2^24; a record counts once every stretch below its own holds a
 * record. Honest numbers rise by one and never leave a stretch empty. One that leaps does not count: not here, where it was posted,
 * and not there, where it came by gossip. A pure function of the set of records, so that all nodes with the same set decide equally,
 * whatever came first (laws 1 and 6); and as records only grow, what counts goes on counting.
 */
import type { VerifiedDeployment } from './deployment.ts';

/** Numbers in a stretch: more than one cluster ever deploys, and few enough that no single leap uses the numbers up. */
const LENGTH = 2 ** 24;
/** The last stretch is open: it reaches up to the bound of a sequence. */
const LAST = 255;

export function stretchOf(sequence: number): number {
  return Math.min(LAST, Math.floor(sequence / LENGTH));
}

/** The stretches that hold a record. */
export class Stretches {
  readonly #used = new Set<number>();
  /** The first that is empty: the highest that counts. */
  #reach = 0;

  /** True when higher numbers count from now on. */
  add(sequence: number): boolean {
    const before = this.#reach;
    this.#used.add(stretchOf(sequence));
    while (this.#used.has(this.#reach)) this.#reach += 1;
    return this.#reach > before;
  }

  counts(sequence: number): boolean {
    return stretchOf(sequence) <= this.#reach;
  }
}

/** Those of the records that count. */
export function counted<Record extends Pick<VerifiedDeployment, 'deployment'>>(records: readonly Record[]): readonly Record[] {
  const stretches = new Stretches();
  for (const { deployment } of records) stretches.add(deployment.number.sequence);
  return records.filter(({ deployment }) => stretches.counts(deployment.number.sequence));
}
