/** Durations by classes. */
import { expect, test } from 'vitest';
import { Durations } from '../../src/model/durations.ts';

test('each falls into the first class whose bound it does not pass, or into the last one', () => {
  const durations = new Durations([1, 10]);
  for (const ms of [0, 1, 1.5, 10, 11, 1e9]) durations.add(ms);
  expect([durations.counts, durations.sumMs]).toEqual([[2, 2, 2], 1e9 + 23.5]);
});
