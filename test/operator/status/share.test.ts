/** Wilson's interval, against values that are published with it, and by what it promises. */
import { expect, test } from 'vitest';
import { shareText, wilson } from '../../../src/operator/status/share.ts';

test.each([
  // R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I.
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])('%i of %i lies between %f and %f', (count, of, low, high) => {
  const found = wilson(count, of);
  expect([found.low, found.high].map((share) => Number(share.toFixed(4)))).toEqual([low, high]);
});

test('of nobody it says nothing, and of all that there may be others', () => {
  expect(wilson(0, 0)).toEqual({ share: 0, low: 0, high: 1 });
  expect(wilson(300, 300)).toMatchObject({ share: 1, high: 1 });
  expect(wilson(300, 300).low).toBeCloseTo(0.9874, 4);
});

test('is read as percent, finer near the ends', () => {
  expect([shareText(wilson(150, 300)), shareText(wilson(3, 300)), shareText(wilson(300, 300))]).toEqual([
    '50 % (44-56 %)',
    '1 % (0.3-2.9 %)',
    '100 % (98.7-100 %)',
  ]);
});
