/** The simulator's disk. */
import { RunTasks } from '../../../src/sim/node/run-tasks.ts';
import { Disk } from '../../../src/sim/node/disk.ts';
import { markState, readState } from '../../../src/sim/node/provenance.ts';
import { Random } from '../../../src/sdk/virtual/random.ts';
import { Scheduler } from '../../../src/sdk/virtual/scheduler.ts';
import { simulatedDisk } from '../../../src/sim/node/simulated-disk.ts';
import { record } from '../../support/records.ts';
import { diskContract } from './disk.ts';

const DEADLINE_MS = 60_000;

diskContract(async (module) => {
  const scheduler = new Scheduler();
  const disk = new Disk(new Random('disk'), (delayMs, run) => scheduler.after(delayMs, run));
  const opened = () => simulatedDisk({ disk, tasks: new RunTasks(scheduler), now: () => scheduler.now, persisted: () => undefined });
  // An age is of a whole state: one that was taken before the beginning has none.
  await scheduler.run(DEADLINE_MS);
  return {
    disk: opened(),
    reopened: () => {
      disk.content.open();
      return opened();
    },
    checkpoint: (text, ageMs) => {
      const from = { deployment: record(2).hash, stateEpoch: null };
      return { deployment: record(2).hash, stateEpoch: null, state: markState(text, from, scheduler.now - ageMs) };
    },
    said: ({ state }) => String(readState(state).content),
    refuse: (refuses) => void (disk.condition = refuses ? 'full' : 'sound'),
    pass: async (ms) => void (await scheduler.run(scheduler.now + ms)),
    until: async (holds) => {
      if (!(await scheduler.run(scheduler.now + DEADLINE_MS, holds))) throw new Error('it did not come to hold');
    },
    found: async () => {
      const checkpoint = disk.content.checkpoint(module);
      return {
        records: disk.content.records.map(({ hash }) => hash),
        hints: disk.content.hints,
        state: checkpoint && String(readState(checkpoint.state).content),
      };
    },
  };
});
