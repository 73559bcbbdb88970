/** Files of code by hash: whole ones, and those that are still being fetched. */
import { constants } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { GossipError } from '../../../model/errors.ts';
import { MAX_CODE_BYTES } from '../../../model/manifest.ts';
import { isContentHash } from '../../../model/names.ts';
import type { ContentHash } from '../../../model/names.ts';
import { lstatOrNull, onDisk } from '../files/file-system.ts';
import type { FileSystem } from '../files/file-system.ts';
import { hashPlainFile, readPlainFrom } from '../files/plain-file.ts';
import { readPlainFile } from '../files/reader.ts';
import { PiecedFile } from './pieced-file.ts';
import type { PiecedBlob } from './pieced-file.ts';
import type { Quota } from './quota.ts';
import { receiveBytes } from './receive.ts';
import type { ByteSource } from './receive.ts';
import { SharedRun } from './shared-run.ts';
import { Turns } from '../files/turns.ts';
import { isTemporary, syncDirectory, temporaryName } from '../files/writer.ts';

/** A blob of which some bytes are here. */
export interface PartialBlob {
  /** How many: a fetch goes on from there. */
  readonly bytes: number;
  /**
   * Adds what the source gives, up to the size of the whole. 'partial': the source ended early, and its bytes are kept for the next try.
   * `GOSSIP_E_CODE_MISMATCH` throws all bytes away; who gave the wrong ones is unknown when several sources took part.
   */
  append(source: ByteSource): Promise<'whole' | 'partial'>;
}

/** Follows the name of a blob that comes in pieces. */
const PIECED = '.pieces';
const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;

export class BlobStore {
  readonly #blobs: string;
  readonly #partials: string;
  readonly #quota: Quota;
  readonly #fileSystem: FileSystem;
  /** Changes of names, with what the quota counts for them. */
  readonly #turns = new Turns();
  readonly #appending = new Set<string>();
  /** Many small files cost one sync of their directory together. */
  readonly #sync: SharedRun;
  /** Changes of names, and how many of them the disk has: at first one, for what a process left that ended in the middle. */
  #renames = 1;
  #renamesOnDisk = 0;

  constructor(directories: { readonly blobs: string; readonly partials: string }, quota: Quota, fileSystem: FileSystem) {
    this.#blobs = directories.blobs;
    this.#partials = directories.partials;
    this.#quota = quota;
    this.#fileSystem = fileSystem;
    this.#sync = new SharedRun(() => this.#syncNames());
  }

  /** Resolves when the disk has the names of all blobs that `has` told of. */
  async durable(): Promise<void> {
    if (this.#renamesOnDisk < this.#renames) await this.#sync.request();
  }

  /** Whether a file of that size is here; its bytes are checked when they are used. */
  async has(hash: ContentHash, size: number): Promise<boolean> {
    const stat = await lstatOrNull(this.#blobPath(hash), this.#fileSystem);
    return stat !== null && stat.isFile() && stat.size === size;
  }

  /** Takes the blob in one go; resolves when it is durable, and keeps nothing otherwise. */
  async put(hash: ContentHash, source: ByteSource, size: number): Promise<void> {
    checkSize(size);
    const temporary = temporaryName(join(this.#partials, hex(hash)));
    this.#quota.reserve(size);
    try {
      const handle = await onDisk(this.#fileSystem.open(temporary, 'wx', 0o600), 'store code');
      try {
        const received = await receiveBytes(handle, source, size);
        if (received.hash !== hash) throw mismatch(hash);
        await onDisk(handle.sync(), 'store code');
      } finally {
        await handle.close();
      }
      await this.#install(temporary, hash);
    } catch (thrown) {
      this.#quota.release(size);
      await this.#fileSystem.rm(temporary, { force: true }).catch(() => undefined);
      throw thrown;
    }
  }

  /** What is here of a blob whose fetch was interrupted, to go on with. More than its `size` is damage, and begun anew. */
  async partial(hash: ContentHash, size: number): Promise<PartialBlob> {
    checkSize(size);
    // attack A7: whoever sends a blob slowly must not keep others from bringing it
    if (this.#appending.has(hash)) return { bytes: 0, append: (source) => this.put(hash, source, size).then(() => 'whole') };
    const path = this.#partialPath(hash);
    if ((await this.#sizeOf(path)) > size) await this.#discard(path);
    const bytes = await this.#sizeOf(path);
    return { bytes, append: (source) => this.#appendAlone(hash, bytes, source, size) };
  }

  /** A blob of which pieces are here, or will be; its room is reserved from now on. Only one at a time may add to it. */
  async pieced(hash: ContentHash, size: number): Promise<PiecedBlob> {
    checkSize(size);
    const path = `${this.#partialPath(hash)}${PIECED}`;
    if (this.#appending.has(path)) throw busy(hash);
    this.#appending.add(path);
    try {
      const file = await this.#openPieced(path, size);
      const close = (): Promise<void> => file.close().finally(() => this.#appending.delete(path));
      const finish = async (): Promise<void> => {
        if ((await file.hashDurable()) === hash) return this.#install(path, hash);
        await this.#discard(path);
        throw mismatch(hash);
      };
      return { write: file.write.bind(file), read: file.read.bind(file), close, finish, discard: () => this.#discard(path) };
    } catch (thrown) {
      this.#appending.delete(path);
      throw thrown;
    }
  }

  /** Some bytes of a whole blob, unchecked. Null when they are not here. */
  async readPart(hash: ContentHash, at: number, bytes: number): Promise<Uint8Array | null> {
    const parts: Uint8Array[] = [];
    try {
      for await (const part of readPlainFrom(this.#blobPath(hash), { from: at, size: at + bytes }, this.#fileSystem)) parts.push(part);
    } catch (thrown) {
      if (thrown instanceof GossipError && thrown.code === 'GOSSIP_E_FILE') return null;
      throw thrown;
    }
    return Buffer.concat(parts);
  }

  /** The bytes from `from` on, unchecked: who receives them hashes them. Null when the blob is not here. */
  async open(hash: ContentHash, from = 0): Promise<{ readonly stream: Readable; readonly size: number } | null> {
    const path = this.#blobPath(hash);
    const stat = await lstatOrNull(path, this.#fileSystem);
    if (stat?.isFile() !== true) return null;
    const size = Number(stat.size);
    if (!Number.isSafeInteger(from) || from < 0 || from > size) {
      throw new GossipError('GOSSIP_E_REQUEST', `a blob of ${size} bytes has none at ${from}`);
    }
    return { stream: Readable.from(readPlainFrom(path, { from, size }, this.#fileSystem), { objectMode: false }), size };
  }

  /** A whole blob, unchecked as by `open`. Null when no file of that size is here. */
  async read(hash: ContentHash, size: number): Promise<Uint8Array | null> {
    const path = this.#blobPath(hash);
    const stat = await lstatOrNull(path, this.#fileSystem);
    if (stat?.isFile() !== true || Number(stat.size) !== size) return null;
    return readPlainFile(path, size, this.#fileSystem);
  }

  /** Gives the blob's bytes to `write`, and answers whether all of them were right. */
  async copy(hash: ContentHash, size: number, write?: (chunk: Uint8Array) => Promise<void>): Promise<boolean> {
    const found = await hashPlainFile(this.#blobPath(hash), size, this.#fileSystem, write);
    return found?.hash === hash;
  }

  /** Removes a blob, so that it is fetched anew. */
  async drop(hash: ContentHash): Promise<void> {
    await this.#discard(this.#blobPath(hash));
    await syncDirectory(this.#blobs, this.#fileSystem);
  }

  /** Removes every blob, whole or not, that is not among these; what is being received now stays. */
  async keepOnly(hashes: ReadonlySet<ContentHash>): Promise<void> {
    for (const directory of [this.#blobs, this.#partials]) {
      const names = await onDisk(this.#fileSystem.readdir(directory), `read ${directory}`);
      for (const name of names) {
        if (isTemporary(name) || (await this.#isKept(directory, name, hashes))) continue;
        await this.#discard(join(directory, name));
      }
      await syncDirectory(directory, this.#fileSystem);
    }
  }

  /** What came of a blob is of no use once it is whole. */
  async #isKept(directory: string, name: string, hashes: ReadonlySet<ContentHash>): Promise<boolean> {
    const blob = name.endsWith(PIECED) ? name.slice(0, -PIECED.length) : name;
    if (!hashes.has(`sha256:${blob}` as ContentHash)) return false;
    return directory === this.#blobs || (await lstatOrNull(join(this.#blobs, blob), this.#fileSystem)) === null;
  }

  async #openPieced(path: string, size: number): Promise<PiecedFile> {
    const had = await this.#sizeOf(path);
    if (had !== size) await this.#discard(path);
    if (had !== size) this.#quota.reserve(size);
    try {
      return await PiecedFile.open(path, size, this.#fileSystem);
    } catch (thrown) {
      this.#quota.release(size - (await this.#sizeOf(path)));
      throw thrown;
    }
  }

  async #appendAlone(hash: ContentHash, from: number, source: ByteSource, size: number): Promise<'whole' | 'partial'> {
    if (this.#appending.has(hash)) throw busy(hash);
    this.#appending.add(hash);
    try {
      if ((await this.#sizeOf(this.#partialPath(hash))) !== from) throw busy(hash);
      return await this.#append(hash, from, source, size);
    } catch (thrown) {
      if (thrown instanceof GossipError && thrown.code === 'GOSSIP_E_CODE_MISMATCH') await this.#discard(this.#partialPath(hash));
      throw thrown;
    } finally {
      this.#appending.delete(hash);
    }
  }

  async #append(hash: ContentHash, from: number, source: ByteSource, size: number): Promise<'whole' | 'partial'> {
    const path = this.#partialPath(hash);
    if ((await this.#receive(path, from, source, size)) < size) return 'partial';
    const whole = await hashPlainFile(path, size, this.#fileSystem);
    if (whole?.hash !== hash) throw mismatch(hash);
    await this.#install(path, hash);
    return 'whole';
  }

  /** Appends to the file and answers its length. */
  async #receive(path: string, from: number, source: ByteSource, size: number): Promise<number> {
    this.#quota.reserve(size - from);
    try {
      if (from === 0) await onDisk(this.#fileSystem.rm(path, { recursive: true, force: true }), `remove ${path}`);
      const handle = await onDisk(this.#fileSystem.open(path, APPEND, 0o600), 'store code');
      try {
        const { bytes } = await receiveBytes(handle, source, size - from);
        await onDisk(handle.sync(), 'store code');
        return from + bytes;
      } finally {
        await handle.close();
      }
    } finally {
      this.#quota.release(size - (await this.#sizeOf(path)));
    }
  }

  async #install(from: string, hash: ContentHash): Promise<void> {
    await this.#turns.take(async () => {
      await this.#discardNow(this.#blobPath(hash));
      this.#renames += 1;
      await onDisk(this.#fileSystem.rename(from, this.#blobPath(hash)), 'store code');
    });
    await this.#sync.request();
  }

  async #syncNames(): Promise<void> {
    const renames = this.#renames;
    await syncDirectory(this.#blobs, this.#fileSystem);
    this.#renamesOnDisk = renames;
  }

  #discard(path: string): Promise<void> {
    return this.#turns.take(() => this.#discardNow(path));
  }

  async #discardNow(path: string): Promise<void> {
    const stat = await lstatOrNull(path, this.#fileSystem);
    if (stat === null) return;
    await onDisk(this.#fileSystem.rm(path, { recursive: true, force: true }), `remove ${path}`);
    if (stat.isFile()) this.#quota.release(Number(stat.size));
  }

  /** Bytes that the quota counts for a path: links and other strangers take none. */
  async #sizeOf(path: string): Promise<number> {
    const stat = await lstatOrNull(path, this.#fileSystem);
    return stat?.isFile() === true ? Number(stat.size) : 0;
  }

  #blobPath(hash: ContentHash): string {
    return join(this.#blobs, hex(hash));
  }

  #partialPath(hash: ContentHash): string {
    return join(this.#partials, hex(hash));
  }
}

/** The file name of a hash; never a path, whatever a caller took for a hash (attack C4). */
export function hex(hash: ContentHash): string {
  if (!isContentHash(hash)) throw new GossipError('GOSSIP_E_REQUEST', 'malformed content hash');
  return hash.slice('sha256:'.length);
}

export function mismatch(hash: ContentHash): GossipError {
  return new GossipError('GOSSIP_E_CODE_MISMATCH', `the bytes are not those of ${hash}`);
}

function busy(hash: ContentHash): GossipError {
  return new GossipError('GOSSIP_E_BUSY', `${hash} is being fetched already`);
}

function checkSize(size: number): void {
  if (Number.isSafeInteger(size) && size >= 0 && size <= MAX_CODE_BYTES) return;
  throw new GossipError('GOSSIP_E_CODE_LIMIT', `a file of ${size} bytes, ${MAX_CODE_BYTES} are allowed`);
}
