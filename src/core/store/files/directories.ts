/** Makes a directory, and all that are missing above it. Node's own recursive mkdir never returns where a system answers ENOENT to every new one, as /proc does. */
import { dirname } from 'node:path';
import type { GossipError } from '../../../model/errors.ts';
import { errnoOf, nodeFileSystem } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import { syncDirectory } from './writer.ts';

export interface DirectoryOptions {
  /** Permissions of those that are made (default 0700: keys and state lie below). */
  readonly mode?: number;
  readonly fileSystem?: FileSystem;
}

export async function makeDirectories(path: string, options: DirectoryOptions = {}): Promise<void> {
  try {
    await makeDirectory(path, options);
  } catch (thrown) {
    if (errnoOf(thrown) === 'EEXIST') return;
    if (errnoOf(thrown) !== 'ENOENT' || dirname(path) === path) throw thrown;
    await makeDirectories(dirname(path), options);
    await makeDirectory(path, options);
  }
}

/** Everything in a directory is only as durable as its own name. */
async function makeDirectory(path: string, { mode = 0o700, fileSystem = nodeFileSystem }: DirectoryOptions): Promise<void> {
  await fileSystem.mkdir(path, { mode });
  await syncDirectory(dirname(path), fileSystem).catch((thrown: GossipError) => {
    // Above the node's own directory there may be one that lets names in and nobody look: it cannot be synced.
    if (errnoOf(thrown.cause) !== 'EACCES') throw thrown;
  });
}
