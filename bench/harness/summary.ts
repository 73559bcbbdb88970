/** What the samples of a figure say together, and whether it keeps its goal. */
import { distribution } from '../../src/operator/simulate/statistics.ts';
import type { Distribution } from '../../src/operator/simulate/statistics.ts';
import type { Figure, Goal } from './figure.ts';

export interface Summary extends Pick<Distribution, 'p10' | 'p50' | 'p90' | 'max'> {
  readonly n: number;
  readonly p99: number;
}

/** Of fewer samples the 99th percentile would be the largest alone. */
export const LEAST_FOR_P99 = 50;

/** Null of no samples. Every quantile but the median of an even number is a sample that really came. */
export function summarise(values: readonly number[]): Summary | null {
  const spread = distribution(values);
  if (spread === null) return null;
  const { p10, p50, p90, max } = spread;
  const p99 = values.toSorted((a, b) => a - b)[Math.ceil(0.99 * values.length) - 1] as number;
  return { n: values.length, p10, p50, p90, p99, max };
}

export type Verdict = 'kept' | 'missed' | 'none';

/** A figure with attempts that came to no end keeps no goal. */
export function verdict({ values, failed = [], goal, baseline }: Figure): Verdict {
  if (goal === undefined) return 'none';
  const summary = summarise(values);
  if (failed.length > 0) return 'missed';
  if (summary === null) return 'none';
  const most = mostOf(goal, baseline?.values ?? []);
  if (most === null) return 'none';
  return summary[goal.at] <= most ? 'kept' : 'missed';
}

function mostOf({ at, most, of }: Goal, baseline: readonly number[]): number | null {
  if (of === undefined) return most;
  const summary = summarise(baseline);
  return summary === null ? null : most * summary[at];
}
