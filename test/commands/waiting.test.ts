/** How the end of a waiting is told. */
import { expect, it } from 'vitest';
import { convergedText } from '../../src/commands/terminal/waiting.ts';

const seen = {
  outcome: 'converged' as const,
  nodes: 3,
  superseded: 0,
  elsewhere: 0,
  answered: 3,
  stragglers: [],
  silent: [],
  calling: [],
  gone: [],
  remarks: [],
  elapsedMs: 1_400,
};

it.each([
  [{}, 'd2 is in force on all 3 nodes after 1.4s.'],
  [{ elapsedMs: 0 }, 'd2 is in force on all 3 nodes.'],
  [{ nodes: 1 }, 'd2 is in force on the one node after 1.4s.'],
  [{ superseded: 1 }, 'd2 is in force on 2 of 3 nodes after 1.4s; 1 runs a newer deployment that came meanwhile.'],
  [{ superseded: 3 }, 'd2 was replaced: all 3 nodes run a newer deployment that came meanwhile.'],
  [{ nodes: 1, superseded: 1 }, 'd2 was replaced: the one node runs a newer deployment that came meanwhile.'],
])('what was replaced is not in force: %j', (changes, text) => expect(convergedText('d2', { ...seen, ...changes })).toBe(text));
