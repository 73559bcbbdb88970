/** Streams a regular file's bytes, hashing what was really read; links and special files count as absent (attack C4). */
import { createHash } from 'node:crypto';
import { GossipError } from '../../../model/errors.ts';
import type { ContentHash } from '../../../model/names.ts';
import { errnoOf, fileError, isAbsence, onDisk, READ_PLAIN } from './file-system.ts';
import type { FileHandle, FileSystem } from './file-system.ts';

const CHUNK_BYTES = 256 * 1024;

export interface HashedFile {
  readonly hash: ContentHash;
  readonly bytes: number;
}

/**
 * The bytes of a regular file from `from` up to its `size`. The file is opened with the first byte that is asked for: of a stream that nobody
 * reads, no open handle is left to the garbage collector, which would end the process.
 */
export async function* readPlainFrom(
  path: string,
  { from, size }: { readonly from: number; readonly size: number },
  fileSystem: FileSystem,
): AsyncGenerator<Uint8Array> {
  const handle = await openPlainFile(path, fileSystem);
  if (handle === null) throw new GossipError('GOSSIP_E_FILE', `${path} is gone`);
  try {
    for (let at = from; at < size;) {
      // Most files are small: a buffer of the largest piece for each would be all that the garbage collector works on.
      const bytes = Math.min(CHUNK_BYTES, size - at);
      const { buffer, bytesRead } = await onDisk(handle.read(Buffer.allocUnsafe(bytes), 0, bytes, at), `read ${path}`);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** Opens a regular file; null when there is none, or something else is in its place. */
async function openPlainFile(path: string, fileSystem: FileSystem): Promise<FileHandle | null> {
  let handle: FileHandle;
  try {
    handle = await fileSystem.open(path, READ_PLAIN);
  } catch (thrown) {
    if (isAbsence(thrown) || ['ELOOP', 'EMLINK', 'ENXIO'].includes(errnoOf(thrown) ?? '')) return null;
    throw fileError(thrown, `read ${path}`);
  }
  const isFile = await handle.stat().then(
    (stat) => stat.isFile(),
    () => false,
  );
  if (isFile) return handle;
  await handle.close();
  return null;
}

/** Hash and length of a file, read to at most one byte past `maxBytes`; null when it is none. `onChunk` sees the bytes that were hashed. */
export async function hashPlainFile(
  path: string,
  maxBytes: number,
  fileSystem: FileSystem,
  onChunk: (chunk: Uint8Array) => Promise<void> | void = () => undefined,
): Promise<HashedFile | null> {
  const handle = await openPlainFile(path, fileSystem);
  if (handle === null) return null;
  try {
    return await hashBounded(handle, maxBytes, onChunk);
  } catch (thrown) {
    throw fileError(thrown, `read ${path}`);
  } finally {
    await handle.close();
  }
}

async function hashBounded(
  handle: FileHandle,
  maxBytes: number,
  onChunk: (chunk: Uint8Array) => Promise<void> | void,
): Promise<HashedFile> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, maxBytes + 1));
  let bytes = 0;
  while (bytes <= maxBytes) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, maxBytes + 1 - bytes), bytes);
    if (bytesRead === 0) break;
    bytes += bytesRead;
    hash.update(buffer.subarray(0, bytesRead));
    await onChunk(buffer.subarray(0, bytesRead));
  }
  return { hash: `sha256:${hash.digest('hex')}` as ContentHash, bytes };
}
