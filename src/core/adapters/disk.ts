/** The engine's disk: the stores of the data directory. */
import type { Disk, Written } from '../../runner/ports.ts';
import type { Checkpoints } from './checkpoints.ts';
import { settleWrite } from './settle.ts';
import type { DataDirectory } from '../store/data-directory.ts';
import type { UnderWay } from './under-way.ts';

export interface DiskParts extends Pick<DataDirectory, 'configuration' | 'hints'> {
  readonly checkpoints: Pick<Checkpoints, 'save' | 'drop' | 'load'>;
  /** Has every write until it ended. */
  readonly work: Pick<UnderWay, 'track'>;
}

export function diskOf({ configuration, hints, checkpoints, work }: DiskParts): Disk {
  const write = (writing: Promise<unknown>, done: Written): void => void work.track(settleWrite(writing, done));
  return {
    saveConfiguration: (records, done, steps, notes) => write(configuration.save(records, steps, notes), done),
    saveHints: (known, done) => write(hints.save(known), done),
    saveCheckpoint: (module, checkpoint, ageMs, done) => write(checkpoints.save(module, checkpoint, ageMs), done),
    dropCheckpoint: (module, done) => write(checkpoints.drop(module), done),
    loadCheckpoint: (module, done) => void checkpoints.load(module).then(({ checkpoint, ageMs }) => done(checkpoint, ageMs)),
  };
}
