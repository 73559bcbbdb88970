/**
 * Modules' checkpoints as a core keeps them: saved with the time of their taking, loaded with their age, and a last one when the node stops.
 * Nobody waits for the disk but the module itself: its next state is taken when its last one is written, so that no two pile up.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Checkpoint, EffectOf, ModuleView } from '../gossip/protocol.ts';
import { GossipError } from '../model/errors.ts';
import type { ModuleName } from '../model/names.ts';
import { LAST_STATE_MS } from '../sdk/limits.ts';
import type { Clock } from './clock.ts';
import type { DiskTrouble } from './disk-trouble.ts';
import type { ModuleHost } from './hosting/host.ts';
import { failureOf } from './instances.ts';
import type { Logger } from './log.ts';
import type { CheckpointStore } from './store/checkpoint-store.ts';
import type { Journal } from './store/journal.ts';

export interface CheckpointsParts {
  readonly store: Pick<CheckpointStore, 'load' | 'save' | 'drop' | 'takenAt'>;
  readonly disk: Pick<DiskTrouble, 'insist'>;
  readonly journal: Pick<Journal, 'append'>;
  readonly clock: Pick<Clock, 'wall'>;
  readonly log: Pick<Logger, 'error'>;
}

export class Checkpoints {
  readonly #parts: CheckpointsParts;
  /** The last write of each module that is not done. */
  readonly #writes = new Map<ModuleName, Promise<void>>();

  constructor(parts: CheckpointsParts) {
    this.#parts = parts;
  }

  save({ module, checkpoint, ageMs }: EffectOf<'persist-checkpoint'>): Promise<void> {
    const { store, disk, clock } = this.#parts;
    const takenAt = clock.wall() - ageMs;
    return this.#write(
      module,
      disk.insist(nameOf(module), () => store.save(module, checkpoint, takenAt)),
    );
  }

  drop(module: ModuleName): Promise<void> {
    return this.#write(
      module,
      this.#parts.disk.insist(nameOf(module), () => this.#parts.store.drop(module)),
    );
  }

  /** Does it at once, or when everything that was to be written of this module so far is written, or was refused once. */
  afterWrites(module: ModuleName, act: () => void): void {
    const writing = this.#writes.get(module);
    if (writing === undefined) act();
    else void writing.then(act);
  }

  /** Never rejects: what is damaged or cannot be read is told, and an older one, or none, takes its place. */
  async load(module: ModuleName): Promise<{ checkpoint: Checkpoint | null; ageMs: number }> {
    const { store, clock } = this.#parts;
    try {
      const checkpoint = await store.load(module, () => this.#damaged(module));
      return { checkpoint, ageMs: Math.max(0, Math.round(clock.wall() - (await store.takenAt(module)))) };
    } catch (error) {
      this.#fail(module, 'checkpoint-unread', error);
      return { checkpoint: null, ageMs: 0 };
    }
  }

  /** Never rejects: without a last checkpoint the one before stays, and the node's next start says how old that is. */
  async last({ name, stateEpoch, running }: ModuleView, host: Pick<ModuleHost, 'takeState'> | undefined): Promise<void> {
    if (!host || !running) return;
    try {
      const state = await Promise.race([host.takeState(), tooLate()]);
      await this.#parts.store.save(name, { deployment: running.hash, stateEpoch, state });
    } catch (error) {
      this.#fail(name, 'last-checkpoint-failed', error);
    }
  }

  #write(module: ModuleName, tried: Promise<void>): Promise<void> {
    const write = tried.finally(() => this.#writes.get(module) === write && this.#writes.delete(module));
    this.#writes.set(module, write);
    return write;
  }

  #damaged(module: ModuleName): void {
    this.#fail(
      module,
      'checkpoint-damaged',
      new GossipError('GOSSIP_E_DATA_CORRUPT', 'a checkpoint is damaged or gone: an older one is taken'),
    );
  }

  #fail(module: ModuleName, event: string, error: unknown): void {
    const { code, message: why } = failureOf(error);
    this.#parts.journal.append({ event, module, code, why });
    this.#parts.log.error({ module, code, why }, event);
  }
}

function nameOf(module: ModuleName): string {
  return `the state of ${module}`;
}

async function tooLate(): Promise<never> {
  await wait(LAST_STATE_MS, undefined, { ref: false });
  throw new GossipError('GOSSIP_E_TIMEOUT', `transferState() did not end within ${LAST_STATE_MS} ms`);
}
