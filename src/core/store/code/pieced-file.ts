/** A file whose pieces come in any order: as long as it will be from the beginning, with holes, which take no disk. */
import { constants } from 'node:fs';
import type { ContentHash } from '../../../model/names.ts';
import { onDisk } from '../files/file-system.ts';
import type { FileHandle, FileSystem } from '../files/file-system.ts';
import { hashPlainFile } from '../files/plain-file.ts';

/** A blob that comes in pieces. */
export interface PiecedBlob {
  write(at: number, bytes: Uint8Array): Promise<void>;
  /** What lies there, right or not; null where the file is too short. */
  read(at: number, bytes: number): Promise<Uint8Array | null>;
  /** All of it is there: hashes it, and makes it durable and whole. `GOSSIP_E_CODE_MISMATCH` throws it away. */
  finish(): Promise<void>;
  /** Throws it away. */
  discard(): Promise<void>;
  /** What is there stays, for the next try. */
  close(): Promise<void>;
}

const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export class PiecedFile {
  readonly #path: string;
  readonly #size: number;
  readonly #handle: FileHandle;
  readonly #fileSystem: FileSystem;

  private constructor(path: string, size: number, handle: FileHandle, fileSystem: FileSystem) {
    this.#path = path;
    this.#size = size;
    this.#handle = handle;
    this.#fileSystem = fileSystem;
  }

  /** Opens what is there, or makes it. */
  static async open(path: string, size: number, fileSystem: FileSystem): Promise<PiecedFile> {
    const handle = await onDisk(fileSystem.open(path, FLAGS, 0o600), 'store code');
    try {
      await onDisk(handle.truncate(size), 'store code');
      return new PiecedFile(path, size, handle, fileSystem);
    } catch (thrown) {
      await handle.close();
      throw thrown;
    }
  }

  async write(at: number, bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.byteLength;) {
      const { bytesWritten } = await onDisk(this.#handle.write(bytes, done, bytes.byteLength - done, at + done), 'store code');
      done += bytesWritten;
    }
  }

  async read(at: number, bytes: number): Promise<Uint8Array | null> {
    const { buffer, bytesRead } = await onDisk(this.#handle.read(Buffer.allocUnsafe(bytes), 0, bytes, at), `read ${this.#path}`);
    return bytesRead === bytes ? buffer : null;
  }

  /** Of all bytes, once the disk has them. */
  async hashDurable(): Promise<ContentHash | undefined> {
    await onDisk(this.#handle.sync(), 'store code');
    return (await hashPlainFile(this.#path, this.#size, this.#fileSystem))?.hash;
  }

  close(): Promise<void> {
    return onDisk(this.#handle.close(), 'store code');
  }
}
