/** The few operations the stores use of a disk, so that tests can hand in one that is full, failing or naive. */
import * as fs from 'node:fs/promises';
import { constants } from 'node:fs';
import { GossipError } from '../../../model/errors.ts';

export type FileSystem = Pick<typeof fs, 'chmod' | 'lstat' | 'mkdir' | 'open' | 'readdir' | 'rename' | 'rm'>;
export type FileHandle = fs.FileHandle;

export const nodeFileSystem: FileSystem = fs;

/** Reads, but never through a link, and without waiting for the other end of a pipe that was planted (attack C4). */
export const READ_PLAIN = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const DISK_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM']);

/** The system's name of an error, such as `ENOENT`. */
export function errnoOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** The coded form of what a file operation threw. */
export function fileError(thrown: unknown, action: string): GossipError {
  if (thrown instanceof GossipError) return thrown;
  const errno = errnoOf(thrown);
  const code = errno !== undefined && DISK_CODES.has(errno) ? 'GOSSIP_E_DISK' : 'GOSSIP_E_FILE';
  return new GossipError(code, `cannot ${action}: ${errno ?? String(thrown)}`, { cause: thrown });
}

/** The result of a file operation, or its coded error. */
export function onDisk<T>(operation: Promise<T>, action: string): Promise<T> {
  return operation.catch((thrown: unknown) => {
    throw fileError(thrown, action);
  });
}

/** What is at the path itself, never at what a link there points to; null when there is nothing. */
export async function lstatOrNull(path: string, fileSystem: FileSystem): Promise<Awaited<ReturnType<typeof fs.lstat>> | null> {
  try {
    return await fileSystem.lstat(path);
  } catch (thrown) {
    if (isAbsence(thrown)) return null;
    throw fileError(thrown, `look at ${path}`);
  }
}

/** Whether an error means that there is no such file. */
export function isAbsence(thrown: unknown): boolean {
  const errno = errnoOf(thrown);
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}
