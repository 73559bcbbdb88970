/** Which code a node keeps on its disk, and the order in which it is evicted when the disk is full. */
import type { ContentHash } from '../model/names.ts';
import type { Configuration } from './configuration.ts';

/** Deployments of each module whose code is kept for rollbacks; rendezvous nodes keep that of all. */
const KEPT_CODES = 10;

export class KeptCodes {
  readonly #configuration: Pick<Configuration, 'modules' | 'newest' | 'history' | 'past'>;
  readonly #running: () => readonly ContentHash[];

  /** `running`: code of what runs, is starting or should run. */
  constructor(configuration: Pick<Configuration, 'modules' | 'newest' | 'history' | 'past'>, running: () => readonly ContentHash[]) {
    this.#configuration = configuration;
    this.#running = running;
  }

  inUse(keepsAll: boolean): ContentHash[] {
    const kept = [...this.#configuration.modules()].flatMap((module) => {
      const history = this.#configuration.history(module);
      return keepsAll ? history : history.slice(0, KEPT_CODES);
    });
    return [
      ...new Set([...this.#running(), ...[...kept, ...this.#configuration.past].flatMap(({ deployment }) => deployment.code?.hash ?? [])]),
    ];
  }

  /** Must stay, whatever the disk says: what runs or is about to, and the newest of each module. */
  needed(): ContentHash[] {
    const newest = [...this.#configuration.modules()].flatMap((module) => this.#configuration.newest(module)?.deployment.code?.hash ?? []);
    return [...new Set([...this.#running(), ...newest])];
  }

  /** Kept for rollbacks alone, in the order in which it gives way: what lies deepest in its module's history first. */
  spare(): ContentHash[] {
    const needed = new Set(this.needed());
    const depth = new Map<ContentHash, number>();
    for (const module of this.#configuration.modules())
      for (const [index, { deployment }] of this.#configuration.history(module).entries())
        if (deployment.code) depth.set(deployment.code.hash, Math.min(index, depth.get(deployment.code.hash) ?? index));
    return [...depth]
      .filter(([code]) => !needed.has(code))
      .toSorted(([, a], [, b]) => b - a)
      .map(([code]) => code);
  }
}
