/** Writes of states: only their own module waits for them. */
import { expect, test } from 'vitest';
import type { Checkpoint } from '../../src/gossip/protocol.ts';
import { stateOf } from '../../src/model/state-bytes.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { CheckpointWrites } from '../../src/runner/checkpoint-writes.ts';
import { Insistence } from '../../src/runner/insistence.ts';
import type { Disk, Written } from '../../src/runner/ports.ts';
import { record } from '../support/records.ts';

const [MODULE, OTHER] = ['counter' as ModuleName, 'other' as ModuleName];
const checkpoint: Checkpoint = { deployment: record(2).hash, stateEpoch: null, state: stateOf('7') };
const FULL = { code: 'GOSSIP_E_DISK', message: 'full' } as const;

function bench() {
  const writes: Written[] = [];
  const later: (() => void)[] = [];
  const told: (string | null)[] = [];
  const disk = {
    saveCheckpoint: (_module, _checkpoint, _age, done) => void writes.push(done),
    dropCheckpoint: (_module, done) => void writes.push(done),
  } as Partial<Disk> as Disk;
  const insistence = new Insistence({ after: (_, run) => void later.push(run), tell: (what, refusal) => told.push(refusal && what) });
  return { made: new CheckpointWrites(disk, insistence), writes, later, told };
}

const save = { type: 'persist-checkpoint', module: MODULE, checkpoint, ageMs: 0 } as const;

test('the next state of a module is taken when its last one is written, or was refused; other modules wait for nothing', () => {
  const { made, writes } = bench();
  const done: string[] = [];
  made.save(save);
  made.drop({ type: 'drop-checkpoint', module: MODULE });
  made.after(MODULE, () => done.push('taken'));
  made.after(OTHER, () => done.push('of the other'));
  expect(done).toEqual(['of the other']);
  writes[0]?.(FULL);
  expect(done).toEqual(['of the other']);
  writes[1]?.(null);
  made.after(MODULE, () => done.push('at once'));
  expect(done).toEqual(['of the other', 'taken', 'at once']);
});

test('a state that the disk refuses is written again, unless something newer took its place', () => {
  const { made, writes, later, told } = bench();
  made.save(save);
  writes.shift()?.(FULL);
  later.shift()?.();
  expect(writes.length).toBe(1);
  writes.shift()?.(FULL);
  made.drop({ type: 'drop-checkpoint', module: MODULE });
  later.shift()?.();
  expect(writes.length).toBe(1);
  writes.shift()?.(null);
  expect(told).toEqual(['the state of counter', 'the state of counter', null]);
});
