/** A disk of a few megabytes in the place of a directory, with what was in it. Needs root. */
import { execFileSync } from 'node:child_process';
import type { CopyOptions } from 'node:fs';
import { cp, lstat, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** A node that was ended by force leaves its socket, which no copy holds. */
const COPYING: CopyOptions = {
  recursive: true,
  preserveTimestamps: true,
  filter: async (path) => !(await lstat(path)).isSocket(),
};

export class SmallDisk {
  readonly #at: string;

  private constructor(at: string) {
    this.#at = at;
  }

  static async under(directory: string, aside: string): Promise<SmallDisk> {
    const kept = join(aside, 'kept');
    await cp(directory, kept, COPYING);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m,mode=700', 'gossip-test', directory], { stdio: 'pipe' });
    await cp(kept, directory, COPYING);
    return new SmallDisk(directory);
  }

  /** Takes every block that is left; whoever writes beside it may free some, so until none is. */
  async fill(): Promise<void> {
    const file = await open(join(this.#at, 'filler'), 'a');
    try {
      for (let left = await this.#free(); left > 0; left = await this.#free()) await file.write(Buffer.alloc(left)).catch(() => undefined);
    } finally {
      await file.close();
    }
  }

  async free(): Promise<void> {
    await rm(join(this.#at, 'filler'), { force: true });
  }

  async #free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#at);
    return bavail * bsize;
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.#at]);
  }
}
