/** How a figure is spread over several runs: the one definition of median and quantiles, for tables, curves and pictures alike. */

export interface Distribution {
  readonly min: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
}

/**
 * Null of no values. p10 and p90 are values that really occurred, the same rank from below and from above. Of an even number of runs the median lies between
 * the two in the middle: one of them would be the faster run where times are told, and the slower one where shares are.
 */
export function distribution(values: readonly number[]): Distribution | null {
  if (values.length === 0) return null;
  const ascending = values.toSorted((a, b) => a - b);
  const fromBelow = (rank: number): number => ascending[rank] as number;
  const fromAbove = (rank: number): number => ascending[ascending.length - 1 - rank] as number;
  const tenth = Math.max(0, Math.ceil(ascending.length / 10) - 1);
  const half = Math.floor((ascending.length - 1) / 2);
  return {
    min: fromBelow(0),
    p10: fromBelow(tenth),
    p50: (fromBelow(half) + fromAbove(half)) / 2,
    p90: fromAbove(tenth),
    max: fromAbove(0),
  };
}

/** The same in another unit. */
export function scaled({ min, p10, p50, p90, max }: Distribution, factor: number): Distribution {
  return { min: min * factor, p10: p10 * factor, p50: p50 * factor, p90: p90 * factor, max: max * factor };
}

/** How many of the values, in ascending order, are at most `limit`. */
export function countUntil(ascending: readonly number[], limit: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
