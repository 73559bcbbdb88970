/** Modules' checkpoints as a core keeps them: saved with the time they were taken, loaded with their age. */
import type { Checkpoint, Failure } from '../../gossip/protocol.ts';
import { failureOf } from '../../model/errors.ts';
import type { ModuleName } from '../../model/names.ts';
import { stateBytes } from '../../model/state-bytes.ts';
import type { Clock } from './clock.ts';
import type { Logger } from '../log/log.ts';
import type { CheckpointStore } from '../store/state/checkpoint-store.ts';
import type { Journal } from '../store/state/journal.ts';

export interface CheckpointsParts {
  readonly store: Pick<CheckpointStore, 'load' | 'save' | 'drop' | 'takenAt'>;
  readonly journal: Pick<Journal, 'append'>;
  readonly clock: Pick<Clock, 'wall'>;
  readonly log: Pick<Logger, 'error'>;
  /** Is told how many bytes the state of each module has that lies on the disk. */
  readonly sizes?: Map<ModuleName, number>;
}

export class Checkpoints {
  readonly #parts: CheckpointsParts;

  constructor(parts: CheckpointsParts) {
    this.#parts = parts;
  }

  async save(module: ModuleName, checkpoint: Checkpoint, ageMs: number): Promise<void> {
    const { store, clock, sizes } = this.#parts;
    await store.save(module, checkpoint, clock.wall() - ageMs);
    sizes?.set(module, stateBytes(checkpoint.state));
  }

  async drop(module: ModuleName): Promise<void> {
    await this.#parts.store.drop(module);
    this.#parts.sizes?.delete(module);
  }

  /** Never rejects: what is damaged or cannot be read is told, and an older one, or none, takes its place. */
  async load(module: ModuleName): Promise<{ checkpoint: Checkpoint | null; ageMs: number }> {
    const { store, clock } = this.#parts;
    try {
      const checkpoint = await store.load(module, () => this.#damaged(module));
      if (checkpoint !== null) this.#parts.sizes?.set(module, stateBytes(checkpoint.state));
      return { checkpoint, ageMs: Math.max(0, Math.round(clock.wall() - (await store.takenAt(module)))) };
    } catch (error) {
      this.failed(module, 'checkpoint-unread', failureOf(error));
      return { checkpoint: null, ageMs: 0 };
    }
  }

  #damaged(module: ModuleName): void {
    this.failed(module, 'checkpoint-damaged', {
      code: 'GOSSIP_E_DATA_CORRUPT',
      message: 'a checkpoint is damaged or gone: an older one is taken',
    });
  }

  failed(module: ModuleName, event: string, { code, message: why }: Failure): void {
    this.#parts.journal.append({ event, module, code, why });
    this.#parts.log.error({ module, code, why }, event);
  }
}
