import { expect, test } from 'vitest';
import { lastCheckpoint } from '../../src/core/last-checkpoint.ts';
import type { ModuleView } from '../../src/gossip/protocol.ts';
import { record } from '../support/records.ts';

/** The checkpoints, the journal and the log after the end of a node whose only instance gives its state like this. */
async function ending(takeState: () => Promise<string>) {
  const saved: unknown[] = [];
  const journal: unknown[] = [];
  const logged: unknown[] = [];
  const view = { name: 'counter', generation: 1, stateEpoch: null, running: record(2) } as unknown as ModuleView;
  await lastCheckpoint(view, {
    instances: { host: () => ({ takeState }) as never },
    checkpoints: { save: (_, checkpoint) => Promise.resolve(void saved.push(checkpoint)) },
    journal: { append: (entry) => void journal.push(entry) },
    log: { error: (fields: unknown) => void logged.push(fields) } as never,
  });
  return { saved, journal, logged };
}

test('the last state of an instance is kept', async () => {
  const kept = { deployment: record(2).hash, stateEpoch: null, state: '7' };
  expect(await ending(() => Promise.resolve('7'))).toEqual({ saved: [kept], journal: [], logged: [] });
});

test('a state that is not given at the end is an error in the log and the journal', async () => {
  const { saved, journal, logged } = await ending(() => Promise.reject(new Error('no luck')));
  expect(saved).toEqual([]);
  expect(journal).toEqual([{ event: 'last-checkpoint-failed', module: 'counter', code: 'GOSSIP_E_INTERNAL', why: 'no luck' }]);
  expect(logged).toMatchObject([{ module: 'counter', error: 'no luck' }]);
});
