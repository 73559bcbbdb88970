import { expect, it } from 'vitest';
import { distance, nearest } from '../../src/sdk/nearest.ts';

it.each([
  ['join', 'join', 0],
  ['jion', 'join', 1],
  ['jion', 'json', 1],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
  ['ca', 'abc', 3],
])('%o is %o by %i mistakes', (a, b, mistakes) => {
  expect(distance(a, b)).toBe(mistakes);
  expect(distance(b, a)).toBe(mistakes);
});

it('means the nearest name, the first of several, and none that is far away', () => {
  expect(nearest('intervall', ['internal', 'interval'])).toBe('interval');
  expect(nearest('jion', ['join', 'json'])).toBe('join');
  expect(nearest('x', ['join', 'json'])).toBeUndefined();
  expect(nearest('frobnicate', ['status'])).toBeUndefined();
});
