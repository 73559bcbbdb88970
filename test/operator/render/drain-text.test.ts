/** What is told of a node that was drained. */
import { expect, test } from 'vitest';
import type { LastState } from '../../../src/core/store/leave-wish.ts';
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

test('all saved and said', () => {
  const answer = { told: 2, heard: 2, modules: [saved] };
  expect(drainLines(answer)).toEqual([
    'registry d2: saved; a state of 58 bytes is on the disk, 12ms old.',
    'The node has left. 2 of the 2 peers that it told have heard, and pass it on.',
  ]);
  expect([drainExit(answer), drainComplaint(answer)]).toEqual([0, null]);
});

test('a module whose state is not saved is named, with the reason, and outweighs a goodbye that nobody heard', () => {
  const answer = { told: 2, heard: 0, modules: [saved, hung] };
  expect(drainLines(answer)).toContain('stubborn d3: NOT saved (late; GOSSIP_E_TIMEOUT); no state is on the disk.');
  expect([drainExit(answer), drainComplaint(answer)]).toEqual([1, expect.stringContaining("'stubborn'")]);
});

test('a goodbye that nobody heard is one only where somebody was told', () => {
  expect(drainExit({ told: 2, heard: 0, modules: [saved] })).toBe(3);
  expect(drainComplaint({ told: 2, heard: 0, modules: [] })).toContain('GOSSIP_E_NO_GOODBYE');
  expect(drainExit({ told: 0, heard: 0, modules: [] })).toBe(0);
});
