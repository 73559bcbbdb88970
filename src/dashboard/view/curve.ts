/** The share of the nodes that know a deployment, or run it, over time: as steps, and as paths of an SVG. */
import type { ArrivalEntry } from '../wire.ts';

/** After so many milliseconds so many nodes had it. */
export interface Step {
  readonly ms: number;
  readonly count: number;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** What the right edge stands for. */
  readonly endMs: number;
}

export function stepsOf(arrivals: Iterable<ArrivalEntry>, at: (arrival: ArrivalEntry) => number | null): readonly Step[] {
  const times: number[] = [];
  for (const arrival of arrivals) {
    const ms = at(arrival);
    if (ms !== null) times.push(ms);
  }
  times.sort((a, b) => a - b);
  return times.map((ms, index) => ({ ms, count: index + 1 }));
}

/** The last that happened, and a little more. */
export function endOf(arrivals: Iterable<ArrivalEntry>): number {
  let last = 0;
  for (const { knownMs, fetchedMs, runningMs } of arrivals) last = Math.max(last, knownMs, fetchedMs ?? 0, runningMs ?? 0);
  return Math.max(1_000, last * 1.05);
}

/** Until the last came to know it. */
export function lastKnownOf(arrivals: Iterable<ArrivalEntry>): number {
  let last = 0;
  for (const { knownMs } of arrivals) last = Math.max(last, knownMs);
  return Math.max(10, last * 1.05);
}

/** Steps as a line; closed down to the axis where `isArea`. */
export function stepPath(steps: readonly Step[], nodes: number, { width, height, endMs }: Frame, isArea: boolean): string {
  const x = (ms: number): string => ((ms / endMs) * width).toFixed(1);
  const y = (count: number): string => (height - (count / Math.max(1, nodes)) * height).toFixed(1);
  const [first] = steps;
  if (first === undefined) return '';
  let path = `M${x(first.ms)} ${y(0)}`;
  let before = '';
  for (const { ms, count } of steps) {
    const at = x(ms);
    // Many at the same place are one line.
    if (at !== before) path += `H${at}`;
    path += `V${y(count)}`;
    before = at;
  }
  return `${path}H${width}${isArea ? `V${height}Z` : ''}`;
}

const ROUND = [1, 2, 5];

/** Round times for the axis, at most so many besides 0. */
export function ticksOf(endMs: number, most: number): readonly number[] {
  for (let power = 1; ; power *= 10) {
    for (const round of ROUND) {
      const step = round * power;
      if (endMs / step <= most) return Array.from({ length: Math.floor(endMs / step) + 1 }, (_, index) => index * step);
    }
  }
}
