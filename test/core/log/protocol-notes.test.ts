import { expect, test } from 'vitest';
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
  ['a state that is not given is an error', { event: 'checkpoint', module, why }, 'error'],
  ['and its end is news', { event: 'checkpoint', module, why: null }, 'info'],
  ['a message without an answer is an error', { event: 'receive-failed', module, from: peer(2), failure: why, untold: 0 }, 'error'],
])('in the log, %s', (_, note, level) => {
  expect(levelOf(note)).toBe(level);
});

test('a message without an answer is told with module, peer and place', () => {
  expect(journalEntry({ event: 'receive-failed', module, from: peer(2), failure: why, untold: 7 })).toEqual({
    event: 'receive-failed',
    module: 'counter',
    peer: 'node2',
    from: peer(2).id,
    code: 'GOSSIP_E_MODULE_CRASH',
    why: 'Error: no (at index.mjs:1:2)',
    untold: 7,
  });
});
