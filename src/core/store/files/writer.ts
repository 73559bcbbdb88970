/**
 * Replaces files so that a crash, a power cut or a full disk leaves the old bytes or the new ones, never a mixture.
 *
 * Own code on purpose: the common npm writers take a short write for success and do not sync the directory.
 */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { errnoOf, fileError, nodeFileSystem } from './file-system.ts';
import type { FileHandle, FileSystem } from './file-system.ts';

export interface WriteOptions {
  /** Permissions of the new file (default 0600: only the node's user). */
  readonly mode?: number;
  /** Whether to wait until the disk has it (default). Without, a power cut may lose the new bytes, and the old ones too. */
  readonly durable?: boolean;
  readonly fileSystem?: FileSystem;
}

/** What a system answers where a directory cannot be synced: CIFS and FUSE shares, virtiofs, some cluster volumes. */
const UNKNOWN_TO_DIRECTORIES: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF']);

const TEMPORARY = /\.[0-9a-f]{12}\.tmp$/;

/** A name beside `path` that nothing else uses, and that `sweepTemporaries` knows. */
export function temporaryName(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Puts `bytes` (or several pieces, one after the other) where `path` is, whatever was there. */
export async function writeFileDurably(path: string, bytes: Uint8Array | readonly Uint8Array[], options: WriteOptions = {}): Promise<void> {
  const { mode = 0o600, durable = true, fileSystem = nodeFileSystem } = options;
  const temporary = temporaryName(path);
  try {
    const handle = await fileSystem.open(temporary, 'wx', mode);
    try {
      for (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) await writeAll(handle, piece);
      if (durable) await handle.sync();
    } finally {
      await handle.close();
    }
    await fileSystem.rename(temporary, path);
    if (durable) await syncDirectory(dirname(path), fileSystem);
  } catch (thrown) {
    await fileSystem.rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(thrown, `write ${path}`);
  }
}

/** Writes every byte: on a disk that is nearly full the system may take only some of them and call it success. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done);
    if (bytesWritten === 0) throw Object.assign(new Error('the disk took no bytes'), { code: 'ENOSPC' });
    done += bytesWritten;
  }
}

export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/**
 * Makes the names in a directory durable: new, renamed and removed ones. Answers false on a file system that knows no such thing, as some
 * network shares and volumes of containers do: nobody can do better there than to go on. A disk that fails says so by other errors.
 */
export async function syncDirectory(directory: string, fileSystem: FileSystem = nodeFileSystem): Promise<boolean> {
  try {
    const handle = await fileSystem.open(directory, 'r');
    try {
      return await handle.sync().then(
        () => true,
        (thrown: unknown) => {
          if (UNKNOWN_TO_DIRECTORIES.has(errnoOf(thrown) ?? '')) return false;
          throw thrown;
        },
      );
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    throw fileError(thrown, `sync ${directory}`);
  }
}

/** Removes what a crash left half-written. Only for a directory that nobody else writes to now. */
export async function sweepTemporaries(directory: string, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  try {
    const names = await fileSystem.readdir(directory);
    const left = names.filter(isTemporary);
    for (const name of left) await fileSystem.rm(join(directory, name), { recursive: true, force: true });
  } catch (thrown) {
    throw fileError(thrown, `sweep ${directory}`);
  }
}
