import { expect, test } from 'vitest';
import { isModuleError } from '../../../src/core/log/log.ts';
import { journalEntry, levelOf } from '../../../src/core/log/protocol-notes.ts';
import type { ModuleState, Note } from '../../../src/gossip/protocol.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { peer } from '../../support/records.ts';

const module = 'counter' as ModuleName;
const why = { code: 'GOSSIP_E_MODULE_CRASH', message: 'Error: no (at index.mjs:1:2)' } as const;
const stateOf = (state: ModuleState): Note => ({ event: 'module-state', module, deployment: null, state, why });

test.each<[string, Note, string]>([
  ['a module that fails is an error', stateOf('failed'), 'error'],
  ['one that is held is a warning', stateOf('held'), 'warn'],
  ['one that runs is news', stateOf('running'), 'info'],
  ['a state that is not given is an error', { event: 'checkpoint', module, deployment: 'd1', why }, 'error'],
  ['and its end is news', { event: 'checkpoint', module, deployment: 'd1', why: null }, 'info'],
  [
    'a message without an answer is an error',
    { event: 'receive-failed', module, deployment: 'd1', from: peer(2), failure: why, untold: 0 },
    'error',
  ],
  ['and so is a request', { event: 'request-failed', module, deployment: 'd1', failure: why, untold: 0 }, 'error'],
])('in the log, %s', (_, note, level) => {
  expect(levelOf(note)).toBe(level);
});

test('a message without an answer is told with module, peer and place', () => {
  expect(journalEntry({ event: 'receive-failed', module, deployment: 'd1', from: peer(2), failure: why, untold: 7 })).toEqual({
    event: 'receive-failed',
    module: 'counter',
    deployment: 'd1',
    peer: 'node2',
    from: peer(2).id,
    code: 'GOSSIP_E_MODULE_CRASH',
    why: 'Error: no (at index.mjs:1:2)',
    untold: 7,
  });
});

test('a request without an answer is told with module, deployment and place', () => {
  expect(journalEntry({ event: 'request-failed', module, deployment: 'd1', failure: why, untold: 0 })).toEqual({
    event: 'request-failed',
    module: 'counter',
    deployment: 'd1',
    code: 'GOSSIP_E_MODULE_CRASH',
    why: 'Error: no (at index.mjs:1:2)',
    untold: 0,
  });
});

test("what an instance failed at is kept once: in its module's log; where it ended, and that it is well again, in the node's", () => {
  expect([
    isModuleError('receive-failed', 'error'),
    isModuleError('request-failed', 'error'),
    isModuleError('checkpoint', 'error'),
  ]).toEqual([true, true, true]);
  expect([isModuleError('checkpoint', 'info'), isModuleError('module-state', 'error')]).toEqual([false, false]);
});
