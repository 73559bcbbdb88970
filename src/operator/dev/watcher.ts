/**
 * Notices that something in the project may have changed. Each directory has a watch of its own: those of the system are told by inode, so a
 * directory that was removed and made anew needs a new one, and those that Node puts on a whole tree would lie on node_modules, too. Whatever they
 * miss, a look now and then finds.
 */
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { relative, sep } from 'node:path';
import { isIgnored } from './sources.ts';
import type { Seen } from './sources.ts';

/** Between two looks while the system tells of changes, and where it does not: watches may be used up, or the disk one of the network. */
const LOOK_MS = 2_000;
const LOOK_ALONE_MS = 500;

export interface Watching {
  readonly root: string;
  readonly look: () => Promise<Seen>;
  /** Something may have changed. */
  readonly onChange: () => void;
  /** A look failed: the project is not there any more, say. */
  readonly onError: (error: unknown) => void;
  /** The system does not tell of changes: why. Once. */
  readonly onAlone: (why: string) => void;
}

export class Watcher {
  readonly #watching: Watching;
  readonly #watches = new Map<string, { readonly identity: string; readonly watch: FSWatcher }>();
  #timer: NodeJS.Timeout | undefined;
  #isAlone = false;
  #isEnded = false;
  #stamp: string | undefined;

  constructor(watching: Watching) {
    this.#watching = watching;
  }

  /** Begins with what was seen last. */
  start(seen: Seen): void {
    this.#stamp = seen.stamp;
    this.follow(seen);
    this.#rest();
  }

  /** Watches the directories that are there now. Whoever looks tells what he saw. */
  follow({ directories, stamp }: Seen): void {
    if (this.#isEnded) return;
    this.#stamp = stamp;
    for (const [path, { identity, watch: old }] of this.#watches) {
      if (directories.get(path) === identity) continue;
      old.close();
      this.#watches.delete(path);
    }
    const isFirst = this.#watches.size === 0;
    const come = [...directories].filter(([path]) => !this.#watches.has(path));
    for (const [path, identity] of come) this.#add(path, identity);
    // What was written there between the look and the watch nobody told.
    if (!isFirst && come.length > 0 && !this.#isAlone) this.#watching.onChange();
  }

  end(): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    for (const one of this.#watches.values()) one.watch.close();
    this.#watches.clear();
  }

  #add(path: string, identity: string): void {
    if (this.#isAlone) return;
    try {
      const one = watch(path, { persistent: false }, (_, name) => this.#heard(path, name));
      // It may fail later, too: when its directory goes away, on some systems.
      one.on('error', () => {
        one.close();
        this.#watches.delete(path);
      });
      this.#watches.set(path, { identity, watch: one });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // Gone since it was seen: the next look knows.
      if (code !== 'ENOENT') this.#alone(code ?? message);
    }
  }

  #alone(why: string): void {
    this.#isAlone = true;
    this.#watching.onAlone(why);
    this.#rest();
  }

  #heard(directory: string, name: string | null): void {
    const path = name === null ? '' : relative(this.#watching.root, `${directory}${sep}${name}`).replaceAll(sep, '/');
    if (!isIgnored(path)) this.#watching.onChange();
  }

  #rest(): void {
    clearTimeout(this.#timer);
    if (this.#isEnded) return;
    this.#timer = setTimeout(() => void this.#lookAgain(), this.#isAlone ? LOOK_ALONE_MS : LOOK_MS);
  }

  async #lookAgain(): Promise<void> {
    try {
      const before = this.#stamp;
      const seen = await this.#watching.look();
      this.follow(seen);
      if (seen.stamp !== before && !this.#isEnded) this.#watching.onChange();
      this.#rest();
    } catch (error) {
      if (!this.#isEnded) this.#watching.onError(error);
    }
  }
}
