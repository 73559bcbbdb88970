/**
 * A disk in memory whose power can be cut: it remembers every operation, and tells each state in which it can then be found.
 *
 * What was not synced may be there or not, in any combination, so also in another order; bytes may be there in part, or as
 * zeros of the right length. A file's sync says nothing about its name, which is durable with its directory.
 */
import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { FileHandle, FileSystem } from '../../../src/core/store/files/file-system.ts';

type Id = number;

/** What survived: the names in each directory, and the bytes of each file. */
export interface Image {
  readonly directories: ReadonlyMap<Id, ReadonlyMap<string, Id>>;
  readonly files: ReadonlyMap<Id, Buffer>;
  readonly nextId: Id;
}

type Operation =
  | { readonly kind: 'bytes'; readonly file: Id; readonly at: number; readonly bytes: Buffer }
  /** Happens as one; durable once `directory`, where the name ends up, is synced. */
  | { readonly kind: 'names'; readonly directory: Id; readonly changes: readonly Change[] }
  | { readonly kind: 'sync'; readonly id: Id };
interface Change {
  readonly directory: Id;
  readonly name: string;
  readonly target: Id | null;
}

const ROOT: Id = 0;
const EMPTY: Image = { directories: new Map([[ROOT, new Map()]]), files: new Map(), nextId: 1 };
/** States after one cut that are still looked at one by one. */
const MAX_IMAGES = 5_000;
/** What became of un-synced bytes. */
const FATES: readonly ((bytes: Buffer) => Buffer | null)[] = [
  () => null,
  (bytes) => bytes,
  (bytes) => bytes.subarray(0, bytes.length >> 1),
  (bytes) => Buffer.alloc(bytes.length),
];

export class PowerCutDisk {
  readonly fileSystem: FileSystem;
  readonly #base: Image;
  readonly #operations: Operation[] = [];
  readonly #directories: Map<Id, Map<string, Id>>;
  readonly #files: Map<Id, Buffer>;
  #nextId: Id;

  /** The root directory is `/`. */
  constructor(image: Image = EMPTY) {
    this.#base = image;
    ({ directories: this.#directories, files: this.#files } = copyOf(image));
    this.#nextId = image.nextId;
    this.fileSystem = this.#makeFileSystem();
  }

  /** How many operations there were: a moment at which the power may be cut. */
  get moment(): number {
    return this.#operations.length;
  }

  /** Every state in which the disk can be after a cut at this moment. */
  *cut(moment: number): Generator<Image> {
    const done = this.#operations.slice(0, moment);
    const fates = done.map((operation, index) => fatesOf(operation, done.slice(index + 1)));
    const count = fates.reduce((product, { length }) => product * length, 1);
    if (count > MAX_IMAGES) throw new Error(`${count} states after one power cut are too many to look at`);
    for (let choice = 0; choice < count; choice += 1) {
      let rest = choice;
      const survived = fates.flatMap((each) => {
        const fate = each[rest % each.length];
        rest = Math.floor(rest / each.length);
        return fate ?? [];
      });
      yield this.#imageOf(survived);
    }
  }

  #imageOf(operations: readonly Operation[]): Image {
    const image = { ...copyOf(this.#base), nextId: this.#nextId };
    for (const id of this.#directories.keys()) if (!image.directories.has(id)) image.directories.set(id, new Map());
    for (const operation of operations) apply(operation, image);
    return image;
  }

  #perform(operation: Operation): void {
    this.#operations.push(operation);
    apply(operation, { directories: this.#directories, files: this.#files });
  }

  #makeFileSystem(): FileSystem {
    const promised =
      <A extends unknown[], R>(run: (...args: A) => R) =>
      async (...args: A): Promise<R> =>
        run(...args);
    return {
      chmod: promised(() => undefined),
      lstat: promised((path: string) => this.#stat(this.#find(path))),
      mkdir: promised((path: string) => this.#link(path, this.#newId())),
      open: promised((path: string, flags: string | number) => this.#open(path, flags)),
      readdir: promised((path: string) => [...this.#names(this.#find(path)).keys()]),
      rename: promised((from: string, to: string) => this.#rename(from, to)),
      rm: promised((path: string, { force = false } = {}) => this.#remove(path, force)),
    } as unknown as FileSystem;
  }

  #open(path: string, flags: string | number): FileHandle {
    const creates = flags === 'wx' || (typeof flags === 'number' && (flags & constants.O_CREAT) !== 0);
    const there = this.#names(this.#find(dirname(path))).get(basename(path));
    if (flags === 'wx' && there !== undefined) throw failure('EEXIST', path);
    if (!creates || there !== undefined) return this.#handle(this.#find(path));
    const id = this.#newId();
    this.#files.set(id, Buffer.alloc(0));
    this.#link(path, id);
    return this.#handle(id);
  }

  #handle(id: Id): FileHandle {
    const bytesNow = (): Buffer => this.#files.get(id) ?? Buffer.alloc(0);
    const promised = <T>(value: T): Promise<T> => Promise.resolve(value);
    return {
      stat: () => promised(this.#stat(id)),
      read: (buffer: Buffer, offset: number, length: number, at: number) =>
        promised({ buffer, bytesRead: bytesNow().copy(buffer, offset, at, at + length) }),
      write: (bytes: Buffer, offset: number, length: number) => {
        this.#perform({ kind: 'bytes', file: id, at: bytesNow().length, bytes: Buffer.from(bytes.subarray(offset, offset + length)) });
        return promised({ bytesWritten: length });
      },
      sync: () => promised(this.#perform({ kind: 'sync', id })),
      close: () => promised(undefined),
    } as unknown as FileHandle;
  }

  #link(path: string, target: Id): void {
    const directory = this.#find(dirname(path));
    if (this.#names(directory).has(basename(path))) throw failure('EEXIST', path);
    if (!this.#files.has(target)) this.#directories.set(target, new Map());
    this.#perform({ kind: 'names', directory, changes: [{ directory, name: basename(path), target }] });
  }

  #rename(from: string, to: string): void {
    const [source, directory, target] = [this.#find(dirname(from)), this.#find(dirname(to)), this.#find(from)];
    const changes = [
      { directory: source, name: basename(from), target: null },
      { directory, name: basename(to), target },
    ];
    this.#perform({ kind: 'names', directory, changes });
  }

  #remove(path: string, force: boolean): void {
    const directory = this.#find(dirname(path));
    if (this.#names(directory).has(basename(path)))
      this.#perform({ kind: 'names', directory, changes: [{ directory, name: basename(path), target: null }] });
    else if (!force) throw failure('ENOENT', path);
  }

  #find(path: string): Id {
    return path
      .split('/')
      .filter((part) => part !== '')
      .reduce((directory, name) => {
        const id = this.#names(directory).get(name);
        if (id === undefined) throw failure('ENOENT', path);
        return id;
      }, ROOT);
  }

  #stat(id: Id): Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink' | 'size' | 'mode'> {
    const isDirectory = this.#directories.has(id);
    const size = this.#files.get(id)?.length ?? 0;
    return { isFile: () => !isDirectory, isDirectory: () => isDirectory, isSymbolicLink: () => false, size, mode: 0o600 };
  }

  #names(id: Id): Map<string, Id> {
    const names = this.#directories.get(id);
    if (names === undefined) throw failure('ENOTDIR', String(id));
    return names;
  }

  #newId(): Id {
    this.#nextId += 1;
    return this.#nextId - 1;
  }
}

/** What can have become of an operation; null: nothing of it survived. */
function fatesOf(operation: Operation, later: readonly Operation[]): (Operation | null)[] {
  const id = operation.kind === 'bytes' ? operation.file : operation.kind === 'names' ? operation.directory : null;
  if (later.some((other) => other.kind === 'sync' && other.id === id)) return [operation];
  if (operation.kind === 'sync') return [null];
  if (operation.kind === 'names') return [null, operation];
  return FATES.map((fate) => {
    const bytes = fate(operation.bytes);
    return bytes && { ...operation, bytes };
  });
}

function apply(operation: Operation, { directories, files }: { directories: Map<Id, Map<string, Id>>; files: Map<Id, Buffer> }): void {
  if (operation.kind === 'bytes') {
    const before = files.get(operation.file) ?? Buffer.alloc(0);
    const after = Buffer.alloc(Math.max(before.length, operation.at + operation.bytes.length));
    before.copy(after);
    operation.bytes.copy(after, operation.at);
    files.set(operation.file, after);
  } else if (operation.kind === 'names') {
    for (const { directory, name, target } of operation.changes) {
      if (target === null) directories.get(directory)?.delete(name);
      else directories.get(directory)?.set(name, target);
    }
  }
}

function copyOf({ directories, files }: Image): { directories: Map<Id, Map<string, Id>>; files: Map<Id, Buffer> } {
  return { directories: new Map([...directories].map(([id, names]) => [id, new Map(names)])), files: new Map(files) };
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
