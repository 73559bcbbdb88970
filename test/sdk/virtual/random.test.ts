/** Chance from one seed: repeatable, evenly spread, and independent of who else draws. */
import { expect, test } from 'vitest';
import { Random } from '../../../src/sdk/virtual/random.ts';

function draws(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.next());
}

test('the same name gives the same numbers, another name gives others', () => {
  expect(draws(new Random('seed 1'), 100)).toEqual(draws(new Random('seed 1'), 100));
  expect(draws(new Random('seed 2'), 100)).not.toEqual(draws(new Random('seed 1'), 100));
});

test('a fork does not depend on what its parent or its siblings drew', () => {
  const [idle, busy] = [new Random('seed 1'), new Random('seed 1')];
  draws(busy, 50);
  draws(busy.fork('a'), 50);
  expect(draws(busy.fork('b'), 20)).toEqual(draws(idle.fork('b'), 20));
  expect(draws(idle.fork('a'), 20)).not.toEqual(draws(idle.fork('b'), 20));
});

test('numbers lie in [0, 1) and fill it evenly, also over the first draws of many seeds', () => {
  for (const numbers of [
    draws(new Random('seed 1'), 20_000),
    Array.from({ length: 20_000 }, (_, seed) => new Random(`seed ${seed}`).next()),
  ]) {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const number of numbers) tenths[Math.floor(number * 10)] = (tenths[Math.floor(number * 10)] ?? Number.NaN) + 1;
    for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(250);
  }
});

test('a sample is distinct, drawn from the whole, and never larger than it', () => {
  const random = new Random('seed 1');
  const from = [1, 2, 3, 4, 5];
  expect(random.sample(from, 9).toSorted((a, b) => a - b)).toEqual(from);
  const seen = new Set(Array.from({ length: 200 }, () => random.sample(from, 2).join()));
  expect(seen.size).toBe(20);
});
