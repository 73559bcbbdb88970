/** Tables that drop what was set longest ago. */
import { expect, test } from 'vitest';
import { BoundedMap, BoundedSet } from '../../src/model/bounded.ts';

test('a full map drops what was set longest ago, and tells it', () => {
  const dropped: number[] = [];
  const map = new BoundedMap<string, number>(2, (value) => dropped.push(value));
  map.set('a', 1).set('b', 2).set('c', 3);
  expect([[...map], dropped]).toEqual([
    [
      ['b', 2],
      ['c', 3],
    ],
    [1],
  ]);
});

test('what is set again counts as new, and costs nobody a place', () => {
  const map = new BoundedMap<string, number>(2);
  map.set('a', 1).set('b', 2).set('a', 3).set('c', 4);
  expect([...map]).toEqual([
    ['a', 3],
    ['c', 4],
  ]);
});

test('a full set drops what was added longest ago', () => {
  const set = new BoundedSet<string>(2);
  set.add('a').add('b').add('a').add('c');
  expect([...set]).toEqual(['a', 'c']);
});
