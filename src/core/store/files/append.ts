/** Files that only grow, a line at a time. */
import { constants } from 'node:fs';
import { nodeFileSystem } from './file-system.ts';
import type { FileHandle, FileSystem } from './file-system.ts';
import { writeAll } from './writer.ts';

const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
const NEWLINE = 0x0a;

/** A crash or a full disk may have left half a line: what is written next begins on a line of its own. `bytes`: the file's length. */
export async function openToAppend(path: string, fileSystem: FileSystem = nodeFileSystem): Promise<{ handle: FileHandle; bytes: number }> {
  const handle = await fileSystem.open(path, APPEND, 0o600);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1, NEWLINE);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    if (last[0] === NEWLINE) return { handle, bytes: size };
    await writeAll(handle, Buffer.of(NEWLINE));
    return { handle, bytes: size + 1 };
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}
