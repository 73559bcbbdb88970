/** Who keeps a place among the members, and who does not. */
import { expect, test } from 'vitest';
import { Roll } from '../../src/core/roll.ts';
import type { NodeId } from '../../src/model/names.ts';

const id = (number: number): NodeId => number.toString(16).padStart(64, '0') as NodeId;
const many = (count: number, from = 1): NodeId[] => Array.from({ length: count }, (_, index) => id(from + index));
const placed = (roll: Roll): unknown[] => roll.kept().slice(0, -1);

test('20,010 ids of one token take its places and no more; those of other tokens and those from before stay', () => {
  const before = many(3);
  const roll = new Roll(before);
  for (const other of many(5, 100)) roll.admit(other, 'other');
  for (const each of many(20_010, 1_000)) roll.admit(each, 'stolen');
  expect(roll.kept()).toHaveLength(3 + 5 + 4_096 + 1);
  expect([...before, ...many(5, 100)].every((each) => roll.has(each))).toBe(true);
  expect([roll.has(id(1_000)), roll.has(id(1_000 + 20_009)), roll.has(id(1_000 + 10_000))]).toEqual([true, true, false]);
});

test('a guest that proves itself takes the place of the last that did not, and never of one that did', () => {
  const roll = new Roll([], { members: 3, perToken: 3, guests: 3 });
  for (const each of many(3)) roll.admit(each, 'token');
  roll.proved(id(3));
  expect([roll.admit(id(4), 'token'), roll.proved(id(4))]).toEqual([false, true]);
  expect(placed(roll)).toEqual([id(1), id(3), id(4)]);
  roll.proved(id(1));
  roll.admit(id(5), 'token');
  expect([roll.proved(id(5)), roll.has(id(5)), placed(roll)]).toEqual([false, true, [id(1), id(3), id(4)]]);
});

test('where all places are taken, a guest of another token takes one of the token with most that never proved themselves', () => {
  const roll = new Roll([], { members: 4, perToken: 3, guests: 3 });
  for (const each of many(3)) roll.admit(each, 'crowd');
  roll.admit(id(4), 'one');
  roll.admit(id(5), 'two');
  expect([roll.proved(id(5)), placed(roll)]).toEqual([true, [id(1), id(2), id(4), id(5)]]);
});

test('proof by somebody who was never admitted is none', () => {
  const roll = new Roll([]);
  expect([roll.proved(id(1)), roll.has(id(1)), placed(roll)]).toEqual([false, false, []]);
});

test('what was kept comes back: ids, tokens and proofs', () => {
  const limits = { members: 9, perToken: 2, guests: 1 };
  const roll = new Roll([id(9)], limits);
  for (const each of many(2)) roll.admit(each, 'a');
  roll.admit(id(3), 'b');
  roll.proved(id(2));
  const again = new Roll(JSON.parse(JSON.stringify(roll.kept())), limits);
  expect(again.kept()).toEqual(roll.kept());
  expect([again.admit(id(4), 'a'), again.admit(id(5), 'b'), again.proved(id(2))]).toEqual([false, true, false]);
});

test.each([null, 7, {}, 'x', [{}], [id(1), { tokens: 'x', of: [0], proven: [0] }], [id(1), { tokens: ['a'], of: [9], proven: [-1] }]])(
  'of a roll like %j what can be read is taken',
  (kept) => {
    const roll = new Roll(kept);
    expect(placed(roll)).toEqual(Array.isArray(kept) && kept[0] === id(1) ? [id(1)] : []);
  },
);
