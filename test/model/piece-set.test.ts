/** Sets of pieces: what was added is in them, and their text says the same. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PieceSet } from '../../src/model/piece-set.ts';
import { MAX_PIECES, pieceBytesFor } from '../../src/model/pieces.ts';
import { MAX_CODE_BYTES } from '../../src/model/manifest.ts';

const sets = fc.integer({ min: 1, max: 200 }).chain((count) => fc.tuple(fc.constant(count), fc.uniqueArray(fc.nat(count - 1))));

test('a set has what was added and not deleted since, and its text gives the same set', () => {
  fc.assert(
    fc.property(sets, fc.array(fc.nat(199)), ([count, added], deleted) => {
      const set = new PieceSet(count, added);
      for (const piece of deleted) set.delete(piece);
      const left = added.filter((piece) => !deleted.includes(piece)).toSorted((a, b) => a - b);
      expect([[...set], set.size, set.isFull]).toEqual([left, left.length, left.length === count]);
      expect([...(PieceSet.parse(set.text, count) ?? [])]).toEqual(left);
    }),
  );
});

test('numbers that no piece has are passed over', () => {
  const set = new PieceSet(9, [-1, 9, 1.5, Number.NaN, 8]);
  expect([[...set], set.has(-1), set.has(9)]).toEqual([[8], false, false]);
});

test.each([
  ['too short', '00', 9],
  ['too long', '000000', 9],
  ['no digits', '0g00', 9],
  ['capitals', '0A00', 9],
  ['pieces beyond the last', '0002', 9],
])('a text that is none is not read: %s', (_, text, count) => {
  expect(PieceSet.parse(text, count)).toBeNull();
});

test('code of any size has a bounded number of pieces', () => {
  for (const bytes of [1, 16_384, 5_000_000, MAX_CODE_BYTES]) {
    expect(Math.ceil(bytes / pieceBytesFor(bytes))).toBeLessThanOrEqual(MAX_PIECES / 2);
  }
  expect(pieceBytesFor(5_000_000)).toBe(16_384);
});
