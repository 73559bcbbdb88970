/** The engine's disk, on a simulated one. */
import type { Failure } from '../../gossip/protocol.ts';
import type { Disk as DiskPort, Written } from '../../runner/ports.ts';
import type { RunTasks } from './run-tasks.ts';
import type { Disk, Write } from './disk.ts';
import { readState } from './provenance.ts';

const LOAD_CHECKPOINT_MS = 1;

export interface SimulatedDiskOptions {
  readonly disk: Disk;
  readonly tasks: RunTasks;
  /** The true time. */
  readonly now: () => number;
  /** The configuration on the disk was replaced. */
  readonly persisted: () => void;
}

export function simulatedDisk({ disk, tasks, now, persisted }: SimulatedDiskOptions): DiskPort {
  const write = (what: Write, done: Written): void => disk.write(what, (refusal) => tasks.enter(() => done(refusal)));
  return {
    saveConfiguration: (records, done, steps = [], notes = []) =>
      disk.write({ file: 'configuration', records, steps, notes }, (refusal: Failure | null) => {
        if (refusal === null) persisted();
        tasks.enter(() => done(refusal));
      }),
    saveHints: (hints, done) => write({ file: 'hints', hints }, done),
    saveCheckpoint: (module, checkpoint, _ageMs, done) => write({ file: 'checkpoint', module, checkpoint }, done),
    dropCheckpoint: (module, done) => write({ file: 'checkpoint', module, checkpoint: null }, done),
    loadCheckpoint: (module, done) => {
      const checkpoint = disk.content.checkpoint(module);
      // The state itself says when it was taken, so that no clock is trusted.
      tasks.after(LOAD_CHECKPOINT_MS, () => done(checkpoint, checkpoint === null ? 0 : now() - readState(checkpoint.state).takenAt));
    },
  };
}
