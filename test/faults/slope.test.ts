import { expect, test } from 'vitest';
import { slopeOf } from './slope.ts';

test('the slope is that of the line that fits best', () => {
  const points = (...ys: readonly number[]) => ys.map((y, x) => ({ x, y }));
  expect(slopeOf(points(5, 7, 9, 11))).toBe(2);
  expect(slopeOf(points(4, 4, 4))).toBe(0);
  expect(slopeOf(points(0, 2, 1, 3))).toBeCloseTo(0.8);
  expect(slopeOf([{ x: 1, y: 1 }])).toBeNaN();
});
