/** Every file that an operator names as an output is written here: whole or not at all, and never in place of a device or a pipe. */
import { access, constants, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError, isAbsence, onDisk } from '../../core/store/files/file-system.ts';
import { writeFileDurably } from '../../core/store/files/writer.ts';
import { GossipError } from '../../model/errors.ts';

/** Refuses a path where no file can be written, before the work whose outcome belongs there. */
export async function checkWritable(path: string): Promise<void> {
  // With a dot, a file in the directory's place is found out too.
  await onDisk(access(`${dirname(path)}/.`, constants.W_OK), `write ${path}`);
  const there = await stat(path).catch((thrown: unknown) => {
    if (isAbsence(thrown)) return null;
    throw fileError(thrown, `write ${path}`);
  });
  if (there !== null && !there.isFile()) throw new GossipError('GOSSIP_E_FILE', `cannot write ${path}: it is no file`);
}

/** What was there stays until all bytes are on the disk. A link goes on pointing to its file. */
export async function writeNamed(path: string, bytes: Uint8Array | readonly Uint8Array[], mode = 0o644): Promise<void> {
  await checkWritable(path);
  const target = await realpath(path).catch((thrown: unknown) => {
    if (isAbsence(thrown)) return path;
    throw fileError(thrown, `write ${path}`);
  });
  await writeFileDurably(target, bytes, { mode });
}
