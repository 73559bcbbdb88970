/**
 * Whether the files that hosts are started from are still those that this core was started with. An upgrade under a running
 * core is not a module's fault, and a host of another version would speak other frames.
 */
import { statSync } from 'node:fs';
import { GossipError } from '../../../model/errors.ts';

export class ProgramFiles {
  readonly #seen: ReadonlyMap<string, string>;

  constructor(paths: readonly string[]) {
    this.#seen = new Map(paths.map((path) => [path, markOf(path)]));
  }

  /** Throws GOSSIP_E_PROGRAM when one of them is gone or another one. */
  requireUnchanged(): void {
    for (const [path, mark] of this.#seen) {
      const now = markOf(path);
      if (now === mark) continue;
      const what = now === '' ? 'is gone' : 'was replaced';
      throw new GossipError('GOSSIP_E_PROGRAM', `a file of the program ${what} while the node ran: ${path}`);
    }
  }
}

function markOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? '' : [stat.dev, stat.ino, stat.size, stat.mtimeNs].join(' ');
}
