import { expect, it } from 'vitest';
import { parseCount } from '../../src/model/count.ts';

it.each([
  ['0', {}, 0],
  ['007', { min: 1 }, 7],
  ['-3', { min: -3 }, -3],
  ['9007199254740991', {}, Number.MAX_SAFE_INTEGER],
])('reads %s within %o', (text, bounds, count) => expect(parseCount(text, bounds)).toBe(count));

it.each([
  ['many', {}, "'many' is not a whole number"],
  ['1.5', {}, "'1.5' is not a whole number"],
  ['', {}, "'' is not a whole number"],
  ['1e3', {}, "'1e3' is not a whole number"],
  ['-1', {}, '-1 is less than 0'],
  ['0', { min: 1, max: 9 }, '0 is less than 1'],
  ['10', { min: 1, max: 9 }, '10 is more than 9'],
  ['9007199254740992', {}, '9007199254740992 is more than 9007199254740991'],
])('refuses %s within %o', (text, bounds, message) =>
  expect(() => parseCount(text, bounds)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_USAGE', message })),
);
