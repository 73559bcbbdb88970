/** What an asker prefers may be understood, and never does harm. */
import { expect, test } from 'vitest';
import { formatWait, parseWait } from '../../src/api/prefer.ts';

test('a wait in whole seconds is read as it was written', () => {
  for (const ms of [0, 1_000, 6_000, 9_999_000]) expect(parseWait(formatWait(ms))).toBe(ms);
});

test('anything else is as if nothing were said', () => {
  for (const header of [
    undefined,
    '',
    'wait',
    'wait=',
    'wait=-1',
    'wait=1.5',
    'wait=99999',
    'wait=6, respond-async',
    'WAIT=6',
    'x'.repeat(10_000),
  ])
    expect(parseWait(header)).toBeNull();
});
