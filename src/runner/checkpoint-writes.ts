/**
 * Writes of modules' states. Nothing waits for them but the module itself: its next state is taken, and its last one read, only when its
 * pending write is done. So no two pile up, and no large state holds up the others.
 */
import type { EffectOf } from '../gossip/protocol.ts';
import type { ModuleName } from '../model/names.ts';
import type { Insistence } from './insistence.ts';
import type { Disk, Written } from './ports.ts';

export class CheckpointWrites {
  readonly #disk: Disk;
  readonly #insistence: Insistence;
  /** First tries under way, and what waits for them. */
  readonly #modules = new Map<ModuleName, { open: number; readonly waiting: (() => void)[] }>();

  constructor(disk: Disk, insistence: Insistence) {
    this.#disk = disk;
    this.#insistence = insistence;
  }

  save({ module, checkpoint, ageMs }: EffectOf<'persist-checkpoint'>): void {
    this.#write(module, (done) => this.#disk.saveCheckpoint(module, checkpoint, ageMs, done));
  }

  drop({ module }: EffectOf<'drop-checkpoint'>): void {
    this.#write(module, (done) => this.#disk.dropCheckpoint(module, done));
  }

  /** Does it at once, or when everything that was to be written of this module so far is written, or was refused once. */
  after(module: ModuleName, act: () => void): void {
    const writing = this.#modules.get(module);
    if (writing === undefined) act();
    else writing.waiting.push(act);
  }

  #write(module: ModuleName, write: (done: Written) => void): void {
    const writing = this.#modules.get(module) ?? { open: 0, waiting: [] };
    writing.open += 1;
    this.#modules.set(module, writing);
    this.#insistence.write(`the state of ${module}`, write, () => {
      writing.open -= 1;
      if (writing.open > 0) return;
      this.#modules.delete(module);
      for (const act of writing.waiting) act();
    });
  }
}
