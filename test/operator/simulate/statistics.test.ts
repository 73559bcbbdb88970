import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countUntil, distribution, scaled } from '../../../src/operator/simulate/statistics.ts';
import type { Distribution } from '../../../src/operator/simulate/statistics.ts';

describe('a distribution', () => {
  it('is of values that really occurred, whatever their order, but for the median of an even number', () => {
    const values = [7, 1, 10, 3, 2, 9, 4, 8, 6, 5];
    expect(distribution(values)).toEqual({ min: 1, p10: 1, p50: 5.5, p90: 10, max: 10 });
    expect(distribution(values.slice(1))).toEqual({ min: 1, p10: 1, p50: 5, p90: 10, max: 10 });
  });

  it('says the same of times, where less is better, and of shares, where more is: of two runs as of twenty', () => {
    const finite = fc.integer({ min: 0, max: 1_000 });
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 40 }), (values) => {
        const { min, p10, p50, p90, max } = distribution(values) as Distribution;
        const mirrored = distribution(values.map((value) => 1_000 - value)) as Distribution;
        expect(mirrored).toEqual({ min: 1_000 - max, p10: 1_000 - p90, p50: 1_000 - p50, p90: 1_000 - p10, max: 1_000 - min });
      }),
    );
  });

  it('of one value is that value, of none nothing', () => {
    expect(distribution([3])).toEqual({ min: 3, p10: 3, p50: 3, p90: 3, max: 3 });
    expect(distribution([])).toBeNull();
  });

  it('can be told in another unit', () => {
    expect(scaled({ min: 1, p10: 2, p50: 3, p90: 4, max: 5 }, 0.5)).toEqual({ min: 0.5, p10: 1, p50: 1.5, p90: 2, max: 2.5 });
  });
});

it('counts how many ascending values are at most a limit, as looking at each would', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: -1, max: 21 }), (values, limit) => {
      const ascending = values.toSorted((a, b) => a - b);
      expect(countUntil(ascending, limit)).toBe(ascending.filter((value) => value <= limit).length);
    }),
  );
});
