/** So many requests of one module are with the core; those beyond wait for their place unread, in their own connections, instead of being refused. */
import { GossipError } from '../../model/errors.ts';
import type { ModuleName } from '../../model/names.ts';
import type { DoorLimits } from './limits.ts';

interface Line {
  inside: number;
  readonly waiting: Set<() => void>;
}

export interface LinesOptions {
  /** Requests of one module with the core. */
  readonly places: number;
  /** How long one may wait for a place. */
  readonly waitMs: number;
}

export function linesOf({ placesPerModule: places, placeMs: waitMs }: DoorLimits): Lines {
  return new Lines({ places, waitMs });
}

export class Lines {
  readonly #options: LinesOptions;
  /** Of modules that are asked now. */
  readonly #lines = new Map<ModuleName, Line>();

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  /** Resolves with a place, which must be given back by `leave`; rejects where none came free in time. How many wait is bounded by their connections. */
  async enter(module: ModuleName): Promise<void> {
    const line = this.#lines.get(module) ?? { inside: 0, waiting: new Set() };
    this.#lines.set(module, line);
    if (line.inside < this.#options.places) {
      line.inside += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(() => {
      line.waiting.delete(enter);
      reject(new GossipError('GOSSIP_E_BUSY', `${module} has too many requests: this one waited for ${this.#options.waitMs} ms`));
    }, this.#options.waitMs);
    const enter = (): void => {
      clearTimeout(late);
      resolve();
    };
    line.waiting.add(enter);
    await promise;
  }

  /** Whoever waited longest has the place. */
  leave(module: ModuleName): void {
    const line = this.#lines.get(module);
    if (line === undefined) return;
    const [next] = line.waiting;
    if (next !== undefined) {
      line.waiting.delete(next);
      return next();
    }
    line.inside -= 1;
    if (line.inside === 0) this.#lines.delete(module);
    return undefined;
  }
}
