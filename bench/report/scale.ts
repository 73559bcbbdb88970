/** Where a number lies on the horizontal axis: times evenly, numbers of nodes by their magnitude. */
import type { Plot } from '../harness/figure.ts';

export interface Scale {
  readonly begin: number;
  readonly end: number;
  place(x: number): number;
  /** The number at a place. */
  value(place: number): number;
}

export function scaleOf({ x, series, marks = [] }: Pick<Plot, 'x' | 'series' | 'marks'>): Scale {
  const all = [...series.flatMap(({ points }) => points.map(([at]) => at)), ...marks.map((mark) => mark.x)];
  if (x === 'ms') return { begin: 0, end: Math.max(1, ...all), place: (at) => at, value: (place) => place };
  const place = (at: number): number => Math.log10(Math.max(1, at));
  const places = all.map(place);
  return { begin: Math.min(...places), end: Math.max(...places), place, value: (at) => Math.round(10 ** at) };
}
