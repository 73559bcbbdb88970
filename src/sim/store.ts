/** The protocol's persist effects, performed on a simulated disk as the core performs them on a real one. */
import type { Failure, GossipEffect } from '../gossip/protocol.ts';
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

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** `done`: it is durable, or the configuration was refused. What else is refused is tried again, and nothing waits for it. */
  perform(effect: PersistEffect, done: (refusal: Failure | null) => void): void {
    const what = writeOf(effect);
    if (what.file !== 'configuration') return this.#insist(what, () => done(null));
    return this.#options.disk.write(what, (refusal) => {
      if (refusal === null) this.#options.persisted();
      done(refusal);
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
