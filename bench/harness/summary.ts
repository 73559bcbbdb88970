/** What the samples of a figure say together, and whether it keeps its goal. */
import type { Figure, Goal } from './figure.ts';

export interface Summary {
  readonly n: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Null of no samples. Every quantile but the median of an even number is a sample that really came. */
export function summarise(values: readonly number[]): Summary | null {
  if (values.length === 0) return null;
  const ascending = values.toSorted((a, b) => a - b);
  const at = (share: number): number => ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] as number;
  const upper = ascending[Math.floor(ascending.length / 2)] as number;
  return { n: values.length, p10: at(0.1), p50: (at(0.5) + upper) / 2, p90: at(0.9), p99: at(0.99), max: at(1) };
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
