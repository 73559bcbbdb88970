/** Which benches are meant, and what is said to whoever means none. */
import { expect, test } from 'vitest';
import { chosen } from '../../bench/harness/choice.ts';
import { BENCHES } from '../../bench/measures/all.ts';

const names = (only?: string, apart = false): string[] | string => {
  const benches = chosen(BENCHES, { only, apart });
  return typeof benches === 'string' ? benches : benches.map(({ name }) => name);
};

test('all of them, where nothing is said; but for those that fetch programs of others', () => {
  expect(names()).toEqual(BENCHES.flatMap(({ name }) => (name === 'peers' ? [] : [name])));
  expect(names(undefined, true)).toEqual(BENCHES.map(({ name }) => name));
});

test('those that are named, in the order of all', () => {
  expect(names('idle, overhead,idle')).toEqual(['overhead', 'idle']);
  expect(names('peers')).toEqual(['peers']);
  expect(names('idle', true)).toEqual(['idle', 'peers']);
});

test('what is no bench is named, beside those that there are', () => {
  expect(names('idle,speed')).toBe(`no bench 'speed': choose from ${BENCHES.map(({ name }) => name).join(', ')}`);
});

test.each(['', 'idle,', ','])("names are not to be empty: '%s'", (only) => {
  expect(names(only)).toBe(`--only takes names with commas between them, not '${only}'`);
});
