import { expect, test } from 'vitest';
import { MAX_SEQUENCE } from '../../src/model/deployment-number.ts';
import { counted, stretchOf, Stretches } from '../../src/model/stretch.ts';

const LENGTH = 2 ** 24;
const records = (...sequences: number[]) => sequences.map((sequence) => ({ deployment: { number: { sequence } } }) as never);
const counting = (...sequences: number[]): number[] =>
  counted(records(...sequences)).map(({ deployment }: { deployment: { number: { sequence: number } } }) => deployment.number.sequence);

test.each([
  ['rise by one', [1, 2, 3], [1, 2, 3]],
  ['begin anywhere in the first stretch', [LENGTH - 1], [LENGTH - 1]],
  ['go on in the next stretch', [7, LENGTH, 2 * LENGTH - 1], [7, LENGTH, 2 * LENGTH - 1]],
  ['leap over a stretch', [7, 2 * LENGTH], [7]],
  ['begin with a leap', [LENGTH], []],
  ['leap to the bound', [3, 2 ** 33, MAX_SEQUENCE], [3]],
  ['are told in any order', [2 * LENGTH, LENGTH, 7], [2 * LENGTH, LENGTH, 7]],
])('numbers that %s', (_, given, expected) => {
  expect(counting(...given)).toEqual(expected);
});

test('the last stretch reaches up to the bound, and counts when all others are in use', () => {
  const stretches = new Stretches();
  expect([stretchOf(254 * LENGTH), stretchOf(255 * LENGTH), stretchOf(MAX_SEQUENCE)]).toEqual([254, 255, 255]);
  for (let stretch = 0; stretch < 255; stretch += 1) {
    expect(stretches.counts(MAX_SEQUENCE)).toBe(false);
    expect(stretches.add(stretch * LENGTH)).toBe(true);
  }
  expect(stretches.counts(MAX_SEQUENCE)).toBe(true);
});
