/** Who is judged for uploading code too often. */
import { expect, test } from 'vitest';
import { summarise, verdict } from '../../bench/harness/summary.ts';
import { uploadFigures } from '../../bench/measures/upload-figures.ts';

const figuresOf = (...uploads: (number[] | null)[]): ReturnType<typeof uploadFigures> => uploadFigures((what) => what, uploads);

test('is the busiest node of each deployment, whatever the others do', () => {
  const [busiest, all] = figuresOf([5, 0, 0, 0, 0, 0], [0, 6, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0]);
  expect(busiest?.values).toEqual([5, 6, 1]);
  expect([busiest, all].map((figure) => figure && verdict(figure))).toEqual(['missed', 'none']);
  expect(all && summarise(all.values)?.p50).toBe(0);
});

test('keeps the goal where the busiest does so in the middle of the deployments', () => {
  const [busiest] = figuresOf([4, 3, 0], [1, 9, 0], [2, 2, 2]);
  expect([busiest && summarise(busiest.values)?.p50, busiest && verdict(busiest)]).toEqual([4, 'kept']);
});

test('is nobody where nothing was counted', () => {
  const [busiest, all] = figuresOf(null, []);
  expect([busiest?.values, all?.values, busiest && verdict(busiest)]).toEqual([[], [], 'none']);
});
