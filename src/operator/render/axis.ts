/** Marks of a time axis: few, round and evenly spaced. */
import { DAY_MS } from '../../model/duration.ts';

const STEPS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000].concat(
  [1, 2, 5, 10, 20, 30, 60, 120, 360, 720].map((minutes) => minutes * 60_000),
);

/** From 0 to at most `endMs`, not more than `most` besides 0. */
export function ticks(endMs: number, most: number): number[] {
  const wanted = endMs / Math.max(1, most);
  const step = STEPS_MS.find((each) => each >= wanted) ?? Math.ceil(wanted / DAY_MS) * DAY_MS;
  return Array.from({ length: Math.floor(endMs / step) + 1 }, (_, index) => index * step);
}

/** The shortest text of a mark: `500ms`, `1.5s`, `2m`. */
export function tickText(ms: number): string {
  if (ms === 0) return '0';
  const [unit, size] = ms < 1_000 ? ['ms', 1] : ms < 60_000 ? ['s', 1_000] : ms < 3_600_000 ? ['m', 60_000] : ['h', 3_600_000];
  return `${Number((ms / size).toFixed(2))}${unit}`;
}
