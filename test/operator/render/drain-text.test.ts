/** What is told of a node that was drained. */
import { expect, test } from 'vitest';
import type { LastState, Left } from '../../../src/core/store/leave-wish.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { drainComplaint, drainExit, drainLines } from '../../../src/operator/render/drain-text.ts';

const saved: LastState = { name: 'registry' as ModuleName, deployment: 'd2', bytes: 58, ageMs: 12, saved: true, why: null };
const hung: LastState = {
  name: 'stubborn' as ModuleName,
  deployment: 'd3',
  bytes: null,
  ageMs: null,
  saved: false,
  why: { code: 'GOSSIP_E_TIMEOUT', message: 'late' },
};

function left(told: number, heard: number, modules: readonly LastState[], already = false): Left {
  return { told, heard, modules, already, at: Date.UTC(2026, 11, 1, 0, 30) };
}

test('all saved and said', () => {
  const answer = left(2, 2, [saved]);
  expect(drainLines(answer)).toEqual([
    'registry d2: saved; a state of 58 bytes is on the disk, 12ms old.',
    'The node has left. 2 of the 2 peers that it told have heard, and pass it on.',
  ]);
  expect([drainExit(answer), drainComplaint(answer)]).toEqual([0, null]);
});

test('who left before is told with when, and ends as it did then', () => {
  expect(drainLines(left(2, 2, [saved], true))).toEqual([
    'It had left before, at 2026-12-01T00:30:00.000Z, and was not started since. What it told then:',
    'registry d2: saved; a state of 58 bytes is on the disk, 12ms old when it left.',
    'The node has left. 2 of the 2 peers that it told have heard, and pass it on.',
  ]);
  expect([left(2, 2, [saved], true), left(2, 2, [hung], true), left(2, 0, [saved], true)].map(drainExit)).toEqual([0, 1, 3]);
});

test('a module whose state is not saved is named, with the reason, and outweighs a goodbye that nobody heard', () => {
  const answer = left(2, 0, [saved, hung]);
  expect(drainLines(answer)).toContain('stubborn d3: NOT saved (late; GOSSIP_E_TIMEOUT); no state is on the disk.');
  expect([drainExit(answer), drainComplaint(answer)]).toEqual([1, expect.stringContaining("'stubborn'")]);
});

test('a goodbye that nobody heard is one only where somebody was told', () => {
  expect(drainExit(left(2, 0, [saved]))).toBe(3);
  expect(drainComplaint(left(2, 0, []))).toContain('GOSSIP_E_NO_GOODBYE');
  expect(drainExit(left(0, 0, []))).toBe(0);
});
