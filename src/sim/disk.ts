/** A node's disk: what was written survives a crash, what was still being written may not. */
import type { Checkpoint, Hint } from '../gossip/protocol.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { ContentHash, ModuleName } from '../model/names.ts';
import type { Random } from './random.ts';

/** All that is durable. Configuration and checkpoints hold whole values: a write replaces one at once or not at all. */
export interface DiskContent {
  records: readonly VerifiedDeployment[];
  hints: readonly Hint[];
  incarnation: number;
  readonly checkpoints: Map<ModuleName, Checkpoint>;
  readonly codes: Set<ContentHash>;
}

export class Disk {
  readonly content: DiskContent = { records: [], hints: [], incarnation: 0, checkpoints: new Map(), codes: new Set() };
  readonly #random: Random;
  readonly #after: (delayMs: number, run: () => void) => void;
  /** Writes that are not yet durable. */
  readonly #pending = new Set<() => void>();

  /** `after`: the virtual clock. */
  constructor(random: Random, after: (delayMs: number, run: () => void) => void) {
    this.#random = random;
    this.#after = after;
  }

  /** Applies a change to the content and says so, once it is durable. */
  write(change: (content: DiskContent) => void, done: () => void): void {
    const apply = (): void => change(this.content);
    this.#pending.add(apply);
    this.#after(this.#random.between(WRITE_MS.min, WRITE_MS.max), () => {
      if (!this.#pending.delete(apply)) return;
      apply();
      done();
    });
  }

  /** A crash: of the writes under way each one may have reached the disk or not, and nobody will hear of it. */
  crash(): void {
    for (const apply of this.#pending) if (this.#random.chance(0.5)) apply();
    this.#pending.clear();
  }
}

/** From the first byte to the return of fsync. */
const WRITE_MS = { min: 0.5, max: 8 };
