/** What a node that leaves says of its modules' states. */
import { expect, test } from 'vitest';
import { tellLastStates } from '../../src/core/last-states.ts';
import type { LastStateParts } from '../../src/core/last-states.ts';
import type { ModuleView } from '../../src/gossip/protocol.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { record } from '../support/records.ts';

const NOW = 1_000_000;
const NAME = 'counter' as ModuleName;
const LATE = { code: 'GOSSIP_E_TIMEOUT', message: 'late' } as const;
const FAILED = { code: 'GOSSIP_E_MODULE_HUNG', message: 'hangs' } as const;

function shown(what: Partial<ModuleView> = {}): ModuleView {
  return { name: NAME, state: 'running', running: record(1), newest: record(2), why: null, ...what } as ModuleView;
}

function parts(takenAt: () => Promise<number> = () => Promise.resolve(NOW - 40)): LastStateParts {
  return { data: { checkpoints: { takenAt } }, clock: { forward: () => 0, wall: () => NOW }, sizes: new Map([[NAME, 7]]) };
}

test('a state that was written last is saved, and told with its size and age', async () => {
  expect(await tellLastStates([shown()], new Map([[NAME, null]]), parts())).toEqual([
    { name: NAME, deployment: 'd1', bytes: 7, ageMs: 40, saved: true, why: null },
  ]);
});

test('one that was not given is not, and the reason is told with what lies there', async () => {
  expect(
    await tellLastStates(
      [shown()],
      new Map([[NAME, LATE]]),
      parts(() => Promise.resolve(NOW - 60_000)),
    ),
  ).toEqual([{ name: NAME, deployment: 'd1', bytes: 7, ageMs: 60_000, saved: false, why: LATE }]);
});

test('of a module that does not run nothing is saved, whatever lies on the disk', async () => {
  const failed = shown({ state: 'failed', running: null, why: FAILED });
  expect(await tellLastStates([failed], new Map(), parts())).toMatchObject([{ deployment: 'd2', ageMs: 40, saved: false, why: FAILED }]);
  expect(await tellLastStates([shown()], new Map(), parts())).toMatchObject([{ saved: false, why: { code: 'GOSSIP_E_MODULE_ABSENT' } }]);
});

test.each([
  ['there is none', () => Promise.resolve(0)],
  ['the disk cannot be read', () => Promise.reject(new Error('EIO'))],
])('neither size nor age is told where %s', async (_, takenAt) => {
  expect(await tellLastStates([shown()], new Map([[NAME, LATE]]), parts(takenAt))).toMatchObject([
    { bytes: null, ageMs: null, saved: false },
  ]);
});

test('removed modules, and those not chosen, are passed over', async () => {
  expect(await tellLastStates([shown({ state: 'stopped' })], new Map(), parts())).toEqual([]);
});
