/** Who keeps a place among the members, and who does not. */
import { expect, test } from 'vitest';
import { MemberList } from '../../../src/core/admission/member-list.ts';
import type { NodeId } from '../../../src/model/names.ts';

const id = (number: number): NodeId => number.toString(16).padStart(64, '0') as NodeId;
const many = (count: number, from = 1): NodeId[] => Array.from({ length: count }, (_, index) => id(from + index));
const placed = (list: MemberList): unknown[] => list.kept().slice(0, -1);

test('20,010 ids of one token take its places and no more; those of other tokens and those from before stay', () => {
  const before = many(3);
  const list = new MemberList(before);
  for (const other of many(5, 100)) list.admit(other, 'other');
  for (const each of many(20_010, 1_000)) list.admit(each, 'stolen');
  expect(list.kept()).toHaveLength(3 + 5 + 4_096 + 1);
  expect([...before, ...many(5, 100)].every((each) => list.has(each))).toBe(true);
  expect([list.has(id(1_000)), list.has(id(1_000 + 20_009)), list.has(id(1_000 + 10_000))]).toEqual([true, true, false]);
});

test('a guest that proves itself takes the place of the last that did not, and never of one that did', () => {
  const list = new MemberList([], { members: 3, perToken: 3, guests: 3 });
  for (const each of many(3)) list.admit(each, 'token');
  list.proved(id(3));
  expect([list.admit(id(4), 'token'), list.proved(id(4))]).toEqual([false, true]);
  expect(placed(list)).toEqual([id(1), id(3), id(4)]);
  list.proved(id(1));
  list.admit(id(5), 'token');
  expect([list.proved(id(5)), list.has(id(5)), placed(list)]).toEqual([false, true, [id(1), id(3), id(4)]]);
});

test('where all places are taken, a guest of another token takes one of the token with most that never proved themselves', () => {
  const list = new MemberList([], { members: 4, perToken: 3, guests: 3 });
  for (const each of many(3)) list.admit(each, 'crowd');
  list.admit(id(4), 'one');
  list.admit(id(5), 'two');
  expect([list.proved(id(5)), placed(list)]).toEqual([true, [id(1), id(2), id(4), id(5)]]);
});

test('proof by somebody who was never admitted is none', () => {
  const list = new MemberList([]);
  expect([list.proved(id(1)), list.has(id(1)), placed(list)]).toEqual([false, false, []]);
});

test('what was kept comes back: ids, tokens and proofs', () => {
  const limits = { members: 9, perToken: 2, guests: 1 };
  const list = new MemberList([id(9)], limits);
  for (const each of many(2)) list.admit(each, 'a');
  list.admit(id(3), 'b');
  list.proved(id(2));
  const again = new MemberList(JSON.parse(JSON.stringify(list.kept())), limits);
  expect(again.kept()).toEqual(list.kept());
  expect([again.admit(id(4), 'a'), again.admit(id(5), 'b'), again.proved(id(2))]).toEqual([false, true, false]);
});

test.each([null, 7, {}, 'x', [{}], [id(1), { tokens: 'x', of: [0], proven: [0] }], [id(1), { tokens: ['a'], of: [9], proven: [-1] }]])(
  'of a list like %j what can be read is taken',
  (kept) => {
    const list = new MemberList(kept);
    expect(placed(list)).toEqual(Array.isArray(kept) && kept[0] === id(1) ? [id(1)] : []);
  },
);
