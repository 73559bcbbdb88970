/** That the looks into journals would see what they are there for. */
import { expect, test } from 'vitest';
import type { HistoryEntry } from '../../src/operator/status/history.ts';
import { descents, repeats } from './journals.ts';
import type { Entry } from './journals.ts';

const ran = (deployment: string): Entry => ({ atMs: 0, event: 'module-state', module: 'notebook', state: 'running', deployment });
const accepted = (hash: string): Entry => ({ atMs: 0, event: 'deployment-accepted', module: 'notebook', hash });
const history = (...sequences: number[]) =>
  sequences.map((sequence) => ({ number: { sequence, time: 0, origin: 'a' } as HistoryEntry['number'] }));

test('a deployment that is activated again, or accepted again, is a repeat; two of one sequence are none', () => {
  expect(repeats([accepted('a'), ran('d1'), accepted('b'), ran('d2')], history(1, 2))).toEqual([]);
  expect(repeats([ran('d1'), ran('d2'), ran('d2')], history(1, 2, 2))).toEqual([]);
  expect(repeats([ran('d1'), ran('d2'), ran('d2')], history(1, 2))).toEqual(['d2 activated 2 times']);
  expect(repeats([accepted('a'), accepted('a')], history(1))).toEqual(['a accepted 2 times']);
});

test('a lower deployment after a higher one is a descent', () => {
  expect(descents([ran('d1'), ran('d1'), ran('d3')])).toEqual([]);
  expect(descents([ran('d1'), ran('d3'), ran('d2')])).toEqual(['d2 after d3']);
});
