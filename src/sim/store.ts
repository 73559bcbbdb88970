/** The protocol's persist effects, performed on a simulated disk as the core performs them on a real one. */
import type { Failure, GossipEffect } from '../gossip/protocol.ts';
import type { ModuleName } from '../model/names.ts';
import type { Disk, Write } from './disk.ts';
import { DISK_RETRY_MS } from './effect-queue.ts';

/** What later effects wait for. */
export type PersistEffect = Extract<GossipEffect, { type: `persist-${'configuration' | 'hints' | 'checkpoint'}` | 'drop-checkpoint' }>;

export interface StoreOptions {
  readonly disk: Disk;
  readonly after: (delayMs: number, run: () => void) => void;
  /** The configuration of a persist effect is durable. */
  readonly persisted: () => void;
}

export class Store {
  readonly #options: StoreOptions;
  readonly #newest = new Map<string, Write>();
  /** First writes of each module's checkpoints that are under way, and what waits for them. */
  readonly #writing = new Map<ModuleName, number>();
  readonly #waiting = new Map<ModuleName, (() => void)[]>();

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** `done`: it is durable, or the configuration was refused. What else is refused is tried again, and nothing waits for that or for checkpoints. */
  perform(effect: PersistEffect, done: (refusal: Failure | null) => void): void {
    const what = writeOf(effect);
    if (what.file === 'checkpoint') {
      this.#checkpoint(what, what.module);
      return done(null);
    }
    if (what.file !== 'configuration') return this.#insist(what, () => done(null));
    return this.#options.disk.write(what, (refusal) => {
      if (refusal === null) this.#options.persisted();
      done(refusal);
    });
  }

  /** Does it at once, or when the writes of this module's checkpoint that were asked for are over. */
  afterWrites(module: ModuleName, act: () => void): void {
    if (this.#writing.has(module)) this.#waiting.set(module, [...(this.#waiting.get(module) ?? []), act]);
    else act();
  }

  #checkpoint(what: Write, module: ModuleName): void {
    this.#writing.set(module, (this.#writing.get(module) ?? 0) + 1);
    this.#insist(what, () => {
      const left = (this.#writing.get(module) ?? 1) - 1;
      if (left > 0) return void this.#writing.set(module, left);
      this.#writing.delete(module);
      const waiting = this.#waiting.get(module) ?? [];
      this.#waiting.delete(module);
      for (const act of waiting) act();
    });
  }

  /** Until it succeeds, or something newer takes its place. `tried`: after the first try. */
  #insist(what: Write, tried: () => void): void {
    const name = what.file === 'checkpoint' ? `checkpoint of ${what.module}` : what.file;
    const attempt = (done: () => void): void =>
      this.#options.disk.write(what, (refusal) => {
        if (refusal !== null) this.#options.after(DISK_RETRY_MS, () => this.#newest.get(name) === what && attempt(() => {}));
        done();
      });
    this.#newest.set(name, what);
    attempt(tried);
  }
}

export function isPersist(effect: GossipEffect): effect is PersistEffect {
  return effect.type.startsWith('persist-') || effect.type === 'drop-checkpoint';
}

function writeOf(effect: PersistEffect): Write {
  switch (effect.type) {
    case 'persist-configuration':
      return { file: 'configuration', records: effect.records };
    case 'persist-hints':
      return { file: 'hints', hints: effect.hints };
    case 'persist-checkpoint':
      return { file: 'checkpoint', module: effect.module, checkpoint: effect.checkpoint };
    case 'drop-checkpoint':
      return { file: 'checkpoint', module: effect.module, checkpoint: null };
  }
}
