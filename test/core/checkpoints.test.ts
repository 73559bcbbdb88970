/** A core's checkpoints: their age, the last one, and what is told when there is none. */
import { expect, test } from 'vitest';
import { Checkpoints } from '../../src/core/checkpoints.ts';
import type { CheckpointsParts } from '../../src/core/checkpoints.ts';
import type { Checkpoint, ModuleView } from '../../src/gossip/protocol.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { record } from '../support/records.ts';
import { stateOf } from '../../src/model/state-bytes.ts';

const MODULE = 'counter' as ModuleName;
const NOW = 1_000_000;
const kept: Checkpoint = { deployment: record(2).hash, stateEpoch: null, state: stateOf('7') };
const view = { name: 'counter', generation: 1, stateEpoch: null, running: record(2) } as unknown as ModuleView;

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
    disk: { insist: (_, write) => write() },
    journal: { append: (entry) => void journal.push(entry) },
    clock: { wall: () => NOW },
    log: { error: (fields: unknown) => void logged.push(fields) },
  });
  return { made, saved, journal, logged };
}

test('are saved with the time of their taking, and loaded with their age', async () => {
  const { made, saved, logged } = checkpoints();
  await made.save({ type: 'persist-checkpoint', module: MODULE, checkpoint: kept, ageMs: 300 });
  expect(saved).toEqual([[MODULE, kept, NOW - 300]]);
  expect(await made.load(MODULE)).toEqual({ checkpoint: kept, ageMs: 4_000 });
  expect(logged).toEqual([]);
});

test('the next state of a module is taken when its last one is written, or was refused; other modules wait for nothing', async () => {
  const writes: PromiseWithResolvers<void>[] = [];
  const later = (): Promise<void> => writes[writes.push(Promise.withResolvers<void>()) - 1]?.promise ?? Promise.resolve();
  const { made } = checkpoints({ save: later, drop: later });
  const done: string[] = [];
  const saved = [
    made.save({ type: 'persist-checkpoint', module: MODULE, checkpoint: kept, ageMs: 0 }),
    made.drop(MODULE).then(() => void done.push('dropped')),
  ];
  made.afterWrites(MODULE, () => done.push('taken'));
  made.afterWrites('other' as ModuleName, () => done.push('of the other'));
  expect(done).toEqual(['of the other']);
  writes[0]?.resolve();
  await saved[0];
  expect(done).toEqual(['of the other']);
  writes[1]?.resolve();
  await Promise.all(saved);
  made.afterWrites(MODULE, () => done.push('at once'));
  expect(done).toEqual(['of the other', 'dropped', 'taken', 'at once']);
});

test('that are damaged or cannot be read are errors in the log and the journal', async () => {
  const damaged = checkpoints({ load: (_, onDamage) => Promise.resolve(onDamage?.()).then(() => kept) });
  expect(await damaged.made.load(MODULE)).toEqual({ checkpoint: kept, ageMs: 4_000 });
  expect(damaged.journal).toMatchObject([{ event: 'checkpoint-damaged', module: 'counter', code: 'GOSSIP_E_DATA_CORRUPT' }]);
  const unread = checkpoints({ load: () => Promise.reject(new Error('EIO')) });
  expect(await unread.made.load(MODULE)).toEqual({ checkpoint: null, ageMs: 0 });
  expect(unread.logged).toMatchObject([{ module: 'counter', why: 'EIO' }]);
});

test('the last state of an instance is kept', async () => {
  const { made, saved, journal } = checkpoints();
  await made.last(view, { takeState: () => Promise.resolve(kept.state) });
  expect([saved, journal]).toEqual([[[MODULE, kept]], []]);
});

test('a state that is not given at the end is an error in the log and the journal', async () => {
  const { made, saved, journal, logged } = checkpoints();
  await made.last(view, { takeState: () => Promise.reject(new Error('no luck')) });
  expect(saved).toEqual([]);
  expect(journal).toEqual([{ event: 'last-checkpoint-failed', module: 'counter', code: 'GOSSIP_E_INTERNAL', why: 'no luck' }]);
  expect(logged).toEqual([{ module: 'counter', code: 'GOSSIP_E_INTERNAL', why: 'no luck' }]);
});
