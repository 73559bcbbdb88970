/** A core's checkpoints: their age, and what is told when there is none. */
import { expect, test } from 'vitest';
import { Checkpoints } from '../../../src/core/adapters/checkpoints.ts';
import type { CheckpointsParts } from '../../../src/core/adapters/checkpoints.ts';
import type { Checkpoint } from '../../../src/gossip/protocol.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import { stateOf } from '../../../src/model/state-bytes.ts';
import { record } from '../../support/records.ts';

const MODULE = 'counter' as ModuleName;
const NOW = 1_000_000;
const kept: Checkpoint = { deployment: record(2).hash, stateEpoch: null, state: stateOf('7') };

function checkpoints(store: Partial<CheckpointsParts['store']> = {}) {
  const saved: unknown[] = [];
  const journal: unknown[] = [];
  const logged: unknown[] = [];
  const made = new Checkpoints({
    store: {
      load: () => Promise.resolve(kept),
      save: (...args) => Promise.resolve(void saved.push(args)),
      drop: () => Promise.resolve(),
      takenAt: () => Promise.resolve(NOW - 4_000),
      ...store,
    },
    journal: { append: (entry) => void journal.push(entry) },
    clock: { wall: () => NOW },
    log: { error: (fields: unknown) => void logged.push(fields) },
  });
  return { made, saved, journal, logged };
}

test('are saved with the time of their taking, and loaded with their age', async () => {
  const { made, saved, logged } = checkpoints();
  await made.save(MODULE, kept, 300);
  expect(saved).toEqual([[MODULE, kept, NOW - 300]]);
  expect(await made.load(MODULE)).toEqual({ checkpoint: kept, ageMs: 4_000 });
  expect(logged).toEqual([]);
});

test('that are damaged or cannot be read are errors in the log and the journal', async () => {
  const damaged = checkpoints({ load: (_, onDamage) => Promise.resolve(onDamage?.()).then(() => kept) });
  expect(await damaged.made.load(MODULE)).toEqual({ checkpoint: kept, ageMs: 4_000 });
  expect(damaged.journal).toMatchObject([{ event: 'checkpoint-damaged', module: 'counter', code: 'GOSSIP_E_DATA_CORRUPT' }]);
  const unread = checkpoints({ load: () => Promise.reject(new Error('EIO')) });
  expect(await unread.made.load(MODULE)).toEqual({ checkpoint: null, ageMs: 0 });
  expect(unread.logged).toMatchObject([{ module: 'counter', why: 'EIO' }]);
});

test('a state that is not given at the end is an error in the log and the journal', () => {
  const { made, journal, logged } = checkpoints();
  made.failed(MODULE, 'last-checkpoint-failed', { code: 'GOSSIP_E_INTERNAL', message: 'no luck' });
  expect(journal).toEqual([{ event: 'last-checkpoint-failed', module: 'counter', code: 'GOSSIP_E_INTERNAL', why: 'no luck' }]);
  expect(logged).toEqual([{ module: 'counter', code: 'GOSSIP_E_INTERNAL', why: 'no luck' }]);
});
