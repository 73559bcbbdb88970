/** The directories that hosts read, one for each code: made once for all who ask meanwhile, and thrown away where nobody wants them any more. */
import { join } from 'node:path';
import { onDisk } from '../files/file-system.ts';
import type { FileSystem } from '../files/file-system.ts';
import { listTree } from '../files/tree.ts';
import { isTemporary } from '../files/writer.ts';

export class Checkouts {
  readonly #directory: string;
  readonly #fileSystem: FileSystem;
  /** Bytes of each, by its name. */
  readonly #sizes: Map<string, number>;
  /** Being made. */
  readonly #underWay = new Map<string, Promise<string>>();
  /** Being thrown away. */
  readonly #removing = new Map<string, Promise<void>>();
  /** Of each that was asked for, the number of its last request. */
  readonly #askedAt = new Map<string, number>();
  #asked = 0;

  private constructor(directory: string, sizes: Map<string, number>, fileSystem: FileSystem) {
    this.#directory = directory;
    this.#sizes = sizes;
    this.#fileSystem = fileSystem;
  }

  static async open(directory: string, fileSystem: FileSystem): Promise<Checkouts> {
    const sizes = new Map<string, number>();
    for (const name of await onDisk(fileSystem.readdir(directory), `read ${directory}`)) {
      const entries = await listTree(join(directory, name), fileSystem).catch(() => []);
      sizes.set(
        name,
        entries.reduce((sum, { kind, bytes }) => sum + (kind === 'file' ? bytes : 0), 0),
      );
    }
    return new Checkouts(directory, sizes, fileSystem);
  }

  /** What all of them take. */
  get bytes(): number {
    return [...this.#sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** The directory of this name, as `make` leaves it there; that tells its bytes. Whoever asks while it is made gets the same one. */
  take(name: string, make: (directory: string) => Promise<number>): Promise<string> {
    this.#asked += 1;
    this.#askedAt.set(name, this.#asked);
    let checkout = this.#underWay.get(name);
    if (checkout === undefined) {
      checkout = this.#take(name, make).finally(() => this.#underWay.delete(name));
      this.#underWay.set(name, checkout);
    }
    return checkout;
  }

  /** Throws away all but these, and but those that are asked for from now on: they were wanted by nobody when this was decided, and a host may be reading them by now. */
  async keepOnly(names: ReadonlySet<string>): Promise<void> {
    const decidedAt = this.#asked;
    for (const name of await plainNamesIn(this.#directory, this.#fileSystem)) {
      if (names.has(name) || (this.#askedAt.get(name) ?? 0) > decidedAt) continue;
      const removing = this.#remove(name).finally(() => this.#removing.delete(name));
      this.#removing.set(name, removing);
      await removing;
    }
  }

  async #take(name: string, make: (directory: string) => Promise<number>): Promise<string> {
    // What is left of one that could not be thrown away is replaced.
    await this.#removing.get(name)?.catch(() => undefined);
    const directory = join(this.#directory, name);
    this.#sizes.set(name, await make(directory));
    return directory;
  }

  async #remove(name: string): Promise<void> {
    const path = join(this.#directory, name);
    this.#askedAt.delete(name);
    await onDisk(this.#fileSystem.rm(path, { recursive: true, force: true }), `remove ${path}`);
    this.#sizes.delete(name);
  }
}

/** Without what is just being written. */
export async function plainNamesIn(directory: string, fileSystem: FileSystem): Promise<string[]> {
  return (await onDisk(fileSystem.readdir(directory), `read ${directory}`)).filter((name) => !isTemporary(name));
}
