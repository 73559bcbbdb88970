/** Reads whole files that the node wrote itself, and sets aside what cannot be one of them. */
import { dirname } from 'node:path';
import { GossipError } from '../../../model/errors.ts';
import { errnoOf, fileError, isAbsence, lstatOrNull, nodeFileSystem, READ_PLAIN } from './file-system.ts';
import type { FileHandle, FileSystem } from './file-system.ts';
import { syncDirectory } from './writer.ts';

/** What opening a link, a socket or a bad sector says. */
const NOT_OURS: ReadonlySet<string> = new Set(['ELOOP', 'EMLINK', 'ENXIO', 'EISDIR', 'EIO']);

/** All bytes of a regular file; null when there is none; `GOSSIP_E_DATA_CORRUPT` for a link, a directory, a bad sector or too many bytes. */
export async function readPlainFile(path: string, maxBytes: number, fileSystem: FileSystem = nodeFileSystem): Promise<Buffer | null> {
  try {
    const handle = await fileSystem.open(path, READ_PLAIN);
    try {
      return await readAll(handle, path, maxBytes);
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (isAbsence(thrown)) return null;
    if (NOT_OURS.has(errnoOf(thrown) ?? '')) throw corrupt(path, errnoOf(thrown) ?? '', thrown);
    throw fileError(thrown, `read ${path}`);
  }
}

async function readAll(handle: FileHandle, path: string, maxBytes: number): Promise<Buffer> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw corrupt(path, 'is not a regular file');
  if (stat.size > maxBytes) throw corrupt(path, `has ${stat.size} bytes, ${maxBytes} are allowed`);
  const bytes = Buffer.allocUnsafe(stat.size);
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

export function corrupt(path: string, why: string, cause?: unknown): GossipError {
  return new GossipError('GOSSIP_E_DATA_CORRUPT', `${path}: ${why}`, { cause });
}

export function isCorrupt(thrown: unknown): boolean {
  return thrown instanceof GossipError && thrown.code === 'GOSSIP_E_DATA_CORRUPT';
}

export function asidePath(path: string): string {
  return `${path}.damaged`;
}

/** Renames a damaged file to `<path>.damaged`, for a person to look at; an earlier one makes room. */
export async function setAside(path: string, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  if ((await lstatOrNull(path, fileSystem)) === null) return;
  try {
    await fileSystem.rm(asidePath(path), { recursive: true, force: true });
    await fileSystem.rename(path, asidePath(path));
    await syncDirectory(dirname(path), fileSystem);
  } catch (thrown) {
    throw fileError(thrown, `set aside ${path}`);
  }
}
