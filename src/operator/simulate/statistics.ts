/** How a figure is spread over several runs. */

export interface Distribution {
  readonly min: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
}

/** Null of no values. Every quantile is one of the values (nearest rank), so that it really happened in some run. */
export function distribution(values: readonly number[]): Distribution | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
  return { min: at(0), p10: at(0.1), p50: at(0.5), p90: at(0.9), max: at(1) };
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
