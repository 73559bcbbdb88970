/** What samples say together, and when a goal is kept. */
import { describe, expect, test } from 'vitest';
import type { Figure } from '../../bench/harness/figure.ts';
import { summarise, verdict } from '../../bench/harness/summary.ts';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);
const figure = (rest: Partial<Figure>): Figure => ({ name: 'a', unit: 'ms', values: [], ...rest });

test('no samples say nothing', () => {
  expect(summarise([])).toBeNull();
});

test('one sample is every quantile', () => {
  expect(summarise([7])).toEqual({ n: 1, p10: 7, p50: 7, p90: 7, p99: 7, max: 7 });
});

test('quantiles are samples that came, in whatever order; the median of an even number lies between two', () => {
  expect(summarise(upTo(100).toReversed())).toEqual({ n: 100, p10: 10, p50: 50.5, p90: 91, p99: 99, max: 100 });
  expect(summarise([3, 1, 2])).toEqual({ n: 3, p10: 1, p50: 2, p90: 3, p99: 3, max: 3 });
});

describe('a goal', () => {
  test.each<[string, Partial<Figure>, string]>([
    ['is kept at its limit', { values: [10], goal: { at: 'p50', most: 10 } }, 'kept'],
    ['is missed above it', { values: [10.1], goal: { at: 'p50', most: 10 } }, 'missed'],
    ['looks at its own quantile', { values: upTo(100), goal: { at: 'p99', most: 98 } }, 'missed'],
    [
      'in times of the baseline',
      { values: [26], baseline: { name: 'b', values: [20] }, goal: { at: 'p50', most: 1.3, of: 'baseline' } },
      'kept',
    ],
    [
      'at the same place of the baseline',
      { values: upTo(100), baseline: { name: 'b', values: upTo(10) }, goal: { at: 'p99', most: 9, of: 'baseline' } },
      'missed',
    ],
    ['is no more kept once one attempt came to no end', { values: [1], failed: ['never'], goal: { at: 'p50', most: 10 } }, 'missed'],
    ['says nothing of no samples', { goal: { at: 'p50', most: 10 } }, 'none'],
    ['says nothing without its baseline', { values: [1], goal: { at: 'p50', most: 2, of: 'baseline' } }, 'none'],
    ['that is none says nothing', { values: [1] }, 'none'],
  ])('%s', (_, rest, expected) => {
    expect(verdict(figure(rest))).toBe(expected);
  });
});
